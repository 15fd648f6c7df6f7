"""Adds a test of a function, in the style in which the project tests.

    add a test that area 3 4 = 12        the test says just that
    add a test for area                  calls it with simple values, runs it, and writes down what it answers now

What it writes down by itself is what the function does, not what it should do; it says so.
"""

import re
from dataclasses import dataclass

from aid_lsp.build.verdict import Tier
from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import implementation_of, interface_of, module_name
from aid_lsp.ocaml.stanzas import Stanza
from aid_lsp.ocaml.syntax import parse
from aid_lsp.ocaml.triads import Triad, owner, triad
from aid_lsp.recipes.change import Entry, Planned, Scene, Try, Unsure
from aid_lsp.recipes.functions import Arrow, arrow_of, function_of
from aid_lsp.recipes.sites import rewritten
from aid_lsp.recipes.subject import Subject
from aid_lsp.recipes.target import function_named, shown
from aid_lsp.recipes.test_home import new_test
from aid_lsp.recipes.test_styles import Check, first_test, put_test, style_of
from aid_lsp.recipes.values import printer, some_value
from aid_lsp.recipes.words import PATH, THIS, names, pattern

ENTRIES = (
    Entry(
        "add a test",
        "add a test that Shape.area 3 4 = 12",
        "Writes it in the style of the project: ppx_expect, Alcotest, OUnit, assert.",
    ),
    Entry("add a test", "add a test for Shape.area", "Calls it with simple values, and writes down what it answers now."),
)
_A = (
    r"(?:add|write|create|generate)\s+(?:an?\s+|another\s+|the\s+)?(?:new\s+)?"
    r"(?:unit\s+|regression\s+|expect\s+|inline\s+|alcotest\s+|ounit\s+)?tests?(?:\s+case)?"
)
_FOR = pattern(rf"(?:{_A}\s+(?:for|of|to)|(?:unit-?)?test)\s+(?:the\s+)?(?:function\s+|value\s+)?(?P<name>{THIS}|{PATH})")
_SAYING = r"(?:that\s+(?:(?:checks|says)\s+that\s+)?|which\s+checks\s+that\s+|checking\s+(?:that\s+)?|for\s+)"
_THAT = pattern(rf"{_A}\s+{_SAYING}(?P<left>.+?)\s+(?:is|equals|returns|gives|==?|evaluates\s+to|yields)\s+(?P<right>.+)")


_NOT_RUN = re.compile(r"Program .+ not found|Library .+ not found|No rule found|Unbound|has type|Syntax error")
_LONGEST_REASON = 200
"""In characters."""
_OPENS = re.compile(r"(?:\s|\(\*.*?\*\)|open!?\s+[\w.]+|module\s+\w+\s*=\s*[\w.]+)*", re.DOTALL)
"""What stands at the top of a test file before anything is run."""


def understand(sentence: str) -> "AddTest | None":
    """The wish for a test."""
    if match := _FOR.match(sentence):
        return AddTest(names(match["name"]))
    match = _THAT.match(sentence)
    if match is None:
        return None
    head = re.match(rf"\(?({PATH})\b", match["left"])
    return AddTest(names(head[1]), match["left"], match["right"]) if head else None


