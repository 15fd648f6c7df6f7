"""An expression of one type where another is wanted, with one small change that makes them agree.

w * h              of floats          *  becomes *.         r + 1           r is a ref        !r
f x                wants a float      f (float_of_int x)    Some x          wants an option   x ─▶ Some x
x = 1; …           wants unit         =  becomes :=, <-     f "a" 1         the other way     f 1 "a"
g + 1              g : unit -> int    g () + 1              f 1 ()          one too many      () goes
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.references import references
from aid_lsp.recipes.repairs import conversions
from aid_lsp.recipes.repairs.bindings import bound, takes_unit
from aid_lsp.recipes.repairs.calls import calls, chain, exchanged_before
from aid_lsp.recipes.repairs.site import TIGHT, Repair, Site, balanced, is_simple, short

_TYPES = re.compile(
    r'(?:has type|matches values of type)\s+"?(?P<is>[^"]+?)"?(?: = "(?P<is_meant>[^"]*)")?\s+but '
    r"(?:an expression was expected of type|a pattern was expected which matches values of type)\s+"
    r'"?(?P<wanted>[^"]+?)"?(?: = "(?P<wanted_meant>[^"]*)")?(?:\s+=|\s+The |\s+Type |\s+Hint|\s+because|\s+It |\s+This |$)'
)
_SHOULD = re.compile(r'the expected type is "?(?P<wanted>[^"]+)"?')
_REF = re.compile(r'has type "?([^"]+ ref)"? This is not a function')
_NOT_MUTABLE = re.compile(r"is not mutable|is not an instance variable")


def mismatches(site: Site) -> Iterator[Repair]:
    """The small changes, the likeliest first."""
    message = site.message
    if _NOT_MUTABLE.search(message):
        yield from assignments(site, site.node)
        return
    if "This is not a function" in message and (ref := _REF.search(message)):
        yield from _references(site, ref[1], "")
    types = _TYPES.search(message)
    should = _SHOULD.search(message)
    if types is None and should is None:
        yield from calls(site, "", "")
        yield from _arms(site, "", "")
        return
    is_, wanted = (types["is"].strip(), types["wanted"].strip()) if types else ("", should["wanted"].strip() if should else "")
    if "pattern" in message and ("matches values" in message or should is not None):
        yield from _patterns(site, is_, wanted)
        return
    yield from _changes(site, is_, wanted)
    if types is not None and (types["is_meant"] or types["wanted_meant"]):
        yield from _changes(site, types["is_meant"] or is_, types["wanted_meant"] or wanted)
    elif re.fullmatch(r"\d[\d_]*\.?[\d_]*", site.inside) and not {is_, wanted} <= {"int", "float"}:
        literal = ("float", "int") if "." in site.inside else ("int", "float")
        yield from operators(site, *literal)  # under other names
    yield from _arms(site, is_, wanted)
    yield from exchanged_before(site)
    yield from _any_module(site)


def _changes(site: Site, is_: str, wanted: str) -> Iterator[Repair]:
    yield from _literals(site, is_, wanted)
    yield from _references(site, is_, wanted)
    yield from operators(site, is_, wanted)
    sequence = any(node.type == "sequence_expression" for node in list(site.above())[:3])
    if sequence or "unit" in (is_, wanted) or is_.endswith("ref") or wanted.endswith("ref"):
        yield from assignments(site, site.node)
    yield from _unwrapped(site, is_, wanted)
    yield from _taken_apart(site, is_, wanted)
    yield from _other_module(site, is_)
    yield from calls(site, is_, wanted)
    yield from _wrapped(site, is_, wanted)
    yield from bound(site, is_, wanted, _literals, _references, _unwrapped, _wrapped)
    yield from _siblings(site, is_, wanted)


def _other_module(site: Site, is_: str) -> Iterator[Repair]:
    """The function of the same name in the module of the argument's type: `Array.iter f xs` of a list is `List.iter f xs`."""
    module = _MODULES.get(conversions.head(is_), "")
    for around in list(site.above())[:3]:
        function = around.children[0] if around.type == "application_expression" else None
        if function is None or function.type != "value_path" or len(function.children) < 3:
            continue
        path = site.tree.written(function.children[0])
        if module and path != module and path in _MODULES.values():
            yield site.replace(site.tree.span(function.children[0]), module)
        return


_MODULES = {
    "list": "List", "array": "Array", "string": "String", "bytes": "Bytes", "char": "Char", "option": "Option", "Buffer.t": "Buffer",
    "Hashtbl.t": "Hashtbl", "Seq.t": "Seq", "Queue.t": "Queue", "Stack.t": "Stack", "result": "Result", "in_channel": "In_channel",
    "out_channel": "Out_channel",
}  # fmt: skip
"""The standard library's modules by the types that their functions work on."""


