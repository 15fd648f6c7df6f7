"""A client that never stops typing, and a daemon that is killed and restarted all the time.

After each kill the daemon's text has to be the editor's at that version, byte for byte; at the end every request must have been
answered once, and every command run once at most, and once if its answer said so.
"""

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aid_lsp.front import supervise
from benchmarks.front.site import PROFILE, Site, new_site
from benchmarks.report import Report, below, exactly, milliseconds, quantile
from tests.support.backend import edit
from tests.support.lsp_client import Client

_URI = "file:///soak.ml"
_PIECES = ("let x = 1\n", "é😋", "\f", "\r\n", "\u2028", "(* AID: *)", "", "x", "y", "\n")
_LONGEST = 20_000
_RESTARTED = (-32801, -32803)


@dataclass(slots=True)
class Typist:
    """An editor with one document; remembers the text of every version."""

    client: Client
    random: random.Random
    server: str
    """Which server: `scripted` or `real`."""
    texts: dict[int, str] = field(default_factory=dict[int, str])
    version: int = 0
    commands: dict[str, "asyncio.Future[dict[str, Any]]"] = field(default_factory=dict[str, "asyncio.Future[dict[str, Any]]"])
    reads: "list[asyncio.Future[dict[str, Any]]]" = field(default_factory=list["asyncio.Future[dict[str, Any]]"])

    def open(self) -> None:
        """Opens the document."""
        self.version = 1
        self.texts[1] = "let main () = ()\n"
        item = {"uri": _URI, "languageId": "ocaml", "version": 1, "text": self.texts[1]}
        self.client.notify("textDocument/didOpen", {"textDocument": item})

    async def work(self) -> None:
        """Types, asks and runs commands until it is cancelled."""
        while True:
            self.type()
            chance = self.random.random()
            if chance < 0.1 and self.server == "scripted":
                key = f"k{len(self.commands)}"
                self.commands[key] = self.client.ask("workspace/executeCommand", {"command": "aid.note", "arguments": [key]})
            elif chance < 0.3:
                self.reads.append(self.client.ask("textDocument/codeAction", {"textDocument": {"uri": _URI}, **_HERE}))
            elif chance < 0.35 and self.reads:
                self.client.notify("$/cancelRequest", {"id": self.random.choice(self.client.asked)})
            await asyncio.sleep(self.random.random() * 0.02)

    def type(self) -> None:
        """Types something somewhere."""
        text = self.texts[self.version]
        self.version += 1
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        ends = [self._place(lines)]
        ends.append(self._place(lines) if self.random.random() < 0.05 else ends[0])
        start, end = sorted(ends)
        place = {name: {"line": line, "character": column} for name, (line, column) in (("start", start), ("end", end))}
        change: dict[str, Any] = {"range": place, "text": self.random.choice(_PIECES)}
        if len(text) > _LONGEST or self.random.random() < 0.002:
            change = {"text": text[: _LONGEST // 2]}
        self.texts[self.version] = edit(text, change)
        changed = {"textDocument": {"uri": _URI, "version": self.version}, "contentChanges": [change]}
        self.client.notify("textDocument/didChange", changed)

    def _place(self, lines: list[str]) -> tuple[int, int]:
        """A line and a column in UTF-16, between two characters."""
        line = self.random.randrange(len(lines))
        before = lines[line][: self.random.randrange(len(lines[line]) + 1)]
        return line, len(before.encode("utf-16-le")) // 2

    async def same(self) -> bool:
        """Whether the daemon has the editor's text of some version that was not told before this question."""
        before = self.version
        while True:
            answer = await self.client.ask("$aid/text", {"uri": _URI})
            if "result" in answer:
                told = answer["result"]
                return told is not None and told["version"] >= before and told["text"] == self.texts[told["version"]]
            if answer["error"]["code"] not in _RESTARTED:
                return False

    async def gap(self) -> float:
        """Seconds until a question is answered."""
        began = time.perf_counter()
        while "error" in await self.client.ask("textDocument/codeAction", {"textDocument": {"uri": _URI}, **_HERE}):
            pass
        return time.perf_counter() - began


_HERE: dict[str, Any] = {
    "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}},
    "context": {"diagnostics": []},
}


async def measure(report: Report) -> None:
    """Runs it: the scripted server for the counts, the real one for the time of a restart as people see it."""
    kills, restarts = (25, 5) if report.quick else (500, 50)
    await _soak(report, "scripted", kills, restarts)
    await _soak(report, "real", *((3, 1) if report.quick else (50, 10)))


async def _soak(report: Report, server: str, kills: int, restarts: int) -> None:
    chance = random.Random(f"{report.seed}{server}")
    events = ["kill"] * kills + ["restart"] * restarts
    chance.shuffle(events)
    differing = 0
    gaps: list[float] = []
    with new_site() as site:
        async with site.front(scripted=server == "scripted", crashes=1_000_000) as client:
            await client.initialize(site.root, {**PROFILE, "general": {"positionEncodings": ["utf-16"]}})
            typist = Typist(client, chance, server)
            typist.open()
            await typist.gap()
            typing = asyncio.ensure_future(typist.work())
            for event in events:
                # At a random point: while it works, while it is being replayed to, while it starts.
                await asyncio.sleep(chance.random() * (0.6 if server == "scripted" else 2.0) * chance.choice((0.1, 1.0)))
                await _strike(site, event)
                if chance.random() < 0.15 and event == "kill":
                    await asyncio.sleep(chance.random() * 0.3)
                    await _strike(site, event)
                gaps.append(await typist.gap())
                differing += not await typist.same()
            typing.cancel()
            with suppress(asyncio.CancelledError):
                await typing
            differing += not await typist.same()
            await asyncio.gather(*typist.commands.values(), *typist.reads)
            await client.request("shutdown", None)
            client.notify("exit", None)
            await client.ended()
        ran = Counter(site.journal.read_text().split()) if site.journal.exists() else Counter[str]()
    asked = Counter(client.asked)
    unanswered = sum(client.answers[key] == 0 for key in asked)
    doubled = sum(count > 1 for count in client.answers.values())
    lost = sum("result" in waiting.result() and ran[key] != 1 for key, waiting in typist.commands.items())
    refused = sum("error" in waiting.result() for waiting in typist.commands.values())
    report.table(
        f"Soak, {server} server: {kills} SIGKILLs, {restarts} restarts, typing all the time",
        [
            ("changes typed", f"{typist.version}"),
            ("requests, commands among them", f"{len(client.asked)}, {len(typist.commands)}"),
            ("commands cut off and refused", f"{refused}"),
            (
                "gap until the next answer, median, p95, longest",
                ", ".join(milliseconds(each) for each in (quantile(gaps, 0.5), quantile(gaps, 0.95), max(gaps))),
            ),
        ],
    )
    report.bars += [
        exactly(f"{server}-texts-that-differ", differing, 0),
        exactly(f"{server}-requests-unanswered", unanswered, 0),
        exactly(f"{server}-requests-answered-twice", doubled, 0),
        below(f"{server}-gap-median", quantile(gaps, 0.5) * 1000, 2000, " ms"),
    ]
    if server == "scripted":
        report.bars += [
            exactly("commands-run-twice", sum(count > 1 for count in ran.values()), 0),
            exactly("commands-answered-but-not-run", lost, 0),
        ]


async def _strike(site: Site, event: str) -> None:
    if event == "kill":
        site.kill()
    else:
        await asyncio.to_thread(supervise.command, site.place, "restart", 5.0)
