"""The prompt: what never changes first, so that servers can reuse what they have read.

system   who AID is, house rules, the answer format
user     facts · files with the reason each is shown · the build's errors · what is already done · the place · the instruction
model    its answer
user     what was wrong with it: complaints, or what the build says that is new        (once per repair round)
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib import resources

from aid_lsp.context.snippet import HEADS, Snippet, pieces
from aid_lsp.edits.complain import told
from aid_lsp.edits.diff import unified
from aid_lsp.edits.lines import Lines, split_lines
from aid_lsp.edits.patch import Complaint, Files, Patch
from aid_lsp.edits.read import instructions
from aid_lsp.models.model import Prompt, Turn
from aid_lsp.ocaml.names import is_ocaml
from aid_lsp.recipes.proposer import Attempt
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.ignore import secret
from aid_lsp.workspace.request import Place, Request

_BESIDE = "What the compiler says of what is installed and built here: rely on it. These are no files, there is nothing in them to edit."
_MOST_PATHS = 150
_MOST_DIAGNOSTICS = 10
_MOST_COMPLAINTS = 8
_LONGEST_MESSAGE = 1200
_LONGEST_DONE = 12_000
_LONGEST_OUTPUT = 2500
_LONGEST_ANSWER = 60_000


def compose(
    request: Request,
    snippets: Sequence[Sequence[Snippet]],
    attempts: Sequence[Attempt],
    answer_format: str,
    facts: str = "",
) -> Prompt:
    """The prompt for the next answer.

    `attempts` are this model's own, with their verdicts; `snippets` come by turn: what is shown first, then what each attempt calls for;
    `facts` is one line about the compiler and libraries at the place.
    """
    turns = [Turn("user", first_turn(request, snippets[0] if snippets else (), facts))]
    for round_, attempt in enumerate(attempts, start=1):
        if attempt.draft.answer:
            turns.append(Turn("assistant", _bounded(attempt.draft.answer, _LONGEST_ANSWER)))
            turns.append(Turn("user", _repair_turn(request, attempt, snippets[round_] if round_ < len(snippets) else ())))
    return Prompt(f"{_page('system.md')}\n{instructions(answer_format)}".rstrip() + "\n", tuple(turns))


def first_turn(request: Request, snippets: Sequence[Snippet], facts: str, asked: str = "Instruction") -> str:
    """What a model is told of a request; `asked` is the heading above what the person says."""
    view = request.view
    sections = [f"# Facts\n\n{facts}" if facts else "", _paths(view.paths())]
    if shown := _snippets([snippet for snippet in snippets if not snippet.aside], view):
        sections.append(f"# Files\n\n{shown}")
    if beside := _snippets([snippet for snippet in snippets if snippet.aside], view):
        sections.append(f"# Known of libraries and types\n\n{_BESIDE}\n\n{beside}")
    if request.done and not request.done.empty:
        sections.append(_done(request.earlier, request.done))
    elif request.earlier:
        sections.append("# Asked before, without result\n\n" + "\n".join(f"- {words}" for words in request.earlier))
    errors = [diagnostic for diagnostic in request.diagnostics if diagnostic.severity == "error"] or list(request.diagnostics)
    if errors:
        sections.append("# What the build says now\n\n" + _diagnostics(errors, view))
    if request.place:
        sections.append(_place(request.place, view))
    sections.append(f"# {asked}\n\n{request.instruction.strip()}")
    return "\n\n".join(section for section in sections if section) + "\n"


def _repair_turn(request: Request, attempt: Attempt, snippets: Sequence[Snippet]) -> str:
    said: list[str] = []
    if attempt.draft.complaints:
        said.append("Your answer could not be used:\n" + "\n".join(_complaints(attempt.draft.complaints)))
    verdict = attempt.verdict
    if verdict is not None and not verdict.green:
        patched: Files = request.view.patched(attempt.draft.patch) if attempt.draft.patch else request.view
        stage = {"parse": "does not parse", "type": "does not type-check", "build": "does not build", "test": "fails its tests"}
        what = stage.get(verdict.tier.word, "does not hold")
        if verdict.diagnostics:
            said.append(f"With your change the workspace {what}. This is new:\n\n{_diagnostics(verdict.diagnostics, patched)}")
        elif verdict.state == "red":
            said.append(f"With your change the workspace {what}.")
            if verdict.output.strip():
                said.append(_fenced(_bounded(verdict.output.strip(), _LONGEST_OUTPUT), ""))
        if verdict.before and request.diagnostics:
            said.append("These errors were there before and still are:\n\n" + _diagnostics(verdict.before, patched))
        if verdict.lints:
            remarks = "; ".join(f"{lint.path}, line {lint.line}: {lint.message.rstrip('.')}" for lint in verdict.lints[:3])
            said.append(f"A remark, not an error; do it otherwise unless it was asked for: {remarks}.")
    if beside := _snippets([snippet for snippet in snippets if snippet.aside], request.view):
        said.append(f"{_BESIDE}\n\n{beside}")
    if shown := _snippets([snippet for snippet in snippets if not snippet.aside], request.view):
        said.append(f"Original files that these errors speak of and that you have not seen yet:\n\n{shown}")
    said.append(_page("repair.md"))
    return "\n\n".join(said)


def _complaints(complaints: Sequence[Complaint]) -> list[str]:
    lines = [f"- {_bounded(message, _LONGEST_MESSAGE)}" for message in told(complaints[:_MOST_COMPLAINTS])]
    if len(complaints) > _MOST_COMPLAINTS:
        lines.append(f"- and {len(complaints) - _MOST_COMPLAINTS} more")
    return lines


def _paths(paths: Sequence[str]) -> str:
    names = [path for path in paths if (is_ocaml(path) or _is_build_file(path)) and not secret(path)]
    if not names:
        return ""
    more = f"\n… and {len(names) - _MOST_PATHS} more" if len(names) > _MOST_PATHS else ""
    return "# Workspace\n\n" + "\n".join(names[:_MOST_PATHS]) + more


def _is_build_file(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in ("dune", "dune-project", "dune-workspace") or name.endswith((".opam", ".mll", ".mly", ".t"))


def _snippets(snippets: Sequence[Snippet], files: Files) -> str:
    return "\n\n".join(
        _heads(piece) if piece[0].head else _snippet(piece[0], files)
        for piece in pieces(snippet for snippet in snippets if not secret(snippet.path))
    )


def _heads(piece: Sequence[Snippet]) -> str:
    """The heads of one file's definitions, one below the other: to be used, not edited."""
    text = "".join(snippet.text if snippet.text.endswith("\n") else f"{snippet.text}\n" for snippet in piece)
    return f"## {piece[0].path}, only {HEADS}\n" + _fenced(text, _language(piece[0].path))