def _arms(site: Site, is_: str, wanted: str) -> Iterator[Repair]:
    """The cases before get the constructor that is missing there: `| s -> s | exception _ -> Error x` is meant to be `| s -> Ok s`."""
    said = _NO_CONSTRUCTOR.search(site.message)
    constructor = {"Error": "Ok", "None": "Some"}.get(said["name"]) if said is not None else None
    if constructor is None and conversions.head(is_) != conversions.head(wanted):
        constructor = {"option": "Some", "result": "Ok"}.get(conversions.head(is_))
    taken = {"option": "Some", "result": "Ok"}.get(conversions.head(wanted))
    clause = next((node for node in site.above() if node.type == "else_clause"), None)
    if takes_unit(wanted) and clause is not None and clause.prev_sibling is not None:
        before = clause.prev_sibling.children[-1]
        yield site.replace(
            site.tree.span(before), f"{site.tree.written(before)} ()", f"{short(site.tree.written(before))} gets ()"
        )
    case = next((node for node in site.above() if node.type == "match_case"), None)
    if case is None or case.parent is None:
        return
    for other in case.parent.children:
        if other.type != "match_case" or site.tree.span(other).end > site.span.start:
            continue
        body, pattern = other.child_by_field_name("body"), other.child_by_field_name("pattern")
        if constructor is not None and body is not None:
            yield site.wrap(constructor, site.tree.span(body))
        if takes_unit(wanted) and body is not None:
            yield site.replace(site.tree.span(body), f"{site.tree.written(body)} ()", f"{short(site.tree.written(body))} gets ()")
        if taken is not None and pattern is not None and pattern.type == "value_pattern":
            yield site.replace(site.tree.span(pattern), f"{taken} {site.tree.written(pattern)}")


def _any_module(site: Site) -> Iterator[Repair]:
    """The standard modules for the one that a function around the error is taken from: what its lambda is given has the wrong type."""
    for around in list(site.above())[:12]:
        function = around.children[0] if around.type == "application_expression" else None
        if function is None or function.type != "value_path" or len(function.children) < 3:
            continue
        path = site.tree.written(function.children[0])
        lambdas = any("fun" in site.tree.written(child)[:5] for child in around.children[1:])
        if path in _MODULES.values() and lambdas:
            for module in ("List", "Array", "String", "Bytes", "Seq", "Hashtbl", "Option"):
                if module != path:
                    yield site.replace(site.tree.span(function.children[0]), module)
            return


_NO_CONSTRUCTOR = re.compile(r'There is no constructor "?(?P<name>Error|None)"? within type')


def _literals(site: Site, is_: str, wanted: str) -> Iterator[Repair]:
    text = site.inside
    if (is_, wanted) == ("int", "float") and re.fullmatch(r"\d[\d_]*", text):
        for written in float_forms(site, text):
            yield site.replace(site.span, written)
    elif (is_, wanted) == ("float", "int") and re.fullmatch(r"\d[\d_]*\.0*", text):
        yield site.replace(site.span, text.partition(".")[0])
    elif (is_, wanted) == ("string", "char") and re.fullmatch(r'"(?:[^\\"\']|\\[nrt\\])"', text):
        yield site.replace(site.span, f"'{text[1:-1]}'")
    elif (is_, wanted) == ("char", "string") and re.fullmatch(r"'(?:[^\\\"]|\\[nrt\\])'", text):
        yield site.replace(site.span, f'"{text[1:-1]}"')
    elif is_ == "int" and wanted in ("int32", "int64", "nativeint") and re.fullmatch(r"\d[\d_]*", text):
        yield site.replace(site.span, text + {"int32": "l", "int64": "L", "nativeint": "n"}[wanted])


def float_forms(site: Site, digits: str) -> tuple[str, str]:
    """A float literal as the file writes them: `1.0` or `1.`, the more usual first."""
    short_, long = (
        len(re.findall(r"(?<![\w.])\d+\.(?![\d\w])", site.text)),
        len(re.findall(r"(?<![\w.])\d+\.0(?![\d\w])", site.text)),
    )
    forms = (f"{digits}.", f"{digits}.0")
    return forms if short_ >= long else (forms[1], forms[0])


def float_literal(site: Site) -> Iterator[Repair]:
    """`1` becomes `1.` or `1.0`, before the compiler's own hint, which knows only the first."""
    if re.fullmatch(r"\d[\d_]*", site.inside) and "Hint: Did you mean" in site.message and '"float"' in site.message:
        yield replace(site.replace(site.span, float_forms(site, site.inside)[0]), sure=True)


