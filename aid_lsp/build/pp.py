"""Dune's pretty-printed documents (`Pp`) as text, as dune itself would print them on a wide terminal.

(Vbox (0 (Box (0 (Verbatim "Unbound value")))))  ──▶  Unbound value
"""

from aid_lsp.build.csexp import Sexp, items, number, text

_WIDTH = 80
_DEEPEST = 300


def render(document: Sexp) -> str:
    """The text of a document; unknown constructors are passed over, their texts kept."""
    out: list[str] = []
    _render(document, out, indent=0, vertical=False, depth=0)
    return "".join(out)


def _render(document: Sexp, out: list[str], indent: int, vertical: bool, depth: int) -> None:
    parts = items(document)
    kind = text(parts[0]) if parts else ""
    inside = parts[1] if len(parts) > 1 else []
    if depth > _DEEPEST:
        out.append(" ".join(_words(document)))
        return
    match kind:
        case "Nop" | "":
            pass
        case "Verbatim" | "Char" | "Text":
            out.append(text(inside))
        case "Newline":
            out.append("\n" + " " * indent)
        case "Break":
            fits, broken = ([*items(inside), [], []])[:2]
            before, spaces, after = _broken(broken if vertical else fits)
            out.append(f"{before}\n{' ' * (indent + spaces)}{after}" if vertical else f"{before}{' ' * spaces}{after}")
        case "Seq":
            for part in items(inside):
                _render(part, out, indent, vertical, depth + 1)
        case "Concat":
            separator, listed = ([*items(inside), [], []])[:2]
            for index, part in enumerate(items(listed)):
                if index:
                    _render(separator, out, indent, vertical, depth + 1)
                _render(part, out, indent, vertical, depth + 1)
        case "Vbox" | "Hvbox" | "Box" | "Hovbox":
            shift, body = ([*items(inside), b"0", []])[:2]
            inner = indent + number(shift)
            if kind == "Hvbox":
                flat: list[str] = []
                _render(body, flat, inner, vertical=False, depth=depth + 1)
                if len("".join(flat)) <= _WIDTH:
                    out.extend(flat)
                    return
            _render(body, out, inner, kind in ("Vbox", "Hvbox"), depth + 1)
        case "Hbox":
            _render(inside, out, indent, vertical=False, depth=depth + 1)
        case "Tag":
            tagged = items(inside)
            two = len(tagged) == 2 and isinstance(tagged[0], list) and isinstance(tagged[1], list)
            _render(tagged[1] if two else inside, out, indent, vertical, depth + 1)
        case _:
            out.append(" ".join(_words(inside)))


def _broken(value: Sexp) -> tuple[str, int, str]:
    before, spaces, after = ([*items(value), b"", b"1", b""])[:3]
    return text(before), max(0, min(number(spaces), _WIDTH)), text(after)


def _words(value: Sexp) -> list[str]:
    """Every atom, in order, without recursion: the input may be as deep as it likes."""
    words: list[str] = []
    pending = [value]
    while pending:
        last = pending.pop()
        if isinstance(last, bytes):
            words.append(text(last))
        else:
            pending.extend(reversed(last))
    return words
