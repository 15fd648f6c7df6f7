"""Adds a parameter to a function: in its definition, in every type it is declared with, and at every call.

    val walk : string -> unit              val walk : ?depth:int -> string -> unit
    let walk dir = …                 ──▶   let walk ?depth:(_depth = 3) dir = …
    List.iter walk dirs                    List.iter (walk ~depth:5) dirs        (where ~depth is not optional)

Recursive calls hand the parameter on. Where the body does not use it, its variable begins with `_`, unless the build says that no
warning is in the way. What is not a full call gets a `fun` around it where the build asks for one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aid_lsp.edits.lines import Span
from aid_lsp.recipes.call_edits import CallEdits
from aid_lsp.recipes.change import Entry, Planned, Scene, Try, Unsure
from aid_lsp.recipes.functions import Arrow, Call, Definition, Function, function_of
from aid_lsp.recipes.parameter_spec import Spec, atomic, read_spec, type_of
from aid_lsp.recipes.sources import Sources
from aid_lsp.recipes.subject import Subject
from aid_lsp.recipes.target import function_named, is_test, shown
from aid_lsp.recipes.words import PATH, THIS, names, pattern

ENTRIES = (
    Entry(
        "add a parameter",
        "add optional argument ?(depth = 3) to walk",
        "Adds it to the definition, the interface and every type it is matched with; recursive calls hand it on.",
    ),
    Entry(
        "add a parameter", "add labelled argument ~depth:int to Tree.walk, passing 3", "Adds it, and what every call shall pass."
    ),
    Entry("add a parameter", "add parameter depth : int to walk as the first one, with 3 at the calls", "Adds a positional one."),
)

_TO = rf"\s+(?:to|for|on)\s+(?:(?:the\s+)?(?:function\s+|value\s+))?(?P<function>{THIS}|{PATH})(?:'s\s+parameters)?(?P<clauses>(?:\s|,|\().*)?"
_ADD = pattern(rf"(?:add|introduce|insert|append|prepend)\s+(?P<spec>.+?){_TO}")
_GIVE = pattern(
    rf"(?:give|let)\s+(?:the\s+)?(?:function\s+)?(?P<function>{THIS}|{PATH})\s+(?:take\s+|have\s+|accept\s+)?(?P<spec>(?:an?|another)\s+.+)"
)


def understand(sentence: str) -> "AddParameter | None":
    """The wish to add a parameter."""
    for form in (_ADD, _GIVE):
        match = form.match(sentence)
        if match is not None:
            spec = read_spec(match["spec"], match.groupdict().get("clauses") or "")
            if spec is not None:
                return AddParameter(names(match["function"]), spec)
    return None


@dataclass(frozen=True, slots=True)
class AddParameter:
    """Wishes that a function takes one thing more."""

    function: tuple[str, ...]
    spec: Spec

    def said(self) -> str:
        """What was understood."""
        return f"add {self.spec} to {shown(self.function)}{self.spec.passing}"

    def unsure_of(self, scene: Scene) -> Subject | None:
        """The function, if some places of its name are not known to mean it or not: components of functors' parameters."""
        subject = function_named(scene.sources, self.function, scene.place)
        free_to_change(scene.sources, subject)
        return subject if function_of(scene.sources, subject).doubtful else None

    def plan(self, scene: Scene) -> Planned:
        """Where it goes."""
        subject = function_named(scene.sources, self.function, scene.place)
        function = function_of(scene.sources, subject, scene.uses)
        _allowed(function, self.spec)
        return _Adding(scene, function, self.spec).planned()


def free_to_change(sources: Sources, subject: Subject) -> None:
    """Raises `Unsure` where something that is not of this workspace says which type the function has."""
    for uid in sorted(subject.uids) if sources.artefacts is not None else ():
        if not uid.home:
            raise Unsure(
                f"{subject} has to have the type that it has: it is matched with the {subject.name!r} of "
                f"{uid.unit.replace('__', '.')}, which is not part of this workspace. "
                "Give the new function another name, and define this one by it."
            )


