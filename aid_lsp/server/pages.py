"""Proposal pages: a proposal as Markdown that any editor can open, and where the user writes how it should be different.

state/pages/proposal-7.md     instruction · verdict · what to do · a diff for each file · build output · the line to refine it

The page can always be written anew from the ledger, so nothing is lost with it but what the user wrote behind `AID:`.
"""

import contextlib
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from aid_lsp.build.verdict import Verdict
from aid_lsp.edits.diff import stat, unified
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.ocaml.anchor import heading
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.server.capabilities import Client
from aid_lsp.workspace.diagnostic import Diagnostic

REFINE_HEADING = "## Refine"
_MARKER = re.compile(r"^[ \t]*(?:\(\*+[ \t]*)?AID[ \t]*:(.*)$", re.IGNORECASE)
_NAME = re.compile(r"proposal-([1-9][0-9]{0,8})\.md")
_LONGEST_OUTPUT = 8_000
_MOST_SHOWN = 40

ACTION_KEYS: Mapping[str, str] = {
    "eglot": "`M-x eglot-code-actions`",
    "emacs": "`M-x eglot-code-actions` or `M-x lsp-execute-code-action`",
    "neovim": "`gra`, or `:lua vim.lsp.buf.code_action()`",
    "helix": "`space a`",
    "visual studio code": "`Ctrl+.`",
    "code-server": "`Ctrl+.`",
    "kakoune": "`:lsp-code-actions`",
    "sublime text lsp": "`LSP: Code Action` of the command palette",
    "zed": "`Ctrl+.`",
}
"""How code actions are run in the editors that we know, by the name that the client gives itself, in lower case."""

_HOLDS = {"apply": "it applies", "parse": "it parses", "type": "it type-checks", "build": "it builds", "test": "its tests pass"}
_FAILS = {
    "apply": "it does not apply",
    "parse": "it does not parse",
    "type": "it does not type-check",
    "build": "it does not build",
    "test": "tests fail",
}


def page_path(state: Path, proposal_id: str) -> Path:
    """Where the page of a proposal is."""
    return state / "pages" / f"proposal-{proposal_id}.md"


def proposal_of_page(state: Path, path: Path) -> str | None:
    """The proposal that a file in the state folder is the page of."""
    found = _NAME.fullmatch(path.name)
    if not found or Path(os.path.realpath(path.parent)) != Path(os.path.realpath(state / "pages")):
        return None
    return found.group(1)


def write_page(state: Path, proposal: Proposal, client: Client) -> Path:
    """Writes the page anew, keeping what the user wrote to refine it; call it off the event loop."""
    path = page_path(state, proposal.id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    wish = read_wish(path)
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(render_page(proposal, client, wish).encode("utf-8", "replace"))
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    return path


def read_wish(path: Path) -> str:
    """What the user wrote on a saved page to refine it; empty where there is no page or nothing is written."""
    try:
        return wish_in(path.read_text("utf-8", "replace"))
    except OSError:
        return ""


def wish_in(page: str) -> str:
    """What is written behind `AID:` in the page's last section; it may go on over several lines."""
    _, heading, section = page.rpartition(f"\n{REFINE_HEADING}")
    if not heading:
        return ""
    lines = section.replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines):
        if found := _MARKER.match(line):
            body = "\n".join([found.group(1), *lines[number + 1 :]]).strip()
            return body.removesuffix("*)").strip()
    return ""


def wish_line(page: str) -> int:
    """The line, from 0, on which the user writes how to refine the proposal."""
    lines = page.replace("\r\n", "\n").split("\n")
    return next((n for n in range(len(lines) - 1, -1, -1) if _MARKER.match(lines[n])), max(0, len(lines) - 1))


def headline(proposal: Proposal) -> str:
    """A proposal in a few words: `green (test, 0.8 s)`."""
    verdict = proposal.verdict
    if verdict is None:
        return "not judged"
    seconds = sum(verdict.timings.values())
    time = f", {seconds:.1f} s" if seconds >= 0.05 else ""
    return f"{verdict.state} ({verdict.tier.word}{time})"


def size(patch: Patch) -> str:
    """How much a patch changes: `3 files, +12 −4`."""
    counts = stat(patch)
    added, removed = sum(pair[0] for pair in counts.values()), sum(pair[1] for pair in counts.values())
    return f"{len(counts)} {'file' if len(counts) == 1 else 'files'}, +{added} −{removed}"


def render_page(proposal: Proposal, client: Client, wish: str = "") -> str:
    """The page as text."""
    patch = proposal.patch or Patch(())
    parts = [
        f"# AID: proposal {proposal.id} is {headline(proposal)}",
        _quote(proposal.request.instruction),
        _about(proposal),
        *(["## What to do", _what_to_do(proposal, client)] if proposal.outcome == "open" else []),
        *(["## Verdict", render_verdict(proposal.verdict)] if proposal.verdict else []),
        f"## Changes: {size(patch)}",
        *(render_change(patch, change) for change in patch.changes),
        *_complaints(proposal),
        *_output(proposal.verdict),
        *_shown(proposal),
        *([REFINE_HEADING, _refine(proposal, wish)] if proposal.outcome == "open" else []),
    ]
    return "\n\n".join(part for part in parts if part) + ("" if proposal.outcome == "open" else "\n")