def _snippet(snippet: Snippet, files: Files) -> str:
    if snippet.aside:
        return f"## {snippet.path} ({snippet.why})\n" + _fenced(snippet.text, "ocaml")
    text = files.text(snippet.path) or ""
    extent = ""
    if snippet.span.start > 0 or snippet.span.end < len(text):
        lines = Lines(text)
        first, last = (
            lines.position(snippet.span.start)[0] + 1,
            lines.position(max(snippet.span.start, snippet.span.end - 1))[0] + 1,
        )
        extent = f", lines {first}–{last} of {len(split_lines(text))}"
    return f"## {snippet.path}{extent} ({snippet.why})\n" + _fenced(snippet.text, _language(snippet.path))


def _done(earlier: Sequence[str], done: Patch) -> str:
    asked = "\n".join(f"- {words}" for words in earlier)
    diff = _fenced(_bounded(unified(done), _LONGEST_DONE), "diff")
    return (
        f"# Already done\n\nThe person asked for this before:\n{asked}\n\nand the files above already hold this answer to it, "
        f"which the person now wants changed:\n\n{diff}"
    )


def _place(place: Place, files: Files) -> str:
    text = files.text(place.path)
    if text is None:
        return f"# Place\n\n{place.path}"
    lines = Lines(text)
    first, last = lines.position(place.span.start)[0], lines.position(place.span.end)[0]
    where = f"line {first + 1}" if first == last else f"lines {first + 1}–{last + 1}"
    marked = text[place.span.start : place.span.end] if place.span.end > place.span.start else lines.line(first)
    shown = _fenced(_bounded(marked.strip("\r\n"), _LONGEST_MESSAGE), _language(place.path)) if marked.strip() else ""
    return f"# Place\n\nThe instruction is given at {place.path}, {where}" + (f":\n{shown}" if shown else ".")


def _diagnostics(diagnostics: Sequence[Diagnostic], files: Files) -> str:
    shown = [_diagnostic(diagnostic, files) for diagnostic in diagnostics[:_MOST_DIAGNOSTICS]]
    if len(diagnostics) > _MOST_DIAGNOSTICS:
        shown.append(f"… and {len(diagnostics) - _MOST_DIAGNOSTICS} more")
    return "\n".join(shown)


def _diagnostic(diagnostic: Diagnostic, files: Files) -> str:
    message = _bounded(diagnostic.message.strip(), _LONGEST_MESSAGE).replace("\n", "\n    ")
    if diagnostic.path is None:
        return f"- {diagnostic.severity}: {message}"
    head = f"- {diagnostic.path}, line {diagnostic.line}: {diagnostic.severity}: {message}"
    text = files.text(diagnostic.path)
    if text is None:
        return head
    lines = Lines(text)
    start = lines.offset(diagnostic.line - 1, diagnostic.column, "utf-8")
    end = lines.offset(diagnostic.end_line - 1, diagnostic.end_column, "utf-8")
    line = lines.line(diagnostic.line - 1)
    if not line.strip():
        return head
    column = lines.position(start)[1]
    length = max(1, min(end, start + len(line) - column) - start)
    return f"{head}\n    {line}\n    {' ' * column}{'^' * length}"


def _language(path: str) -> str:
    name = path.rpartition("/")[2]
    return "ocaml" if is_ocaml(path) else "dune" if name.startswith("dune") else ""


def _fenced(text: str, language: str) -> str:
    """A code block whose fence is longer than any in the text."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}"


def _bounded(text: str, most: int) -> str:
    """The text, or its two ends where it is too long."""
    if len(text) <= most:
        return text
    return f"{text[: most * 2 // 3]}\n[… {len(text) - most} characters left out …]\n{text[-(most // 3) :]}"


@cache
def _page(name: str) -> str:
    return resources.files("aid_lsp.proposals").joinpath("prompts", name).read_text("utf-8")