def _allowed(function: Function, spec: Spec) -> None:
    """Raises `Unsure` where the function cannot take it."""
    main = function.main
    if not re.fullmatch(r"[a-z_][\w']*", function.subject.name):
        raise Unsure(f"{function.subject} is an operator: its calls have no room for another argument.")
    if not main.parameters:
        raise Unsure(
            f"{function.subject} is not written as a function (`let {function.subject.name} x = …`), "
            "so AID cannot see where a parameter would go."
        )
    for parameter in main.parameters:
        if spec.name in (parameter.label, parameter.name):
            raise Unsure(f"{function.subject} has a parameter {parameter} already.")
    if spec.mark == "?" and not any(not parameter.label for parameter in main.parameters):
        raise Unsure(
            f"{function.subject} has no positional parameter, so an optional one could never be left out; "
            f"first say: add parameter () to {function.subject.name}."
        )
    if spec.mark == "?" and not spec.default and not spec.type and function.declarations:
        raise Unsure(f"Say the type of ?{spec.name}, or its default: `add optional argument ?({spec.name} = …) to …`.")
    if spec.mark != "?" and not spec.given and any(function.inside(call) is None for call in function.calls):
        count = sum(function.inside(call) is None for call in function.calls)
        example = f"add {spec} to {function.subject.name}, passing …"
        raise Unsure(f"{function.subject} is used at {count} place{'s' if count != 1 else ''}; say what they pass: `{example}`.")
    if spec.mark != "?" and not spec.type and not type_of(spec.given) and function.declarations:
        raise Unsure(f"Say the type of {spec.mark}{spec.name}, which the interface needs: `{spec.mark}{spec.name}:int`.")