def _about(proposal: Proposal) -> str:
    total = proposal.timings.get("total")
    facts = [
        f"{proposal.understood}." if proposal.understood else "",
        f"Proposed by **{proposal.proposer or 'nobody'}**{f' in {total:.1f} s' if total else ''}.",
        f"It refines proposal {proposal.parent}." if proposal.parent else "",
        f"Asked at `{proposal.request.place.path}`." if proposal.request.place else "",
        "" if proposal.outcome == "open" else f"**It is {proposal.outcome}.**",
    ]
    rounds = len(proposal.attempts)
    facts.append(f"It took {rounds} attempts." if rounds > 1 else "")
    return " ".join(fact for fact in facts if fact)


def _what_to_do(proposal: Proposal, client: Client) -> str:
    keys = ACTION_KEYS.get(client.name.lower())
    how = f"Run a code action ({keys}) in one of the changed files" if keys else "Run a code action in one of the changed files"
    caution = "" if proposal.green else "\n\n**It is not verified: read it before you accept it.**"
    return (
        f"{how}, or here if your editor starts AID for Markdown:\n\n"
        f"- `AID: accept proposal {proposal.id}` applies it to your buffers as one undoable edit;\n"
        f"- `AID: reject proposal {proposal.id}` forgets it;\n"
        f"- `AID: refine proposal {proposal.id}` asks for another one: write what should be different at the end of this page\n"
        f"  and save it, or write it in the code as `(* AID: … *)` and run the action there.{caution}"
    )


def render_verdict(verdict: Verdict | None) -> str:
    """A verdict in sentences; empty where there is none."""
    if verdict is None:
        return ""
    word = verdict.tier.word
    says = {
        "green": f"**Green**: {_HOLDS[word]}.",
        "red": f"**Red**: {_FAILS[word]}.",
        "unknown": f"**Unknown** at `{word}`.",
    }[verdict.state]
    lines = [f"{says} {verdict.note}".strip()]
    if verdict.fixed:
        lines.append(
            f"It fixes {verdict.fixed} {'error' if verdict.fixed == 1 else 'errors'} that {_were(verdict.fixed)} there before."
        )
    if verdict.before:
        count = len(verdict.before)
        lines.append(f"{count} {'error' if count == 1 else 'errors'} of before {'is' if count == 1 else 'are'} still there.")
    if verdict.timings:
        lines.append("Time: " + ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in verdict.timings.items()) + ".")
    paragraphs = [" ".join(lines)]
    paragraphs += [_diagnostic(diagnostic) for diagnostic in verdict.diagnostics]
    if verdict.lints:
        items = [f"- `{lint.path}:{lint.line}` ({lint.name}): {lint.message}" for lint in verdict.lints]
        paragraphs.append("Look twice at this, whatever the build says:\n\n" + "\n".join(items))
    return "\n\n".join(paragraphs)


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _diagnostic(diagnostic: Diagnostic) -> str:
    place = f"`{diagnostic.path}:{diagnostic.line}:{diagnostic.column}`" if diagnostic.path else "no file"
    code = f" ({diagnostic.code})" if diagnostic.code else ""
    return f"{diagnostic.severity.capitalize()}{code} at {place}:\n\n{_fenced(diagnostic.message, 'text')}"


def render_change(patch: Patch, change: FileChange, level: int = 3) -> str:
    """One file's diff below its heading; empty for the deletion that is half of a rename."""
    origin = next((c for c in patch.changes if c.path == change.moved_from and c.after is None), None)
    if change.after is None and any(c.moved_from == change.path for c in patch.changes):
        return ""  # shown where it went
    counts = stat(Patch((change,)))[change.path]
    what = " (new)" if change.before is None else " (deleted)" if change.after is None else ""
    what = f" (was {change.moved_from})" if origin else what
    diff = unified(Patch.of((change, origin) if origin else (change,)), heading)
    return f"{'#' * level} {change.path}{what}: +{counts[0]} −{counts[1]}\n\n{_fenced(diff, 'diff')}"


def _complaints(proposal: Proposal) -> list[str]:
    if not proposal.complaints:
        return []
    items = [
        f"- {f'`{complaint.path}`: ' if complaint.path else ''}{' '.join(complaint.message.split())}"
        for complaint in proposal.complaints
    ]
    return ["## What of the answer could not be used", "\n".join(items)]


def _shown(proposal: Proposal) -> list[str]:
    shown = proposal.best.draft.shown if proposal.best else ()
    if not shown:
        return []
    items = [
        f"- `{piece.path}{'' if piece.aside else f':{piece.first_line}-{piece.last_line}'}` ({piece.tokens} tokens): {' '.join(piece.why.split())}"
        for piece in shown[:_MOST_SHOWN]
    ]
    more = [f"- and {len(shown) - _MOST_SHOWN} more"] if len(shown) > _MOST_SHOWN else []
    return [f"## What the model was shown: {sum(piece.tokens for piece in shown)} tokens", "\n".join((*items, *more))]


def _output(verdict: Verdict | None) -> list[str]:
    if verdict is None or not verdict.output.strip():
        return []
    output = verdict.output.strip("\n")
    if len(output) > _LONGEST_OUTPUT:
        output = f"{output[:_LONGEST_OUTPUT]}\n… {len(output) - _LONGEST_OUTPUT} characters more"
    return ["## Build output", _fenced(output, "text")]


def _refine(proposal: Proposal, wish: str) -> str:
    return f"Write what should be different behind `AID:` below, save the page, and run `AID: refine proposal {proposal.id}`.\n\nAID: {wish}"


def _quote(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _fenced(text: str, language: str) -> str:
    """A code block that its content cannot end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip(chr(10))}\n{fence}"
