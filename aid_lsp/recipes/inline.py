"""Inlines a definition: its body takes the place of every use, and the definition goes.

    let double n = n * 2                       (gone)
    let area w = double (w + 1)          ──▶   let area w = (w + 1) * 2
    let sum xs = List.map double xs            let sum xs = List.map (fun n -> n * 2) xs

An argument that is more than a name, and is needed other than once, is bound by `let`. What the interface declares stays.
"""

import re
from dataclasses import dataclass

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import interface_of
from aid_lsp.ocaml.references import Occurrence, references
from aid_lsp.recipes.call_edits import quiet_node
from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
from aid_lsp.recipes.functions import Call, Definition, Function, function_of
from aid_lsp.recipes.sites import cut, rewrite, rewritten
from aid_lsp.recipes.target import function_named, shown
from aid_lsp.recipes.words import PATH, THIS, names, pattern

ENTRIES = (
    Entry(
        "inline", "inline double", "Puts the body of a function or value in the place of its uses, and removes the definition."
    ),
)
_INLINE = pattern(
    rf"inline\s+(?:(?:the\s+)?(?:function|value|variable|binding|definition|helper)\s+(?:of\s+)?)?(?P<name>{THIS}|{PATH})"
    r"(?:\s+(?:everywhere|at\s+(?:all\s+)?(?:its|the)\s+(?:calls?|uses?|callers?)))?"
)


def understand(sentence: str) -> "Inline | None":
    """The wish to inline something."""
    match = _INLINE.match(sentence)
    return Inline(names(match["name"])) if match is not None else None


@dataclass(frozen=True, slots=True)
class Inline:
    """Wishes that a definition is replaced by what it stands for."""

    name: tuple[str, ...]

    def said(self) -> str:
        """What was understood."""
        return f"inline {shown(self.name)}"

    def plan(self, scene: Scene) -> Planned:
        """Every use, and the definition."""
        function = function_of(scene.sources, function_named(scene.sources, self.name, scene.place, local=True))
        definition = function.main
        if function.declarations:
            where = interface_of(definition.path)
            raise Unsure(
                f"{where} declares {function.subject.name}; say `hide {function.subject.name}` first if nobody else needs it."
            )
        if len(function.definitions) > 1 or any(call.path != definition.path for call in function.calls):
            raise Unsure(f"{function.subject} is used outside {definition.path}; AID inlines only within one file.")
        if any(function.inside(call) is not None for call in function.calls):
            raise Unsure(f"{function.subject} calls itself; it cannot be inlined.")
        if not function.calls:
            raise Unsure(f"Nothing uses {function.subject}.")
        whole = _whole(definition)
        plan = _Inlining(function, definition).planned()
        plan.put(definition.path, whole, "")
        _check_scopes(scene, function, definition)
        plan.said = f"inline {function.subject} at {len(function.calls)} place{'s' if len(function.calls) != 1 else ''}"
        return plan


