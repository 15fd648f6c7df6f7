"""Dune's RPC diagnostics as `Diagnostic` values, and what text and RPC know together.

text                                RPC
warning number, its name            where a test's own output ends
second place of a syntax error      both declarations of a mismatch, always
place of a failing inline test      that an error is there, even if the text was lost
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from aid_lsp.build import pp
from aid_lsp.build.csexp import Sexp, items, number, record, text
from aid_lsp.build.diagnostics import clean_message, parse_output, source_path
from aid_lsp.workspace.diagnostic import Diagnostic, Related

_INTERNAL = "Cycle_error.E"
"""How dune's data structure for a dependency cycle begins; the cycle is reported in words as well."""


def from_rpc(answer: Sexp, root: Path) -> tuple[Diagnostic, ...]:
    """The reports in an answer to `diagnostics`."""
    return tuple(_one(record(entry), root) for entry in items(answer))


def _one(fields: dict[str, Sexp], root: Path) -> Diagnostic:
    message = pp.render(fields.get("message", [])).removeprefix("Error: ")
    severity = "warning" if text(fields.get("severity")) == "warning" else "error"
    place = _place(fields.get("loc"), root)
    related: list[Related] = []
    for entry in items(fields.get("related")):
        inner = record(entry)
        where = _place(inner.get("loc"), root)
        if where is not None and where[0] is not None:
            related.append(Related(where[0], where[1], where[2], clean_message(pp.render(inner.get("message", [])))))
    if place is None:
        inside = parse_output(message, root)  # a failing inline test has its place in its text only
        if len(inside) == 1 and inside[0].path is not None:
            return inside[0]
        return Diagnostic(None, 1, 0, 1, 0, severity, _said(message, root), related=tuple(related))
    path, line, column, end_line, end_column = place
    return Diagnostic(
        path,
        line,
        column,
        end_line,
        end_column,
        severity,
        _said(message, root),
        related=tuple(related),
        promotion=bool(items(fields.get("promotion"))),
    )


def _said(message: str, root: Path) -> str:
    return clean_message(message).replace(f"{root}/", "")


def _place(loc: Sexp | None, root: Path) -> tuple[str | None, int, int, int, int] | None:
    """Path, line, column, end line and end column; columns are `pos_cnum - pos_bol`, `pos_cnum` alone means nothing."""
    ends = record(loc) if loc is not None else {}
    start, stop = record(ends.get("start", [])), record(ends.get("stop", []))
    if not start:
        return None
    path = source_path(_undoubled(text(start.get("pos_fname")), root), root)
    line, column = max(1, number(start.get("pos_lnum"), 1)), number(start.get("pos_cnum")) - number(start.get("pos_bol"))
    end_line, end_column = number(stop.get("pos_lnum"), line), number(stop.get("pos_cnum")) - number(stop.get("pos_bol"))
    return path, line, max(0, column), max(line, end_line), max(0, end_column)


def _undoubled(path: str, root: Path) -> str:
    """Dune gives a failing test's place as `/ws/test/test/dune`; the folder is named once too often (3.17 to 3.24)."""
    name = Path(path)
    if not path.startswith(f"{root}/") or name.exists():
        return path
    folders = name.parent.relative_to(root).parts
    half = len(folders) // 2
    if half and len(folders) % 2 == 0 and folders[:half] == folders[half:]:
        return str(Path(root, *folders[:half], name.name))
    return path


def merged(from_text: Sequence[Diagnostic], from_dune: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """One list of both: matching reports become one, what only one side knows is kept. Errors come first."""
    left = list(from_dune)
    found: list[Diagnostic] = []
    for said in from_text:
        twin = next((other for other in left if _same(said, other)), None)
        if twin is None:
            found.append(said)
            continue
        left.remove(twin)
        related, promotion = said.related or twin.related, said.promotion or twin.promotion
        found.append(replace(said, message=_without_noise(said, twin), related=related, promotion=promotion))
    found += (other for other in left if not other.message.startswith(_INTERNAL))
    return tuple(sorted(dict.fromkeys(found), key=lambda one: one.severity != "error"))


def enriched(from_dune: Sequence[Diagnostic], from_text: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Dune's reports with what a text knows of them, the first that fits; what only the text knows may be old and is left out."""
    left = list(from_dune)
    said: list[Diagnostic] = []
    for report in from_text:
        if (twin := next((other for other in left if _same(report, other)), None)) is not None:
            left.remove(twin)
            said.append(report)
    return merged(said, from_dune)


def _without_noise(said: Diagnostic, twin: Diagnostic) -> str:
    """The text's message without the words of other programs that follow it; `-> required by` is dune's own."""
    if said.promotion or not twin.message or not said.message.startswith(twin.message):
        return said.message
    rest = said.message[len(twin.message) :].split("\n")
    required = [line for line in rest[1:] if line.startswith("-> ")]
    return "\n".join([twin.message, *required])


def _same(said: Diagnostic, other: Diagnostic) -> bool:
    if said.path == other.path and said.line == other.line and (said.column == other.column or other.column == 0):
        return said.promotion or other.promotion or _opening(said) == _opening(other) or not other.message
    # An inline test's report has no place over RPC: its text is all of the runner's output.
    return other.path is None and _opening(said) in other.message


def _opening(diagnostic: Diagnostic) -> str:
    return diagnostic.first_line.strip()