class _Adding:
    """The plan, as far as earlier builds have told."""

    def __init__(self, scene: Scene, function: Function, spec: Spec) -> None:
        self._scene = scene
        self._function = function
        self._spec = spec
        self._index = _index(function.main, spec)
        self._place = sum(not parameter.label for parameter in function.main.parameters[: self._index])
        self._plan = Planned()
        self._calls = CallEdits(scene.sources, function, self._plan)
        self._wrapped = _to_wrap(scene.tries, function)
        unused = re.compile(rf"unused variable {re.escape(spec.name)}\b")
        self._unused = {error.path for one in scene.tries for error in one.errors if unused.search(error.message)}

    def planned(self) -> Planned:
        function, spec = self._function, self._spec
        hidden = False
        for definition in function.definitions:
            mentioned = _mentioned(self._scene.sources, function, definition, spec)
            used = definition.path not in self._unused or mentioned
            hidden = hidden or not used
            self._define(definition, spec.pattern(used=used))
        for declaration in function.declarations:
            self._declare(declaration.path, declaration.arrow, self._index)
        for call in function.calls:
            self._call(call)
        if function.foreign and (spec.mark != "?" or spec.given):
            raise Unsure(f"{function.subject} is used at {function.foreign[0]}, which AID does not understand.")
        later = "; nothing uses it yet, so its variable is called " + f"_{spec.name}" if hidden else ""
        given = spec.passing
        self._plan.said = f"add {spec} to {function.subject}{given}: {self._plan.places}{later}"
        return self._plan

    def _define(self, definition: Definition, written: str) -> None:
        """Puts the parameter into a definition, and into its annotation."""
        path, index, own = definition.path, self._index, definition.of_let
        if index > len(definition.parameters):
            self._define_anew(definition, written)
            return
        after = definition.parameters[index - 1] if index else None
        before = definition.parameters[index] if index < len(definition.parameters) else None
        if index < own and before is not None:
            self._plan.put(path, Span(before.span.start, before.span.start), f"{written} ")
            return
        if index == own and not definition.polymorphic:
            end = after.span.end if after is not None else definition.name.end
            self._plan.put(path, Span(end, end), f" {written}")
            return
        if after is not None and after.of == "fun":
            self._plan.put(path, Span(after.span.end, after.span.end), f" {written}")
        elif before is not None and before.of == "fun":
            self._plan.put(path, Span(before.span.start, before.span.start), f"{written} ")
        elif before is not None:
            self._plan.put(path, Span(before.span.start, before.span.start), f"fun {written} -> ")
        else:
            raise Unsure(f"{self._function.subject} takes its last argument by `function`; say `as the first parameter`.")
        if definition.annotated is not None:
            self._declare(path, definition.annotated, index - own)

    def _define_anew(self, definition: Definition, written: str) -> None:
        """Writes out the parameters of a definition that has fewer of them: `let f = g` becomes `let f = fun x extra -> g x`."""
        given = self._function.main.parameters[len(definition.parameters) : self._index]
        if definition.annotated is not None or any(parameter.label for parameter in given):
            spot = self._scene.sources.spot(definition.path, definition.name)
            raise Unsure(f"{spot} has fewer parameters than the other definition; write them out first.")
        names = " ".join("()" if parameter.unit else f"x{number + 1}" for number, parameter in enumerate(given))
        body = definition.body
        before, after = ("", "") if re.fullmatch(r"[\w.']+", body.of(definition.tree.text)) else ("(", ")")
        self._plan.put(definition.path, Span(body.start, body.start), f"fun {names} {written} -> {before}")
        self._plan.put(definition.path, Span(body.end, body.end), f"{after} {names}")

    def _declare(self, path: str, arrow: Arrow, index: int) -> None:
        """Puts the parameter into a type."""
        domain = self._spec.domain(self._type())
        text = arrow.tree.text
        if index > len(arrow.parameters):
            if self._spec.mark == "":
                raise Unsure(f"A type in {path} does not show all parameters of {self._function.subject}.")
            index = len(arrow.parameters)
        at = arrow.parameters[index].span.start if index < len(arrow.parameters) else arrow.result
        margin = text[text.rfind("\n", 0, at) + 1 : at]
        if not margin.strip():
            self._plan.put(path, Span(at, at), f"{domain} ->\n{margin}")
            return
        self._plan.put(path, Span(at, at), f"{domain} -> ")

    def _type(self) -> str:
        """The type, as said, as the value shows, or as the compiler told."""
        spec = self._spec
        if spec.type:
            return re.sub(r"\s*\boption$", "", spec.type) if spec.mark == "?" and not spec.default else spec.type
        known = type_of(spec.default or spec.given)
        if known:
            return known
        told = re.compile(rf"\?{re.escape(spec.name)}:\s*((?:[\w.' ]|\([^()]*\))+?)\s*->")
        for one in self._scene.tries:
            for error in one.errors:
                found = [" ".join(match.split()) for match in told.findall(error.message)]
                if found and found[0] != "unit":
                    return found[0]
        return "unit"  # the build will say what it is

    def _call(self, call: Call) -> None:
        spec = self._spec
        inside = self._function.inside(call)
        if inside is not None:
            self._hand_on(call)
        elif spec.mark == "?":
            if spec.given and (spec.scope != "tests" or is_test(self._scene.sources, call.path)):
                self._calls.label(call, spec.argument)
            elif (call.path, call.token.span.start) in self._wrapped:
                self._calls.wrap(call, lambda old: old)
        elif (call.path, call.token.span.start) in self._wrapped and not call.positional:
            # Not `f ~extra:1`, which is no function that is as general as `f` was.
            value = spec.argument if spec.mark else atomic(spec.given)
            place = self._place if not spec.mark else len(self._function.main.parameters)
            self._calls.wrap(call, lambda old: [*old[:place], value, *old[place:]])
        elif spec.mark == "~":
            self._calls.label(call, spec.argument)
        else:
            self._calls.insert(call, self._place, atomic(spec.given))

    def _hand_on(self, call: Call) -> None:
        """A recursive call passes what it was passed."""
        if self._spec.mark:
            self._calls.label(call, f"{'~' if self._spec.default or self._spec.mark == '~' else '?'}{self._spec.name}")
        else:
            self._calls.insert(call, self._place, self._spec.name)


