"""`aid doctor`: what AID finds on this machine, and what to do about what is missing."""

import argparse
import asyncio
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from aid_lsp import __version__
from aid_lsp.app import Workspace, open_workspace
from aid_lsp.build.artefacts import OCCURRENCES_SINCE
from aid_lsp.build.toolchain import Toolchain, dotted, find_toolchain
from aid_lsp.ces.judge import LaneJudge
from aid_lsp.ces.sandbox import OFF, find_sandbox
from aid_lsp.cli import arguments
from aid_lsp.cli.render import paper
from aid_lsp.models.connect import HOW_TO_ADD_A_MODEL, reachable
from aid_lsp.ocaml.syntax import error_spans
from aid_lsp.settings import JudgeSettings, Settings, cache_folder, user_file
from aid_lsp.workspace.view import View

_MARKS = {"ok": ("ok  ", "green"), "note": ("note", "yellow"), "bad": ("BAD ", "red")}
_LITTLE_DISK = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: Literal["ok", "note", "bad"]
    """`note`: AID works, with less; `bad`: the main job does not work."""
    found: str
    advice: str = ""
    """What to do about it; empty if nothing."""


def add(commands: arguments.Commands) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "doctor",
        help="say what is there, what is missing, and what to do about it",
        description="Looks at the toolchain, dune and its RPC, the grammars, the model and AID's folders. "
        "Exit code 1 if something that the main job needs is missing.",
    )
    arguments.model(parser)
    arguments.common(parser)
    parser.set_defaults(run=run)


async def run(options: argparse.Namespace) -> int:
    """Looks at everything and prints what it found."""
    root = arguments.root_of(options)
    workspace = await open_workspace(root, command_line=arguments.overrides(options))
    try:
        settings = workspace.settings
        toolchain = await find_toolchain(settings.judge.dune, root)
        findings = [
            Finding("aid", "ok", f"{__version__}, Python {platform.python_version()}"),
            *_workspace(root),
            *_toolchain(toolchain),
            await _judge(toolchain, settings.judge),
            await _sandbox(toolchain, settings.judge),
            _grammars(),
            await _model(settings),
            *await asyncio.to_thread(lambda: list(_folders(workspace))),
            *(Finding("settings", "note", warning) for warning in settings.warnings),
        ]
    finally:
        await workspace.close()
    if options.json:
        print(
            json.dumps({"findings": [asdict(finding) for finding in findings], "usable": all(f.state != "bad" for f in findings)})
        )
    else:
        out = paper(sys.stdout, options.color)
        for finding in findings:
            mark, style = _MARKS[finding.state]
            out.line(f"{mark} {finding.what:11} {finding.found}", style if finding.state != "ok" else "")
            for line in finding.advice.split("\n") if finding.advice else ():
                out.line(f"                 {line}")
    return 1 if any(finding.state == "bad" for finding in findings) else 0


def _workspace(root: Path) -> Iterator[Finding]:
    if any((root / name).is_file() for name in ("dune-project", "dune-workspace", "dune")):
        yield Finding("workspace", "ok", str(root))
    else:
        yield Finding(
            "workspace",
            "note",
            f"{root} has no dune-project",
            "Run AID in a dune project, or give --root; without one nothing is built.",
        )


def _toolchain(toolchain: Toolchain) -> Iterator[Finding]:
    if toolchain.command:
        yield Finding("dune", "ok", f"{dotted(toolchain.dune_version)} ({' '.join(toolchain.command)})")
    if toolchain.ocaml_version:
        exact = toolchain.ocaml_version >= OCCURRENCES_SINCE
        yield Finding(
            "ocaml",
            "ok" if exact else "note",
            dotted(toolchain.ocaml_version),
            ""
            if exact
            else f"From OCaml {dotted(OCCURRENCES_SINCE)} on, with dune 3.17, renames are exact; here they go by syntax.",
        )
    for piece in toolchain.missing:
        yield Finding(piece.name, "bad" if piece.needed else "note", "missing", piece.advice)


async def _judge(toolchain: Toolchain, settings: JudgeSettings) -> Finding:
    """Judges a project of one line for real: dune starts, its RPC answers, a build comes out green."""
    if not toolchain.usable:
        return Finding("judge", "bad", "nothing can be built", toolchain.problem)
    with tempfile.TemporaryDirectory(prefix="aid-doctor-") as name:
        root = Path(name, "project")
        await asyncio.to_thread(_make_project, root)
        judge = LaneJudge(root, Path(name, "lane"), settings)
        started = time.monotonic()
        try:
            verdict = await judge.baseline(await asyncio.to_thread(View.freeze, root))
        finally:
            await judge.close()
    seconds = time.monotonic() - started
    if not verdict.green:
        return Finding("judge", "bad", f"a project of one line is {verdict.state}", verdict.note or verdict.output)
    way = "over dune's RPC" if toolchain.rpc else "by one-shot builds"
    return Finding("judge", "ok", f"builds a project of one line {way} in {seconds:.1f} s", verdict.note)


async def _sandbox(toolchain: Toolchain, settings: JudgeSettings) -> Finding:
    sandbox = OFF if settings.sandbox == "off" or not toolchain.usable else await find_sandbox(toolchain.command)
    if sandbox:
        return Finding("sandbox", "ok", f"proposals are built without network, their lane alone writable ({sandbox.program})")
    why = sandbox.problem if toolchain.usable else "nothing can be built"
    lacking = "Without it a proposal's dune rules and tests run with your rights."
    return Finding("sandbox", "note", f"none: {why}", f"{lacking}\n{sandbox.advice}" if toolchain.usable else "")


def _make_project(root: Path) -> None:
    root.mkdir()
    (root / "dune-project").write_text("(lang dune 2.0)\n")
    (root / "dune").write_text("(library (name well))\n")
    (root / "well.ml").write_text("let well = true\n")


def _grammars() -> Finding:
    broken = [path for path, text in (("a.ml", "let x = 1\n"), ("a.mli", "val x : int\n")) if error_spans(text, path)]
    if broken:
        return Finding(
            "grammars", "bad", "do not parse a line of OCaml", "Install AID again: tree-sitter-ocaml does not fit tree-sitter."
        )
    return Finding("grammars", "ok", "ocaml, ocaml_interface")


async def _model(settings: Settings) -> Finding:
    if not settings.model.configured:
        return Finding(
            "model", "note", "none: recipes alone", f"{HOW_TO_ADD_A_MODEL}\nor the same as `[model]` in {user_file()}."
        )
    problem = await reachable(settings.model)
    if problem:
        return Finding("model", "note", f"{settings.model.name} cannot be asked", problem)
    return Finding("model", "ok", settings.model.name)


def _folders(workspace: Workspace) -> Iterator[Finding]:
    for what, folder in (("state", workspace.state), ("lanes", cache_folder() / "lanes")):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            free = shutil.disk_usage(folder).free
        except OSError as error:
            yield Finding(
                what,
                "bad",
                f"{folder}: {error.strerror}",
                "Make it writable, or name other folders with AID_STATE and AID_CACHE.",
            )
            continue
        if not os.access(folder, os.W_OK):
            yield Finding(
                what, "bad", f"{folder} is not writable", "Make it writable, or name other folders with AID_STATE and AID_CACHE."
            )
        elif free < _LITTLE_DISK:
            yield Finding(
                what,
                "note",
                f"{folder}: {free >> 20} MiB free",
                "Make room: a lane holds a copy of the workspace and its _build.",
            )
        else:
            yield Finding(what, "ok", str(folder))
