"""Removes a parameter that the body does not use: from the definition, from every type, and at every call.

    val scale : by:int -> int -> int       val scale : int -> int
    let scale ~by:_ n = n            ──▶   let scale n = n
    scale ~by:2 x                          scale x

An optional one with a default that no call passes may be used: its default becomes a `let` in the body.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.references import references
from aid_lsp.recipes.call_edits import CallEdits
from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
from aid_lsp.recipes.functions import Argument, Arrow, Call, Definition, Function, Parameter, function_of
from aid_lsp.recipes.target import function_named, parameter_index, shown
from aid_lsp.recipes.words import PATH, THIS, names, pattern

ENTRIES = (
    Entry(
        "remove a parameter",
        "remove parameter ~by of Shape.scale",
        "Removes a parameter that the body does not use, from the interface and at every call too.",
    ),
    Entry("remove a parameter", "remove the last argument of walk", "The same, for a positional one."),
)
WHICH = r"(?P<which>[~?]?[a-z_][\w']*|first|last|second|third|fourth)"
_KIND = r"(?:(?:unused|optional|labell?ed|named|positional)\s+)?(?:parameter|param|argument|arg|label|option)"
_REMOVE = pattern(
    rf"(?:remove|drop|delete|get\s+rid\s+of)\s+(?:the\s+)?(?:{_KIND}\s+{WHICH}|{WHICH.replace('which', 'marked')}(?:\s+{_KIND})?)"
    rf"\s+(?:of|from|in|to)\s+(?:the\s+)?(?:function\s+)?(?P<function>{THIS}|{PATH})"
)


def understand(sentence: str) -> "RemoveParameter | None":
    """The wish to remove a parameter."""
    match = _REMOVE.match(sentence)
    if match is None:
        return None
    which = match["which"] or match["marked"]
    return RemoveParameter(names(match["function"]), "" if which.lower() == "unused" else which)


@dataclass(frozen=True, slots=True)
class RemoveParameter:
    """Wishes that a function takes one thing less."""

    function: tuple[str, ...]
    which: str

    def said(self) -> str:
        """What was understood."""
        return f"remove {f'parameter {self.which}' if self.which else 'the unused parameter'} of {shown(self.function)}"

    def plan(self, scene: Scene) -> Planned:
        """What goes."""
        function = function_of(scene.sources, function_named(scene.sources, self.function, scene.place))
        index = parameter_index(function, self.which) if self.which else _unused(function)
        if function.foreign:
            raise Unsure(f"{function.subject} is used at {function.foreign[0]}, in a file that AID does not rewrite.")
        return _Removing(scene, function, index).planned()


def _unused(function: Function) -> int:
    """The one parameter that the body does not use; raises `Unsure` for none and for several."""
    main = function.main
    used = {
        token.binder.start
        for token in references(main.path, main.tree.text)
        if token.binder is not None and not token.defines and main.span.start <= token.span.start < main.span.end
    }
    found = [
        place
        for place, parameter in enumerate(main.parameters)
        if parameter.of != "function"
        and not parameter.unit
        and not any(parameter.span.start <= start < parameter.span.end for start in used)
    ]
    if len(found) != 1:
        several = ", ".join(str(main.parameters[place]) for place in found)
        raise Unsure(
            f"{function.subject} uses none of {several}; say which one to remove."
            if found
            else f"{function.subject} uses all its parameters."
        )
    return found[0]


class _Removing:
    def __init__(self, scene: Scene, function: Function, index: int) -> None:
        self._sources = scene.sources
        self._function = function
        self._index = index
        self._parameter = function.main.parameters[index]
        self._plan = Planned()
        self._calls = CallEdits(scene.sources, function, self._plan)

    def planned(self) -> Planned:
        function, parameter = self._function, self._parameter
        rest = [other for place, other in enumerate(function.main.parameters) if place != self._index]
        if not any(not other.label for other in rest):
            raise Unsure(
                f"Without {parameter}, {function.subject} would have no positional parameter left, "
                "and its body would run at another time."
            )
        place = sum(not other.label for other in function.main.parameters[: self._index])
        for call in function.calls:
            self._call(call, place)
        for definition in function.definitions:
            if self._index >= len(definition.parameters):
                raise Unsure(f"{self._sources.spot(definition.path, definition.name)} does not show its parameter {parameter}.")
            self._define(definition, definition.parameters[self._index])
        for declaration in function.declarations:
            self._declare(declaration.path, declaration.arrow, self._index)
        self._plan.said = f"remove parameter {parameter} of {function.subject}: {self._plan.places}"
        return self._plan

    def _define(self, definition: Definition, parameter: Parameter) -> None:
        if parameter.of == "function":
            raise Unsure(f"{self._function.subject} looks at that argument by `function`.")
        path, text = definition.path, definition.tree.text
        used = list(self._uses(definition, parameter))
        if used:
            default = re.fullmatch(
                rf"\?\(\s*({re.escape(parameter.label)})\s*(?::[^=]*)?=(.*)\)", parameter.span.of(text), re.DOTALL
            )
            passed = [call for call in self._function.calls if self._argument(call) and self._function.inside(call) is None]
            if default is None or passed:
                raise Unsure(
                    f"{self._function.subject} uses {parameter} at {self._sources.spot(path, used[0])}; AID removes only what is unused."
                )
            body = definition.body.start
            margin = text[text.rfind("\n", 0, body) + 1 : body]
            gap = f"\n{margin}" if not margin.strip() else " "
            self._plan.put(path, Span(body, body), f"let {default[1]} = {default[2].strip()} in{gap}")
        end = parameter.span.end
        start = parameter.span.start
        while text[start - 1].isspace():
            start -= 1
        if parameter.of == "fun" and sum(other.of == "fun" for other in definition.parameters) == 1:
            raise Unsure(f"{parameter} is all that a `fun` takes in {self._function.subject}; AID leaves that alone.")
        self._plan.put(path, Span(start, end), "")
        if definition.annotated is not None and self._index >= definition.of_let:
            self._declare(path, definition.annotated, self._index - definition.of_let)

    def _uses(self, definition: Definition, parameter: Parameter) -> Iterator[Span]:
        """Where the body uses what the parameter binds, other than to hand it on to itself."""
        gone = [argument.span for call in self._function.calls if (argument := self._argument(call)) is not None]
        for token in references(definition.path, definition.tree.text):
            binder = token.binder
            if binder is None or token.defines or not parameter.span.start <= binder.start < parameter.span.end:
                continue
            if not any(span.start <= token.span.start < span.end for span in gone):
                yield token.span

    def _declare(self, path: str, arrow: Arrow, index: int) -> None:
        if index >= len(arrow.parameters):
            raise Unsure(f"A type in {path} does not show the parameter {self._parameter}.")
        domain = arrow.parameters[index]
        end = arrow.parameters[index + 1].span.start if index + 1 < len(arrow.parameters) else arrow.result
        self._plan.put(path, Span(domain.span.start, end), "")

    def _argument(self, call: Call) -> Argument | None:
        """What a call passes for it."""
        if self._parameter.label:
            return next((argument for argument in call.arguments if argument.label == self._parameter.label), None)
        place = sum(not other.label for other in self._function.main.parameters[: self._index])
        return call.positional[place] if place < len(call.positional) else None

    def _call(self, call: Call, place: int) -> None:
        argument = self._argument(call)
        if argument is not None:
            self._calls.drop(call, argument)
        elif not self._parameter.label:
            self._calls.wrap(call, lambda old: [*old[:place], *old[place + 1 :]])
