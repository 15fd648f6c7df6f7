"""A scripted server under the real daemon: text sync, and commands that tell on paper what was run.

    python -m tests.support.backend --root DIR --socket FILE [--journal FILE] [--version V] [--die HOW] [--slow SECONDS] [--stdio]

`--die start`: at once. `--die file:FILE`: at once, if FILE exists. `--die initialize`: when asked to initialize. `--die once:FILE`: the first time only, before initialize is
answered; FILE remembers. A document with the word POISON kills it when it is opened. A command is written to the journal before
it is answered:

    aid.note KEY    writes KEY and answers with {"job": KEY}          aid.die     ends the process
    aid.silent KEY  writes KEY and never answers                       aid.work    begins progress and goes on for ever
    aid.rest        ends that progress
    aid.ask METHOD  asks the server of --with, answers with its answer

Texts are kept as plainly as possible, by none of our own code.
"""

import argparse
import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from aid_lsp.front.wire import items, table
from aid_lsp.server.daemon import Greeting, Options, Server, prepare_process, read_options, serve

CAPABILITIES: dict[str, Any] = {
    "positionEncoding": "utf-16",
    "textDocumentSync": {"openClose": True, "change": 2, "save": {"includeText": False}},
    "codeActionProvider": True,
    "hoverProvider": True,
    "executeCommandProvider": {"commands": ["aid.note", "aid.silent", "aid.die", "aid.work", "aid.ask"]},
}


class Script:
    """One conversation."""

    def __init__(
        self, bodies: AsyncIterator[bytes], write: Callable[[bytes], None], greeting: Greeting, knobs: argparse.Namespace
    ) -> None:
        self.busy = False
        self.editor = ""
        self._bodies = bodies
        self._write = write
        self._greeting = greeting
        self._knobs = knobs
        self._texts: dict[str, tuple[int | None, str]] = {}
        self._waiting: dict[str, int | str] = {}
        self._told: list[str] = []
        self._encoding = "utf-16"

    def part(self) -> None:
        pass

    async def run(self) -> None:
        async for body in self._bodies:
            message = json.loads(body)
            if message.get("method") == "exit":
                return
            if self._knobs.slow and message.get("method") == "initialize":
                await asyncio.sleep(self._knobs.slow)
            self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        method: Any = message.get("method")
        params: dict[str, Any] = message.get("params") or {}
        self._told.append(method or "response")
        if method is None:
            waiting = self._waiting.pop(str(message.get("id")), None)
            if waiting is not None:
                self._answer(waiting, message.get("result", message.get("error")))
        elif "id" in message:
            self._question(message["id"], method, params)
        elif method == "textDocument/didOpen":
            item = params["textDocument"]
            if "POISON" in item["text"]:
                os._exit(7)
            self._texts[item["uri"]] = (item.get("version"), item["text"])
        elif method == "textDocument/didChange":
            item = params["textDocument"]
            text = self._texts[item["uri"]][1]
            for change in params["contentChanges"]:
                text = edit(text, change, self._encoding)
            self._texts[item["uri"]] = (item.get("version"), text)
            self._send({"method": "test/changed", "params": {"uri": item["uri"], "version": item.get("version")}})
        elif method == "textDocument/didClose":
            self._texts.pop(params["textDocument"]["uri"], None)

    def _question(self, message_id: int | str, method: str, params: dict[str, Any]) -> None:
        match method:
            case "initialize":
                self._die_in_initialize()
                self.editor = str(table(params.get("clientInfo")).get("name", ""))
                encodings = items(table(params["capabilities"].get("general")).get("positionEncodings")) or ["utf-16"]
                self._encoding = str(encodings[0])
                capabilities: dict[str, Any] = {
                    **CAPABILITIES,
                    "positionEncoding": encodings[0],
                    **json.loads(self._knobs.capabilities),
                }
                self._answer(message_id, {"capabilities": capabilities, "serverInfo": {"name": "script"}})
            case "shutdown":
                self._answer(message_id, None)
            case "workspace/executeCommand":
                self._command(message_id, params["command"], params.get("arguments") or [None])
            case "test/text" | "$aid/text":
                version, text = self._texts.get(params["uri"], (None, None))
                self._answer(message_id, None if text is None else {"version": version, "text": text})
            case "test/told":
                self._answer(message_id, {"pid": os.getpid(), "session": self._greeting.session, "told": self._told})
            case "test/register":
                self._send({"id": f"r{message_id}", "method": "client/registerCapability", "params": params})
                self._waiting[f"r{message_id}"] = message_id
            case "test/say":
                for said in params["messages"]:
                    self._send(said)
                self._answer(message_id, None)
            case "textDocument/hover":
                _, text = self._texts.get(params["textDocument"]["uri"], (None, ""))
                if params.get("die"):
                    os._exit(7)
                once = params.get("silentOnce")
                if once and not Path(once).exists():
                    Path(once).touch()
                else:
                    self._answer(message_id, {"contents": str(len(text))})
            case "textDocument/codeAction":
                self._answer(message_id, [{"title": "AID: note", "command": {"title": "n", "command": "aid.note"}}])
            case "textDocument/references":
                pass
            case _:
                self._send({"id": message_id, "error": {"code": -32601, "message": method}})

    def _command(self, message_id: int | str, name: str, arguments: list[Any]) -> None:
        if name in ("aid.note", "aid.silent") and self._knobs.journal:
            with Path(self._knobs.journal).open("a") as journal:
                journal.write(f"{arguments[0]}\n")
        match name:
            case "aid.note":
                self._answer(message_id, {"job": arguments[0]})
            case "aid.die":
                os._exit(7)
            case "aid.work":
                self.busy = True
                self._send({"id": "token", "method": "window/workDoneProgress/create", "params": {"token": "work"}})
                self._send({"method": "$/progress", "params": {"token": "work", "value": {"kind": "begin", "title": "work"}}})
                self._answer(message_id, {"job": "work"})
            case "aid.rest":
                self.busy = False
                self._send({"method": "$/progress", "params": {"token": "work", "value": {"kind": "end"}}})
                self._answer(message_id, None)
            case "aid.ask":
                self._waiting["ask"] = message_id
                self._send({"id": "ask", "method": "$aid/ask", "params": {"method": arguments[0], "params": {}}})
            case _:
                pass

    def _die_in_initialize(self) -> None:
        how, _, memory = self._knobs.die.partition(":")
        if how == "initialize" or (how == "once" and not Path(memory).exists()):
            if memory:
                Path(memory).touch()
            os._exit(7)

    def _answer(self, message_id: int | str, result: object) -> None:
        self._send({"id": message_id, "result": result})

    def _send(self, fields: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **fields}).encode()
        self._write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))