def _index(main: Definition, spec: Spec) -> int:
    """Before which parameter it goes."""
    parameters = main.parameters
    where, _, beside = spec.position.partition(" ")
    if beside:
        found = [i for i, parameter in enumerate(parameters) if beside in (parameter.label, parameter.name)]
        if not found:
            raise Unsure(f"There is no parameter {beside}; there are {', '.join(map(str, parameters))}.")
        return found[0] + (where == "after")
    if where.isdigit():
        if int(where) > len(parameters):
            raise Unsure(f"There are only {len(parameters)} parameters.")
        return int(where)
    first_positional = next((i for i, parameter in enumerate(parameters) if not parameter.label), len(parameters))
    if where == "first":
        return 0
    if spec.mark and where != "last":
        return first_positional
    if parameters[-1].of == "function":
        return len(parameters) - 1 if not where else len(parameters)
    return len(parameters)


def _mentioned(sources: Sources, function: Function, definition: Definition, spec: Spec) -> bool:
    """Whether the body says the name already (or will, at a recursive call); raises `Unsure` where it means something else by it."""
    path, span = definition.path, definition.span
    facts = sources.facts(path, spec.name)
    found = False
    for token in sources.references(path, spec.name):
        if token.kind != "value" or token.whole != token.span or not span.start <= token.span.start < span.end:
            continue
        if token.defines:
            if any(function.inside(call) is definition for call in function.calls):
                raise Unsure(
                    f"{sources.spot(path, token.span)} binds another {spec.name} in {function.subject}; choose another name."
                )
            continue
        if token.binder is not None and span.start <= token.binder.start < span.end:
            continue
        fact = facts.get(token.span.start)
        if token.binder is not None or (fact is not None and (fact.uids or fact.outside)):
            raise Unsure(f"At {sources.spot(path, token.span)}, {spec.name} means something else; choose another name.")
        found = True
    return found or any(function.inside(call) is definition for call in function.calls)


def _to_wrap(tries: Sequence[Try], function: Function) -> set[tuple[str, int]]:
    """The uses without (all) arguments that have to look as they did: those that builds point at, or all where that is no help."""
    found: set[tuple[str, int]] = set()
    for one in tries:
        blamed = _blamed(one, function)
        learnt = not blamed <= found or any("unused variable" in error.message for error in one.errors)
        found |= blamed
        if not learnt:
            # Another name for it stands where its type does not fit: `let ( let* ) = ( >>= )`.
            found |= {
                (call.path, call.token.span.start)
                for call in function.calls
                if not call.positional and function.inside(call) is None
            }
    return found


def _blamed(one: Try, function: Function) -> set[tuple[str, int]]:
    """The uses without (all) arguments that errors of a build point at."""
    found: set[tuple[str, int]] = set()
    for error in one.errors:
        if error.path is None:
            continue
        lines = one.after.lines(error.path)
        start, end = lines.offset(error.line, error.column), lines.offset(error.end_line, error.end_column)
        if start is None or end is None:
            continue
        shift = one.planned.shift(error.path)
        blamed = Span(shift.back(start), shift.back(end))
        matching = "Values do not match" in error.message or "does not match the interface" in error.message
        for call in function.calls:
            if call.path != error.path or function.inside(call) is not None or len(call.positional) > 0:
                continue
            touches = blamed.start <= call.token.span.start < max(blamed.end, blamed.start + 1)
            if touches or (matching and function.subject.name in error.message) or (matching and _alias_in(call, error.message)):
                found.add((call.path, call.token.span.start))
    return found


def _alias_in(call: Call, message: str) -> bool:
    """Whether the function is all that a value is bound to of which a message says that its type does not fit."""
    node = call.tree.node_at(call.whole)
    while node.parent is not None and node.type != "let_binding":
        node = node.parent
    pattern_ = node.child_by_field_name("pattern") if node.type == "let_binding" else None
    return pattern_ is not None and re.search(rf"\bval {re.escape(call.tree.written(pattern_))} :", message) is not None
