"""What the front adds to a round trip: the same questions through it and straight to the daemon's socket, in turns."""

import asyncio
import json
import time

from aid_lsp.front.wire import hello
from benchmarks.front.site import Site, new_site
from benchmarks.report import Report, below, milliseconds, quantile
from tests.support.lsp_client import Client

_URI = "file:///a.ml"
_HOVER = {"textDocument": {"uri": _URI}, "position": {"line": 0, "character": 0}}


async def measure(report: Report) -> None:
    """Runs it."""
    rounds = 1000 if report.quick else 5000
    with new_site() as site:
        async with site.front(scripted=True) as client:
            await client.initialize(site.root)
            await _ask(client)  # the daemon is up
            straight = await _Straight.connect(site)
            through: list[float] = []
            bare: list[float] = []
            for _ in range(rounds):
                bare.append(await straight.ask())
                through.append(await _ask(client))
            straight.close()
    added = [quantile(through, part) - quantile(bare, part) for part in (0.5, 0.95)]
    report.table(
        f"Round trip of a question ({rounds} each, in turns)",
        [
            ("through the front, p50, p95", f"{milliseconds(quantile(through, 0.5))}, {milliseconds(quantile(through, 0.95))}"),
            (
                "limit: the daemon's socket, p50, p95",
                f"{milliseconds(quantile(bare, 0.5))}, {milliseconds(quantile(bare, 0.95))}",
            ),
            ("the front adds, p50, p95", f"{milliseconds(added[0])}, {milliseconds(added[1])}"),
        ],
    )
    report.bars.append(below("relay-adds-p95", added[1] * 1000, 1, " ms"))


async def _ask(client: Client) -> float:
    began = time.perf_counter()
    await client.ask("textDocument/hover", _HOVER)
    return time.perf_counter() - began


class _Straight:
    """A connection to the daemon without a front."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._count = 0

    @staticmethod
    async def connect(site: Site) -> "_Straight":
        reader, writer = await asyncio.open_unix_connection(str(site.place.socket))
        straight = _Straight(reader, writer)
        writer.write(hello(str(site.root), "0.0.1", "straight").frame)
        await straight._read()
        await straight.ask("initialize", {"capabilities": {}})
        return straight

    async def ask(self, method: str = "textDocument/hover", params: object = _HOVER) -> float:
        self._count += 1
        body = json.dumps({"jsonrpc": "2.0", "id": self._count, "method": method, "params": params}).encode()
        began = time.perf_counter()
        self._writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        await self._read()
        return time.perf_counter() - began

    def close(self) -> None:
        self._writer.close()

    async def _read(self) -> object:
        header = await self._reader.readuntil(b"\r\n\r\n")
        return json.loads(await self._reader.readexactly(int(header.split(b":")[1])))