@dataclass(frozen=True, slots=True)
class AddTest:
    """Wishes for a test."""

    name: tuple[str, ...]
    left: str = ""
    right: str = ""

    tier = Tier.TEST

    def said(self) -> str:
        """What was understood."""
        return f"add a test that {self.left} = {self.right}" if self.left else f"add a test for {shown(self.name)}"

    def signature_of(self, scene: Scene) -> str:
        """The module, where no interface says the type."""
        subject = function_named(scene.sources, self.name, scene.place)
        home = implementation_of(subject.definitions[0].path)
        return "" if scene.sources.exists(interface_of(home)) else home

    def plan(self, scene: Scene) -> Planned:
        """The test; where no value was said, first a program that tells it."""
        sources = scene.sources
        subject = function_named(sources, self.name, scene.place)
        if subject.local:
            raise Unsure(f"{subject} cannot be reached from a test.")
        home = implementation_of(subject.definitions[0].path)
        around = triad(home, sources.view.paths(), sources.view.text)
        plan = Planned()
        path, text, stanza = self._file(scene, around, home, plan)
        style = style_of(stanza, text) if stanza is not None else "assert"
        called = subject.name if path == home else f"{_prefix(text, around, subject)}{subject.name}"
        arrow = _type(scene, subject)
        result = _result(arrow) if arrow is not None else ""
        if self.left:
            if scene.tries:
                _ran(scene.tries[-1])
                instead = re.search(r"Received:\s*`(.*?)'|but got:\s*(.*)", _output(scene.tries[-1]))
                value = f": {self.left} is {instead[1] or instead[2]}" if instead else ""
                raise Unsure(f"That test does not hold now{value}.")
            head = ".".join(self.name)
            expression = re.sub(rf"^(\(?){re.escape(head)}", lambda m: f"{m[1]}{called}", self.left)
            put_test(plan, path, text, style, Check(subject.name, expression, self.right, result))
            _made(plan, path, text, scene)
            plan.said = f"add a test that {expression} is {self.right}, in {path}"
            return plan
        expression = f"{called}{self._arguments(arrow, subject)}"
        told = next((m[1] for one in scene.tries if (m := re.search(r"AID<(.*?)>AID", _output(one), re.DOTALL))), None)
        if told is None:
            if scene.tries:
                _ran(scene.tries[-1])
                raise Unsure(
                    f"`{expression}` raises an exception or does not end; say what to test: `add a test that {called} … = …`."
                )
            shown_ = f'"AID" ^ "<" ^ {printer(result)} ({expression}) ^ ">" ^ "AID"'
            if style == "expect":
                end = len(text.rstrip())
                plan.put(path, Span(end, len(text)), f'\n\nlet%expect_test "aid" = failwith ({shown_})\n')
            else:
                opens = _OPENS.match(text)
                at = opens.end() if opens else 0
                plan.put(path, Span(at, at), f"let () = prerr_string ({shown_}); exit 1\n\n")
            _made(plan, path, text, scene)
            plan.said = f"run {expression} to see what it answers"
            return plan
        if style == "expect":  # the message of an exception is printed as OCaml writes strings
            told = told.replace('\\"', '"').replace("\\\\", "\\")
        put_test(plan, path, text, style, Check(subject.name, expression, told, result))
        _made(plan, path, text, scene)
        plan.said = f"add a test for {subject} in {path}: {expression} is {told} now; look whether it should be"
        return plan

    def _file(self, scene: Scene, around: Triad, home: str, plan: Planned) -> tuple[str, str, Stanza | None]:
        """The file that gets the test: one that tests the module already, the module itself where tests stand inside, or a new one."""
        sources = scene.sources
        paths = frozenset(sources.view.paths())
        _, own = owner(home, paths, sources.view.text)
        if own is not None and own.inline_tests and "%expect_test" in sources.text(home):
            return home, sources.text(home), own
        for path in around.tests:
            _, stanza = owner(path, paths, sources.view.text)
            if stanza is not None:
                return path, sources.text(path), stanza
        if own is not None and own.inline_tests and style_of(own, "") == "expect":
            return home, sources.text(home), own
        dune, _ = owner(home, paths, sources.view.text)
        if own is None or dune is None:
            raise Unsure(f"{home} belongs to no library of dune's, so no test can link it.")
        path, model = new_test(sources, plan, own, module_name(home))
        return path, first_test(style_of(model, "") if model is not None else "assert", module_name(home)), model

    def _arguments(self, arrow: Arrow | None, subject: Subject) -> str:
        if arrow is None or not arrow.parameters:
            raise Unsure(
                f"{subject} is no function that AID knows the type of; say what to test: `add a test that {subject.name} … = …`."
            )
        given = ""
        for number, parameter in enumerate(arrow.parameters):
            if parameter.optional:
                continue
            written = parameter.span.of(arrow.tree.text)
            type_ = written.partition(":")[2].strip() if parameter.label else written
            value = some_value(type_, number)
            if not value:
                raise Unsure(
                    f"AID has no simple value of type {type_}; say what to test: `add a test that {subject.name} … = …`."
                )
            given += f" ~{parameter.label}:{value}" if parameter.label else f" {value}"
        result = arrow.tree.text[arrow.result :].split("\n")[0].strip()
        if not printer(_result(arrow)):
            raise Unsure(
                f"AID cannot print what {subject.name} answers ({result}); say what to test: `add a test that {subject.name} … = …`."
            )
        return given


def _made(plan: Planned, path: str, text: str, scene: Scene) -> None:
    """A file that is not there yet is made with its first test in it."""
    if not scene.sources.exists(path):
        plan.created[path] = rewritten(text, plan.edits.pop(path, {}))


def _result(arrow: Arrow) -> str:
    node = arrow.tree.node_at(Span(arrow.result, arrow.result + 1))
    while node.parent is not None and node.parent.start_byte == node.start_byte and node.parent.type.endswith(("_type", "_path")):
        node = node.parent
    return " ".join(arrow.tree.written(node).split())


def _ran(one: Try) -> None:
    """Raises `Unsure` where the build did not come as far as the test."""
    broken = [error for error in one.errors if _NOT_RUN.search(error.message)]
    if broken:
        raise Unsure(
            f"The tests do not build here, so AID cannot say whether that test would hold: {broken[0].path}:{broken[0].line}: "
            f"{' '.join(broken[0].message.split())[:_LONGEST_REASON]}"
        )


def _output(one: Try) -> str:
    return "\n".join([*(error.message for error in one.verdict.diagnostics), one.verdict.output])


def _type(scene: Scene, subject: Subject) -> Arrow | None:
    """The type as declared; of what is not declared, as inferred, where it can be had."""
    for declaration in function_of(scene.sources, subject).declarations:
        if declaration.path == interface_of(subject.definitions[0].path):
            return declaration.arrow
    text = f"{scene.signature}\n"
    match = re.search(rf"^val {re.escape(subject.name)} :", text, re.MULTILINE)
    if match is None:
        return None
    tree = parse(".mli", text)
    node = tree.node_at(Span(match.start(), match.start() + 3)).parent
    return arrow_of(tree, node.child_by_field_name("type")) if node is not None else None


def _prefix(text: str, around: Triad, subject: Subject) -> str:
    """How the test file calls the module: as it does elsewhere, or by its library."""
    module = around.module
    inner = ".".join(subject.dotted.split(".")[1:-1])
    inner = f"{inner}." if inner else ""
    if re.search(rf"\bopen!?\s+(?:\w+\.)*{module}\b(?!\.)", text):
        return inner
    found = re.findall(rf"(?<![\w.])((?:[A-Z]\w*\.)*){module}\.", text)
    if found:
        return f"{found[0]}{module}.{inner}"
    library = around.library
    main = library[:1].upper() + library[1:]
    if (
        around.stanza is not None
        and around.stanza.wrapped
        and library
        and main != module
        and not re.search(rf"\bopen!?\s+{main}\b", text)
    ):
        return f"{main}.{module}.{inner}"
    return f"{module}.{inner}"