def _references(site: Site, is_: str, wanted: str) -> Iterator[Repair]:
    """`!` that is missing, or one too many."""
    if (
        is_.endswith(" ref")
        and (parameter := conversions.parameter(is_))
        and (not wanted or parameter == wanted or "'" in parameter or "'" in wanted)
    ):
        yield site.wrap("!")
    if wanted.endswith(" ref") and site.inside.startswith("!"):
        yield site.replace(Span(site.span.start, site.span.start + 1), "", "`!` goes")
    if not wanted.endswith(" ref") and "'a ref" in wanted:
        yield site.wrap("!")


def operators(site: Site, is_: str, wanted: str) -> Iterator[Repair]:
    """The integers' operators where floats stand, and the other way round; `^` and `@`."""
    mixed = is_ != wanted and bool({is_, wanted} & {"int", "float"})
    joined = {conversions.head(is_), conversions.head(wanted)} == {"string", "list"}
    if not mixed and not joined and {is_, wanted} != {"int", "string"}:
        return
    around = [site.node, *site.above()][:8]
    infixes = [node for node in around if node.type in ("infix_expression", "prefix_expression", "sign_expression")]
    call = next((node for node in around if node.type == "application_expression"), None)
    for argument in call.children if call is not None and mixed else ():
        operator = re.fullmatch(r"\(\s*([-+*/]\.?)\s*\)", site.tree.written(argument))
        if operator is not None:
            start = site.tree.span(argument).start
            yield site.replace(
                Span(start + operator.start(1), start + operator.end(1)),
                conversions.OPERATORS[operator[1]],
                f"{operator[1]} becomes {conversions.OPERATORS[operator[1]]}",
            )
    for node in infixes[:3]:
        operator = next((child for child in node.children if child.type.endswith("_operator")), None)
        if operator is None:
            continue
        written = site.tree.written(operator)
        other = _other(written, mixed, joined)
        if other:
            yield site.replace(site.tree.span(operator), other, f"{written} becomes {other}")
    if mixed and infixes:
        top = infixes[0]
        while top.parent is not None and top.parent.type in ("infix_expression", "parenthesized_expression"):
            top = top.parent
        family = ("+", "-", "*", "/") if any(_is_int(site, node) for node in infixes) else ("+.", "-.", "*.", "/.")
        found = {
            site.tree.span(one): conversions.OPERATORS[site.tree.written(one)]
            for one in chain(top)
            if site.tree.written(one) in family
        }
        if len(found) > 1:
            yield Repair(site.path, found, f"{' '.join(family)} become {' '.join(conversions.OPERATORS[one] for one in family)}")


def _is_int(site: Site, infix: Node) -> bool:
    return any(site.tree.written(child) in ("+", "-", "*", "/") for child in infix.children if child.type.endswith("_operator"))


def _other(operator: str, mixed: bool, joined: bool) -> str:
    if mixed:
        return conversions.OPERATORS.get(operator, "")
    if joined:
        return {"^": "@", "@": "^"}.get(operator, "")
    return {"+": "^"}.get(operator, "")


def assignments(site: Site, node: Node) -> Iterator[Repair]:
    """`:=`, `<-` and `=` taken for one another."""
    for around in (node, *site.above(node)):
        if around.type in ("infix_expression", "set_expression"):
            sign = next((child for child in around.children if site.tree.written(child) in ("=", ":=", "<-", "==")), None)
            if sign is None:
                continue
            written = site.tree.written(sign)
            left = site.tree.written(around.children[0])
            others = ("<-", ":=") if "." in left else (":=", "<-")
            for other in others:
                if other != written:
                    yield site.replace(site.tree.span(sign), other, f"`{written}` becomes `{other}` after {short(left)}")
            return
        if around.type in ("let_binding", "match_case", "sequence_expression"):
            return


def _unwrapped(site: Site, is_: str, wanted: str) -> Iterator[Repair]:
    """A conversion or a constructor that was one too many: `Some x` becomes `x`."""
    text = site.inside.strip()
    inner = text[1:-1] if text.startswith("(") and is_simple(text) else text
    for name in conversions.DROPPABLE:
        if inner.startswith(f"{name} ") and is_simple(rest := inner[len(name) :].strip()):
            call = re.fullmatch(r"\(([\w'.]+(?: (?:[\w'.]+|\([^()]*\)))+)\)", rest)
            alone = site.node.parent is not None and site.node.parent.type in (
                "let_binding",
                "match_case",
                "let_expression",
                "fun_expression",
            )
            if alone and rest.startswith("(") and balanced(rest):
                yield site.replace(site.span, rest[1:-1])
            yield site.replace(site.span, call[1] if call and not site.needs_parentheses() else rest)
    if (
        text.startswith("[")
        and text.endswith("]")
        and ";" not in text
        and conversions.parameter(is_) == wanted
        and is_.endswith("list")
    ):
        yield site.replace(site.span, text[1:-1].strip())
    for around in list(site.above())[:3]:
        call = around.type == "application_expression" and len(around.children) == 2
        if call and site.tree.written(around.children[0]) in conversions.DROPPABLE:
            yield site.replace(site.tree.span(around), site.tree.written(around.children[1]))


