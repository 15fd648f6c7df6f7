"""Puts the parameters of a function into another order: in its definition, in every type, and at every call.

val scale : int -> t -> t              val scale : t -> int -> t
let scale by t = …               ──▶   let scale t by = …
scale 2 shape, List.map (scale 2)      scale shape 2, List.map (fun t -> scale t 2)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aid_lsp.recipes.call_edits import CallEdits
from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
from aid_lsp.recipes.functions import Definition, Function, Parameter, function_of
from aid_lsp.recipes.target import function_named, parameter_index, shown
from aid_lsp.recipes.words import PATH, THIS, names, pattern

ENTRIES = (
    Entry("reorder parameters", "swap the parameters by and shape of scale", "Exchanges two parameters, at every call too."),
    Entry("reorder parameters", "move parameter by of scale last", "Moves one: first, last, before or after another one."),
    Entry("reorder parameters", "reorder the parameters of blend to mode, over, under", "Gives all of them a new order."),
)
_NAME = r"[~?]?[a-z_][\w']*"
_KIND = r"(?:(?:two\s+)?(?:parameters?|params?|arguments?|args?|labels?)\s+)?"
_OF = rf"\s+(?:of|in|for)\s+(?:the\s+)?(?:function\s+)?(?P<function>{THIS}|{PATH})"
_OF_AFTER = _OF.replace("function>", "function_after>")
_SWAP = pattern(
    rf"(?:swap|exchange|switch|flip|interchange)\s+(?:the\s+)?(?:(?:order\s+of\s+)?(?:the\s+)?{_KIND}(?P<one>{_NAME})\s+(?:and|with)\s+(?P<other>{_NAME})(?:\s+(?:parameters?|params?|arguments?|args?|ones?))?"
    rf"|(?:order\s+of\s+)?(?:the\s+)?(?P<all>(?:(?P<end>first|last)\s+)?(?:two\s+)?(?:parameters|params|arguments|args)))(?:{_OF})?"
)
_MOVE = pattern(
    rf"(?:move|put|make)\s+(?:the\s+)?{_KIND}(?P<one>{_NAME})(?:{_OF})?\s+(?:to\s+(?:be\s+)?)?(?:the\s+)?"
    rf"(?P<where>first|last|front|end|(?:before|after|behind)\s+(?:the\s+)?{_KIND}{_NAME})(?:\s+(?:one|parameter|argument))?(?:{_OF_AFTER})?"
)
_REORDER = pattern(
    rf"(?:re-?order|re-?arrange|sort)\s+(?:the\s+)?(?:parameters|params|arguments|args){_OF}\s+"
    rf"(?:to|as|into|so\s+that\s+they\s+are)\s*:?\s*(?P<order>{_NAME}(?:\s*(?:,|\band\b|\bthen\b|\s)\s*{_NAME})+)"
)


def understand(sentence: str) -> "ReorderParameters | None":
    """The wish for another order."""
    if match := _SWAP.match(sentence):
        pair = (match["one"], match["other"]) if match["one"] else ()
        pair = pair or {"first": ("first", "second"), "last": ("penultimate", "last")}.get((match["end"] or "").lower(), ())
        if not pair and match["function"] is None:
            return None
        return ReorderParameters(names(match["function"]), swap=pair or ("", ""))
    if match := _MOVE.match(sentence):
        if match["function"] and match["function_after"]:
            return None
        where = re.sub(rf"\s+(?:the\s+)?{_KIND}(?={_NAME}$)", " ", match["where"])
        return ReorderParameters(names(match["function"] or match["function_after"]), move=(match["one"], where))
    if match := _REORDER.match(sentence):
        return ReorderParameters(
            names(match["function"]), order=tuple(re.findall(_NAME, re.sub(r"\b(?:and|then)\b", " ", match["order"])))
        )
    return None


@dataclass(frozen=True, slots=True)
class ReorderParameters:
    """Wishes that a function takes what it takes in another order."""

    function: tuple[str, ...]
    swap: tuple[str, str] | None = None
    move: tuple[str, str] | None = None
    order: tuple[str, ...] = ()

    def said(self) -> str:
        """What was understood."""
        name = shown(self.function)
        if self.swap:
            return f"swap {' and '.join(self.swap) if self.swap[0] else 'the parameters'} of {name}"
        if self.move:
            return f"move parameter {self.move[0]} of {name}: {self.move[1]}"
        return f"reorder the parameters of {name} to {', '.join(self.order)}"

    def plan(self, scene: Scene) -> Planned:
        """What moves."""
        function = function_of(scene.sources, function_named(scene.sources, self.function, scene.place))
        if function.foreign:
            raise Unsure(f"{function.subject} is used at {function.foreign[0]}, in a file that AID does not rewrite.")
        if function.doubtful:
            raise Unsure(f"AID cannot tell whether {function.doubtful[0]} is {function.subject}, so it does not move arguments.")
        order = self._order(function)
        if list(order) == sorted(order):
            raise Unsure(f"The parameters of {function.subject} are in that order already.")
        plan = Planned()
        for definition in function.definitions:
            _define(plan, definition, order, function)
        for declaration in function.declarations:
            _permute(plan, declaration.path, declaration.arrow.tree.text, declaration.arrow.parameters, order)
        old = [place for place, parameter in enumerate(function.main.parameters) if not parameter.label]
        positional = [old.index(place) for place in order if place in old]
        calls = CallEdits(scene.sources, function, plan)
        if positional != sorted(positional):
            last = max(place for place, was in enumerate(positional) if place != was)
            for call in function.calls:
                calls.permute(call, positional[: last + 1])
        new = ", ".join(str(function.main.parameters[place]) for place in order)
        plan.said = f"reorder the parameters of {function.subject} to {new}: {plan.places}"
        return plan

    def _order(self, function: Function) -> list[int]:
        """Which old parameter each new one is."""
        places = list(range(len(function.main.parameters)))
        if self.swap and self.swap[0]:
            one, other = (parameter_index(function, name) for name in self.swap)
            places[one], places[other] = other, one
        elif self.swap:
            positional = [place for place in places if not function.main.parameters[place].label]
            if len(positional) != 2:
                raise Unsure(f"{function.subject} has {len(positional)} positional parameters; say which two.")
            places[positional[0]], places[positional[1]] = positional[1], positional[0]
        elif self.move:
            moved = parameter_index(function, self.move[0])
            places.remove(moved)
            where, _, beside = self.move[1].lower().partition(" ")
            if beside:
                at = places.index(parameter_index(function, beside)) + (where != "before")
            else:
                at = 0 if where in ("first", "front") else len(places)
            places.insert(at, moved)
        else:
            named = [parameter_index(function, name) for name in self.order]
            if sorted(named) != places:
                known = ", ".join(map(str, function.main.parameters))
                raise Unsure(f"Name each parameter of {function.subject} once; they are {known}.")
            places = named
        return places


def _define(plan: Planned, definition: Definition, order: Sequence[int], function: Function) -> None:
    moved = [place for place, old in enumerate(order) if place != old]
    if len(definition.parameters) < len(order):
        raise Unsure(f"A definition of {function.subject} in {definition.path} does not show all parameters.")
    kinds = {definition.parameters[place].of for place in moved}
    if "function" in kinds:
        raise Unsure(f"{function.subject} takes its last argument by `function`; give it a name first.")
    _permute(plan, definition.path, definition.tree.text, definition.parameters, order)
    if definition.annotated is not None and "fun" in kinds:
        own = definition.of_let
        if "let" in kinds:
            raise Unsure(f"A part of {function.subject}'s parameters is behind its type annotation.")
        _permute(
            plan, definition.path, definition.tree.text, definition.annotated.parameters, [place - own for place in order[own:]]
        )


def _permute(plan: Planned, path: str, text: str, parameters: Sequence[Parameter], order: Sequence[int]) -> None:
    if len(parameters) < len(order):
        raise Unsure(f"A type in {path} does not show all parameters.")
    for place, old in enumerate(order):
        if place != old:
            plan.put(path, parameters[place].span, parameters[old].span.of(text))
