"""From the start of `aid lsp` to the answer of `initialize`: with the daemon up, and with none; and the front's memory."""

import sys
import time
from typing import Any

from benchmarks.front.site import PROFILE, Site, new_site
from benchmarks.report import Report, below, memory_mb, milliseconds, quantile
from tests.support.lsp_client import Client

_ACTION: dict[str, Any] = {
    "range": {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 4}},
    "context": {"diagnostics": []},
}


async def measure(report: Report) -> None:
    """Runs it."""
    rounds = 10 if report.quick else 40
    with new_site() as site:
        first = await _start(site)
        warm = [(await _start(site))[0] for _ in range(rounds)]
        cold: list[tuple[float, float]] = []
        for _ in range(3 if report.quick else 10):
            site.stop()
            cold.append(await _start(site))
        site.stop()
        bare = [await _bare(site) for _ in range(rounds)]
        direct = [await _direct(site) for _ in range(3)]
        idle, loaded = await _memory(site)
    report.table(
        f"Start to the answer of initialize ({rounds} starts, real server)",
        [
            ("daemon up, median", milliseconds(quantile(warm, 0.5))),
            ("daemon up, p95", milliseconds(quantile(warm, 0.95))),
            ("no daemon, median", milliseconds(quantile([one for one, _ in cold], 0.5))),
            ("no daemon, slowest", milliseconds(max([first, *cold])[0])),
            ("no daemon, first code actions, median", milliseconds(quantile([two for _, two in cold], 0.5))),
            ("limit: a Python process that ends at once", milliseconds(quantile(bare, 0.5))),
            ("peer: the server as a child, no front", milliseconds(quantile(direct, 0.5))),
            ("front's memory, idle", f"{idle:.1f} MB"),
            ("front's memory, 1 MB document and 2,000 edits", f"{loaded:.1f} MB"),
        ],
    )
    report.bars += [
        below("start-warm", quantile(warm, 0.5) * 1000, 150, " ms"),
        below("start-cold", quantile([one for one, _ in cold], 0.5) * 1000, 1500, " ms"),
        below("front-memory", idle, 20, " MB"),
    ]


async def _start(site: Site) -> tuple[float, float]:
    """Seconds to the answer of initialize and to the first code actions."""
    began = time.perf_counter()
    async with site.front(scripted=False) as client:
        await client.initialize(site.root, PROFILE)
        initialized = time.perf_counter() - began
        await _first_actions(client, site)
        acted = time.perf_counter() - began
        await _leave(client)
    return initialized, acted


async def _first_actions(client: Client, site: Site) -> None:
    uri = (site.root / "lib" / "a.ml").as_uri()
    client.notify(
        "textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "ocaml", "version": 1, "text": "let x = 1\n"}}
    )
    await client.request("textDocument/codeAction", {"textDocument": {"uri": uri}, **_ACTION})


async def _leave(client: Client) -> None:
    await client.request("shutdown", None)
    client.notify("exit", None)
    await client.ended()


async def _bare(site: Site) -> float:
    began = time.perf_counter()
    async with Client.start([sys.executable, "-c", "pass"], env=site.env) as client:
        await client.ended()
    return time.perf_counter() - began


async def _direct(site: Site) -> float:
    began = time.perf_counter()
    async with Client.start([sys.executable, "-m", "aid_lsp.server.daemon", "--stdio"], env=site.env) as client:
        await client.initialize(site.root, PROFILE)
        took = time.perf_counter() - began
        await _leave(client)
    return took


async def _memory(site: Site) -> tuple[float, float]:
    """Of the front: after the first code actions, and with a large document that was edited for long."""
    async with site.front(scripted=False) as client:
        await client.initialize(site.root, PROFILE)
        await _first_actions(client, site)
        idle = memory_mb(client.process.pid)
        uri = (site.root / "lib" / "large.ml").as_uri()
        text = "let value = 12345 (* a line of code *)\n" * 26_000
        client.notify("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "ocaml", "version": 1, "text": text}})
        place = {"start": {"line": 9, "character": 4}, "end": {"line": 9, "character": 4}}
        for version in range(2, 2002):
            changes = [{"range": place, "text": "x"}]
            client.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": changes})
        await client.request("textDocument/codeAction", {"textDocument": {"uri": uri}, **_ACTION})
        loaded = memory_mb(client.process.pid)
        await _leave(client)
    return idle, loaded