def _taken_apart(site: Site, is_: str, wanted: str) -> Iterator[Repair]:
    """The pattern that binds a variable takes its `Some` or `Ok` away."""
    constructor = {"option": "Some", "result": "Ok"}.get(conversions.head(is_))
    if constructor is None or conversions.head(wanted) == conversions.head(is_):
        return
    for one in references(site.path, site.text, site.inside) if re.fullmatch(r"[a-z_][\w']*", site.inside) else ():
        if one.span == site.span and one.binder is not None:
            parent = site.tree.node_at(one.binder).parent
            pattern = f"{constructor} {site.inside}"
            tight = parent is not None and parent.type in (*TIGHT, "parameter", "cons_pattern")
            yield site.replace(
                one.binder, f"({pattern})" if tight else pattern, f"{site.inside} becomes {pattern} where it is bound"
            )


def _wrapped(site: Site, is_: str, wanted: str) -> Iterator[Repair]:
    """A conversion that is missing."""
    for function in conversions.between(is_, wanted):
        if not (site.node.type in ("string", "number") and function in conversions.PARTIAL):
            yield site.wrap(function)
    head, inner = conversions.head(wanted), conversions.parameter(wanted)
    fits = inner == is_ or "'" in inner or "'" in is_
    if head == "option" and conversions.head(is_) != "option":
        yield site.wrap("Some")
    elif head == "result" and conversions.head(is_) != "result":
        yield site.wrap("Ok")
    elif head == "list" and fits and conversions.head(is_) != "list":
        yield site.replace(site.span, f"[{site.inside}]")
    elif head == "ref" and fits:
        yield site.wrap("ref")
    elif head in ("lazy_t", "Lazy.t") and fits:
        yield site.wrap("lazy")
    if conversions.head(is_) in ("lazy_t", "Lazy.t") and conversions.parameter(is_) == wanted:
        yield site.wrap("Lazy.force")


def _siblings(site: Site, is_: str, wanted: str) -> Iterator[Repair]:
    """A function that is easily taken for another: `List.map` for `List.iter`, `find` for `find_opt`."""
    node: Node | None = site.node
    functions = [node] if node.type == "value_path" else []
    functions += [around.children[0] for around in (node, *list(site.above())[:3]) if around.type == "application_expression"]
    for function in functions:
        name = site.tree.written(function)
        for other in conversions.SIBLINGS.get(name, ()):
            yield site.replace(site.tree.span(function), other)
        if name.endswith("_opt") and is_.endswith("option"):
            yield site.replace(site.tree.span(function), name.removesuffix("_opt"))
        elif wanted.endswith("option") and re.fullmatch(r"[\w.']+", name) and not name.endswith("_opt"):
            yield site.replace(site.tree.span(function), f"{name}_opt")


def _patterns(site: Site, is_: str, wanted: str) -> Iterator[Repair]:
    yield from _matched(site, wanted)
    text = site.inside
    if wanted.endswith("option") and not is_.endswith("option"):
        yield site.wrap("Some")
    if wanted.endswith("result") and not is_.endswith("result"):
        yield site.wrap("Ok")
    for name in ("Some", "Ok"):
        if text.startswith(f"{name} "):
            yield site.replace(site.span, text[len(name) :].strip())
    yield from _literals(site, is_, wanted)


def _matched(site: Site, wanted: str) -> Iterator[Repair]:
    """What is looked at, where its type is a function's or a reference's: `match r with Some …` is meant to be `match !r with`."""
    match = next((node for node in site.above() if node.type == "match_expression"), None)
    looked_at = match.children[1] if match is not None and len(match.children) > 2 else None
    if looked_at is None:
        return
    span = site.tree.span(looked_at)
    if wanted.endswith(" ref"):
        yield site.wrap("!", span)
    if takes_unit(wanted) or conversions.head(wanted) == "Seq.t":
        yield site.replace(span, f"{span.of(site.text)} ()", f"{short(span.of(site.text))} gets ()")
