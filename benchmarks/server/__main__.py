"""What the server takes for a keystroke, code actions, a command, a question and its own part of a proposal; its memory."""

import argparse
import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aid_lsp.app import name_of
from aid_lsp.proposals.ledger import Ledger
from benchmarks.front.site import PROFILE, Site, new_site
from benchmarks.report import Report, below, machine, memory_mb, milliseconds, quantile
from benchmarks.server.page import ask_on_page
from benchmarks.workspace import generate
from tests.support.lsp_client import Client
from tests.support.openai_server import OpenAIServer

_PATIENCE_S = 900.0
_DUNE = ("type", "build", "test", "baseline", "parse")
"""The stages of a verdict in which dune or the compiler works."""


@dataclass(slots=True)
class _Editor:
    """A client with one workspace, and what it has open."""

    client: Client
    site: Site
    texts: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    versions: dict[str, int] = field(default_factory=dict[str, int])

    def uri(self, path: str) -> str:
        return (self.site.root / path).as_uri()

    def open(self, path: str, text: str | None = None) -> None:
        text = (self.site.root / path).read_text("utf-8") if text is None else text
        self.texts[path], self.versions[path] = text.split("\n"), 1
        document = {"uri": self.uri(path), "languageId": "ocaml", "version": 1, "text": text}
        self.client.notify("textDocument/didOpen", {"textDocument": document})

    def type(self, path: str, line: int, column: int, text: str) -> None:
        """One keystroke."""
        self.versions[path] += 1
        place = {"line": line, "character": column}
        self.client.notify(
            "textDocument/didChange",
            {
                "textDocument": {"uri": self.uri(path), "version": self.versions[path]},
                "contentChanges": [{"range": {"start": place, "end": place}, "text": text}],
            },
        )
        row = self.texts[path][line]
        self.texts[path][line] = row[:column] + text + row[column:]

    async def actions(self, path: str, line: int) -> float:
        """Asks for the code actions at a line; seconds."""
        place = {"line": line, "character": 4}
        began = time.perf_counter()
        await self.client.request(
            "textDocument/codeAction",
            {"textDocument": {"uri": self.uri(path)}, "range": {"start": place, "end": place}, "context": {"diagnostics": []}},
        )
        return time.perf_counter() - began

    async def command(self, name: str, **argument: Any) -> Any:
        return await self.client.request("workspace/executeCommand", {"command": name, "arguments": [argument]})

    @property
    def daemon_mb(self) -> float:
        with contextlib.suppress(OSError, ValueError):
            return memory_mb(int(self.site.place.lock.read_text()))
        return 0.0


@asynccontextmanager
async def _editor(lines: int, env: dict[str, str] | None = None) -> AsyncGenerator[tuple[_Editor, list[str]]]:
    with new_site() as site:
        paths = await asyncio.to_thread(generate, site.root, lines)
        site.env.update(env or {})
        async with site.front(scripted=False) as client:
            await client.initialize(site.root, PROFILE)
            yield _Editor(client, site), paths