def edit(text: str, change: dict[str, Any], encoding: str = "utf-16") -> str:
    """Applies one change of a didChange, by the plainest means."""
    codec, size = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[encoding]
    if change.get("range") is None:
        return change["text"]
    lines = text.replace("\r\n", "\n\0").replace("\r", "\n\1").split("\n")  # \0 and \1 stand for what the \n was made of

    def offset(position: dict[str, int]) -> int:
        before = "".join(f"{line}\n" for line in lines[: position["line"]])
        line = lines[position["line"]] if position["line"] < len(lines) else ""
        mark, line = (line[0], line[1:]) if line[:1] in ("\0", "\1") else ("", line)
        units = line.encode(codec, "surrogatepass")[: size * position["character"]]
        shown = before + mark + units.decode(codec, "surrogatepass")
        return len(shown.replace("\n\0", "\r\n").replace("\n\1", "\r"))

    start, end = offset(change["range"]["start"]), offset(change["range"]["end"])
    return text[:start] + change["text"] + text[end:]


async def _over_pipes(knobs: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)

    async def bodies() -> AsyncIterator[bytes]:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                header = await reader.readuntil(b"\r\n\r\n")
                yield await reader.readexactly(int(header.split(b":")[1]))

    def write(data: bytes) -> None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    await Script(bodies(), write, Greeting("", "", Path(), False), knobs).run()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--journal", default="")
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument("--die", default="")
    parser.add_argument("--slow", type=float, default=0.0)
    parser.add_argument("--idle-s", type=float, default=None)
    parser.add_argument("--capabilities", default="{}")
    parser.add_argument("--stdio", action="store_true")
    knobs, rest = parser.parse_known_args()
    if knobs.die == "start" or (knobs.die.startswith("file:") and Path(knobs.die[5:]).exists()):
        sys.stderr.write("RuntimeError: no start today\n")
        return 7
    prepare_process()
    if knobs.stdio:
        asyncio.run(_over_pipes(knobs))
        return 0
    options: Options = read_options(rest)
    if knobs.idle_s is not None:
        options = replace(options, idle_s=knobs.idle_s)
    return serve(
        options, lambda: Server(lambda bodies, write, greeting: Script(bodies, write, greeting, knobs)), version=knobs.version
    )


if __name__ == "__main__":
    raise SystemExit(main())