class _Inlining:
    def __init__(self, function: Function, definition: Definition) -> None:
        self._function = function
        self._definition = definition
        self._text = definition.tree.text
        self._plan = Planned()
        body = definition.node.child_by_field_name("body")
        self._value = not definition.parameters
        if body is None or definition.annotated is not None:
            raise Unsure(f"{function.subject} has a type annotation; AID does not inline that.")
        if any(
            parameter.of == "function" or parameter.optional or not (parameter.name or parameter.unit)
            for parameter in definition.parameters
        ):
            raise Unsure(f"{function.subject} takes apart what it is given; AID inlines functions of plain variables.")
        if self._value and not quiet_node(body) and (len(function.calls) > 1 or not function.subject.local):
            raise Unsure(
                f"Computing {function.subject} may do something, or take long; inlined it would be computed at each use."
            )
        held = definition.span
        self._inner = {
            token.name
            for token in references(definition.path, self._text)
            if token.kind == "value" and token.defines and definition.body.start <= token.span.start < held.end
        }
        """The names that the body itself binds."""
        self._body = definition.tree.span(body) if self._value else definition.body

    def planned(self) -> Planned:
        for call in self._function.calls:
            self._replace(call)
        return self._plan

    def _replace(self, call: Call) -> None:
        parameters = self._definition.parameters
        positional = [p for p in parameters if not p.label]
        labelled = {argument.label: argument for argument in call.arguments if argument.label}
        full = len(call.positional) >= len(positional) and all(p.label in labelled for p in parameters if p.label)
        if not full or self._value:
            self._alone(call)
            return
        given = iter(call.positional)
        bound: list[str] = []
        names_bound: set[str] = set()
        replaced: dict[Span, str] = {}
        for parameter in parameters:
            argument = labelled[parameter.label] if parameter.label else next(given)
            node = argument.node
            written = argument.span.of(self._text)
            if parameter.label:
                value = node.child_by_field_name("expression")
                written = self._definition.tree.written(value) if value is not None else parameter.label
                node = value if value is not None else node
            if parameter.unit:
                if written != "()":
                    raise Unsure(f"A call passes `{written}` for (); AID does not inline that.")
                continue
            mentioned = set(re.findall(r"[a-z_][\w']*", written))
            if mentioned & names_bound:
                raise Unsure(f"A call passes `{written}`, whose names would be those of parameters; AID does not inline that.")
            uses = self._uses(parameter.span, parameter.name)
            if (
                quiet_node(node)
                and (len(uses) <= 1 or re.fullmatch(r"[\w.']+|\"[^\"\\]*\"", written))
                and not any(u.punned for u in uses)
            ):
                replaced |= {use.span: written for use in uses}
            else:
                names_bound.add(parameter.name)
                bound.append(f"let {parameter.name} = {_stripped(written)} in ")
        body = self._written(replaced)
        rest = [argument.span.of(self._text) for argument in list(given)]
        written = "".join(bound) + (f"({body})" if rest else body)
        whole = " ".join([written, *rest])
        bare = call.around in ("let_binding", "parenthesized_expression") or (_simple(whole) and not rest and not bound)
        self._plan.put(call.path, call.whole, self._laid(call, whole if bare else f"({whole})"))

    def _laid(self, call: Call, written: str) -> str:
        """What takes the place of a call, its further lines below it, or a step right of the line it is in."""
        first, *rest = written.split("\n")
        odd = any(re.sub(r"\\.|'\"'", "", one).count('"') % 2 for one in (first, *rest))
        if not rest or odd or "{|" in written:  # the lines of a string are its own
            return written
        line = self._text[self._text.rfind("\n", 0, call.whole.start) + 1 : call.whole.start]
        margin = line[: len(line) - len(line.lstrip())] + ("  " if line.strip() else "")
        least = min((len(one) - len(one.lstrip()) for one in rest if one.strip()), default=0)
        return "\n".join([first, *(f"{margin}{one[least:]}" if one.strip() else "" for one in rest)])

    def _alone(self, call: Call) -> None:
        """The function or value as a whole, where it is not given all it takes."""
        body = self._body.of(self._text)
        if self._value:
            written = body
        else:
            taken = " ".join(parameter.span.of(self._text) for parameter in self._definition.parameters)
            written = f"fun {taken} -> {body}"
        fenced = written if _simple(written) else f"({written})"
        if call.token.punned:
            self._plan.take(call.path, rewrite(call.tree, call.token, fenced))
        else:
            self._plan.put(call.path, call.token.whole, fenced)

    def _uses(self, held: Span, name: str) -> list[Occurrence]:
        return [
            token
            for token in references(self._definition.path, self._text, name)
            if token.binder is not None and not token.defines and held.start <= token.binder.start < held.end
        ]

    def _written(self, replaced: dict[Span, str]) -> str:
        shifted = {Span(span.start - self._body.start, span.end - self._body.start): text for span, text in replaced.items()}
        return rewritten(self._body.of(self._text), shifted)


def _simple(text: str) -> bool:
    return re.fullmatch(r"[\w.']+|\"[^\"\\]*\"|\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}", text) is not None


def _stripped(text: str) -> str:
    return text[1:-1] if re.fullmatch(r"\([^()]*\)", text) else text


def _whole(definition: Definition) -> Span:
    """The definition with its keyword, its `in`, and its comments; raises `Unsure` where it is one of a chain."""
    tree = definition.tree
    binding = definition.node.parent
    if binding is None or sum(child.type == "let_binding" for child in binding.children) != 1:
        raise Unsure("The definition is one of several joined by `and`; AID does not inline that.")
    around = binding.parent
    text, start, end = tree.text, tree.span(binding).start, tree.span(binding).end
    if around is not None and around.type == "let_expression":
        body: Node | None = around.child_by_field_name("body")
        return Span(start, tree.span(body).start if body is not None else end)
    comment = re.search(r"\(\*\*(?:(?!\*\)).)*\*\)\s*\Z", text[:start], re.DOTALL)
    if (
        comment
        and "\n\n" not in comment[0].rstrip()
        and text[comment.start() : start].count("\n") <= comment[0].strip().count("\n") + 1
    ):
        start = comment.start()
    return cut(text, start, end)


def _check_scopes(scene: Scene, function: Function, definition: Definition) -> None:
    """Raises `Unsure` where a name of the body would mean something else at a use."""
    path, text = definition.path, definition.tree.text
    free = {
        token.name: token.binder
        for token in references(path, text)
        if token.kind == "value"
        and not token.defines
        and definition.span.start <= token.span.start < definition.span.end
        and not (token.binder is not None and definition.span.start <= token.binder.start < definition.span.end)
    }
    for call in function.calls:
        place = call.whole if call.arguments else call.token.whole
        for name, binder in free.items():
            written = name if re.match(r"[\w]", name) else f"( {name} )"
            probe = text[: place.start] + written + text[place.end :]
            begin = place.start + written.index(name)
            there = next((t for t in references(path, probe, name) if t.span.start == begin and t.kind == "value"), None)
            if there is None or there.binder != binder:
                at = scene.sources.spot(path, place)
                raise Unsure(f"At {at}, {name} means something else than in {function.subject}.")
