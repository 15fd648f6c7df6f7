"""The tiers that need no build: does the patch fit the view, do the touched files parse."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from aid_lsp.build.diagnostics import parse_output
from aid_lsp.edits.lines import Lines
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.errors import OutsideWorkspace
from aid_lsp.ocaml.names import is_ocaml
from aid_lsp.ocaml.syntax import error_spans
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.ignore import writable_path
from aid_lsp.workspace.view import View

_PREPROCESSED = re.compile(r"^\s*#\s*(if|ifdef|ifndef|define|include)\b", re.MULTILINE)
"""Text for cppo or the like: not OCaml yet."""
_PARSE_S = 10.0


def misfits(view: View, patch: Patch) -> tuple[Diagnostic, ...]:
    """Why the patch cannot be applied to the view; empty where it can."""
    return tuple(
        Diagnostic(change.path, 1, 0, 1, 0, "error", problem) for change in patch.changes if (problem := _misfit(view, change))
    )


def _misfit(view: View, change: FileChange) -> str:
    try:
        writable_path(view.root, change.path)
    except OutsideWorkspace as error:
        return str(error)
    there = view.text(change.path)
    if change.before is None:
        if there is not None:
            return "The patch creates this file, but it is there already."
        if any(path.startswith(f"{change.path}/") for path in view.paths()):
            return "The patch creates this file, but there is a folder of that name."
        parents = change.path.split("/")[:-1]
        for depth in range(1, len(parents) + 1):
            if view.text("/".join(parents[:depth])) is not None:
                return f"The patch creates this file below {'/'.join(parents[:depth])!r}, which is a file."
        return ""
    if there is None:
        return "The patch changes this file, but there is no such file."
    if there != change.before:
        return "The patch was made for another text of this file; make it anew from the present text."
    return ""


def doubtful(patch: Patch) -> tuple[FileChange, ...]:
    """The touched files that tree-sitter parses worse than before; only a compiler knows for certain."""
    return tuple(
        change
        for change in patch.changes
        if change.after is not None
        and is_ocaml(change.path)
        and len(error_spans(change.after, change.path)) > (len(error_spans(change.before, change.path)) if change.before else 0)
    )


def syntax_errors(changes: Sequence[FileChange]) -> tuple[Diagnostic, ...]:
    """What tree-sitter has to say of files; for where there is no compiler to ask."""
    found: list[Diagnostic] = []
    for change in changes:
        text = change.after or ""
        lines = Lines(text)
        known = {span.of(change.before) for span in error_spans(change.before, change.path)} if change.before else set[str]()
        for span in error_spans(text, change.path):
            if span.of(text) in known and span.of(text):
                continue
            (line, column), (end_line, end_column) = lines.position(span.start, "utf-8"), lines.position(span.end, "utf-8")
            found.append(Diagnostic(change.path, line + 1, column, end_line + 1, end_column, "error", "Syntax error"))
    return tuple(found)


async def parsed(ocamlc: Sequence[str], changes: Sequence[FileChange]) -> tuple[Diagnostic, ...]:
    """What the compiler's own parser has to say of files that it could parse before, or that are new."""
    candidates = [
        (change.path, change.before, change.after)
        for change in changes
        if change.after is not None and is_ocaml(change.path) and not _PREPROCESSED.search(change.after)
    ]
    found: list[Diagnostic] = []
    if not candidates:
        return ()
    folder = await asyncio.to_thread(lambda: Path(tempfile.mkdtemp(prefix="aid-parse-")))
    try:
        for path, before, after in candidates:
            errors = await _parse(ocamlc, folder, path, after)
            if errors and (before is None or not await _parse(ocamlc, folder, path, before)):
                found += errors
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, True)
    return tuple(found)


async def _parse(ocamlc: Sequence[str], folder: Path, path: str, text: str) -> tuple[Diagnostic, ...]:
    source = folder / f"source{Path(path).suffix}"
    await asyncio.to_thread(source.write_bytes, text.encode("utf-8", "surrogateescape"))
    try:
        process = await asyncio.create_subprocess_exec(
            *ocamlc,
            "-stop-after",
            "parsing",
            "-color",
            "never",
            "-w",
            "-a",
            "-c",
            "-intf" if path.endswith(".mli") else "-impl",
            source.name,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError:
        return ()
    try:
        async with asyncio.timeout(_PARSE_S):
            _, said = await process.communicate()
    except TimeoutError:
        return ()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 0:
        return ()
    output = said.decode("utf-8", "replace").replace(f'File "{source.name}"', f'File "{path}"')
    return tuple(one for one in parse_output(output, folder) if one.severity == "error" and one.path == path)