async def _keystrokes(report: Report) -> None:
    """Time a keystroke in a file of 1 MB: many, then a question; all of it divided by their number."""
    count = 300 if report.quick else 2000
    async with _editor(2_000) as (editor, paths):
        line = "let step value = if value > 1 then value + 1 else value (* é *)\n"
        editor.open(paths[0], line * (1_000_000 // len(line.encode())))
        await editor.actions(paths[0], 1)
        rows = len(editor.texts[paths[0]])
        began = time.perf_counter()
        for _ in range(count):
            editor.type(paths[0], random.randrange(rows - 1), 3, "x")
        await editor.client.request("workspace/executeCommand", {"command": "aid.status", "arguments": []})
        each = (time.perf_counter() - began) / count
    report.table(f"A keystroke in a file of 1 MB ({count} of them)", [("each", milliseconds(each))])
    report.bars.append(below("keystroke-1mb", each * 1000, 2, " ms"))


async def _code_actions(report: Report) -> None:
    """Code actions at random lines of files of 500 lines, a keystroke before each."""
    count = 60 if report.quick else 400
    took: list[float] = []
    async with _editor(20_000) as (editor, paths):
        opened = paths[:8]
        for path in opened:
            editor.open(path)
        first = await editor.actions(opened[0], 1)
        for _ in range(count):
            path = random.choice(opened)
            line = random.randrange(len(editor.texts[path]) - 1)
            editor.type(path, 0, 0, " ")
            took.append(await editor.actions(path, line))
    report.table(
        f"Code actions ({count} requests, a keystroke before each)",
        [
            ("p50, p95", f"{milliseconds(quantile(took, 0.5))}, {milliseconds(quantile(took, 0.95))}"),
            ("the first one after the start", milliseconds(first)),
        ],
    )
    report.bars.append(below("code-action-p95", quantile(took, 0.95) * 1000, 20, " ms"))


async def _proposals(report: Report) -> None:
    """A model that answers at once changes a leaf of a large workspace; what is neither model nor dune is AID's own."""
    lines, rounds = (20_000, 5) if report.quick else (200_000, 20)
    own: list[float] = []
    reaction: list[float] = []
    stages: dict[str, list[float]] = {}
    async with OpenAIServer() as server:
        # The first proposal builds the lane: its build may take as long as it likes.
        env = {
            "AID_MODEL": "scripted",
            "AID_MODEL_URL": server.url,
            "AID_JUDGE_TIER": "build",
            "AID_JUDGE_TIMEOUT_S": f"{_PATIENCE_S:.0f}",
        }
        async with _editor(lines, env) as (editor, paths):
            leaf = paths[-1]
            editor.open(leaf)
            await editor.actions(leaf, 1)
            idle = editor.daemon_mb
            for number in range(rounds + 1):
                old = f"let other = {_used(editor, leaf)}.step{number + 1} 0 in"
                new = old.replace(" 0 in", f" {number + 7} in")
                server.enqueue(f"{leaf}\n<<<<<<< SEARCH\n  {old}\n=======\n  {new}\n>>>>>>> REPLACE\n")
                start = len(editor.client.received)
                began = time.perf_counter()
                await editor.command("aid.change", uri=editor.uri(leaf), instruction=f"use {number + 7} in step{number + 1}")
                await _progress(editor, "begin", start)
                shown = time.perf_counter() - began
                await _progress(editor, "end", start)
                whole = time.perf_counter() - began
                timings = _timings(editor.site)
                if number:  # the first one builds the lane and imports the model library
                    own.append(whole - sum(timings.get(stage, 0.0) for stage in (*_DUNE, "ask")))
                    reaction.append(shown)
                    for stage, seconds in timings.items():
                        stages.setdefault(stage, []).append(seconds)
            busy = editor.daemon_mb
    report.table(
        f"A proposal in a workspace of {lines // 1000} kLOC ({rounds} of them, one leaf file)",
        [
            ("AID's own time, p50, p95", f"{milliseconds(quantile(own, 0.5))}, {milliseconds(quantile(own, 0.95))}"),
            ("command to first progress, p95", milliseconds(quantile(reaction, 0.95))),
            *((f"stage {stage}, p50", milliseconds(quantile(took, 0.5))) for stage, took in stages.items()),
            ("daemon idle", f"{idle:.0f} MB"),
            ("daemon after the proposals", f"{busy:.0f} MB"),
        ],
    )
    report.bars.append(below("first-progress-p95", quantile(reaction, 0.95) * 1000, 100, " ms"))
    report.bars.append(below("own-time-p95", quantile(own, 0.95) * 1000, 150, " ms"))
    report.bars.append(below("daemon-idle", idle, 120, " MB"))
    report.bars.append(below("daemon-open", busy, 400, " MB"))


async def _page(report: Report) -> None:
    """Questions on the conversation page."""
    async with OpenAIServer() as server:
        env = {"AID_MODEL": "scripted", "AID_MODEL_URL": server.url}
        async with _editor(2_000, env) as (editor, paths):
            editor.open(paths[0])
            await editor.actions(paths[0], 1)
            await ask_on_page(editor.client, server, editor.uri(paths[0]), report)


def _used(editor: _Editor, path: str) -> str:
    text = "\n".join(editor.texts[path])
    return text.partition("let other = ")[2].partition("let other = ")[2].partition(".step")[0]


async def _progress(editor: _Editor, kind: str, start: int) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            for message in editor.client.received[start:]:
                if message.get("method") == "$/progress" and message["params"]["value"].get("kind") == kind:
                    title = str(message["params"]["value"].get("title", "AID:"))
                    if kind == "end" or title.startswith("AID: use"):
                        return
            await asyncio.sleep(0.002)


def _timings(site: Site) -> dict[str, float]:
    """The last proposal's stages: the job's own, and the verdict's."""
    proposal = Ledger(Path(site.env["AID_STATE"]) / "workspaces" / name_of(site.root) / "proposals").all()[-1]
    assert proposal.verdict is not None
    assert proposal.green, proposal.verdict
    return {**proposal.timings, **proposal.verdict.timings}


_PARTS = {"keystrokes": _keystrokes, "actions": _code_actions, "proposals": _proposals, "page": _page}


def main() -> int:
    """Runs the parts; the exit status says whether all bars are met."""
    parser = argparse.ArgumentParser(prog="./dev bench server", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute, fewer rounds, 20 kLOC")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there, too")
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--only", choices=tuple(_PARTS), help="one part")
    options = parser.parse_args()
    report = Report(options.seed, options.quick)
    print(f"server: seed {report.seed}, {machine()}")
    random.seed(report.seed)
    for name, measure in _PARTS.items():
        if options.only in (None, name):
            asyncio.run(measure(report))
    return 0 if report.finish(options.json) else 1


if __name__ == "__main__":
    raise SystemExit(main())
