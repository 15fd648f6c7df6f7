"""A question on the conversation page, open in an editor: how soon something is seen, and how soon the first words."""

import asyncio
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from benchmarks.report import Report, below, milliseconds, quantile
from tests.support.lsp_client import Client, Json
from tests.support.openai_server import OpenAIServer

_ANSWER = "The value is computed once and kept. " * 40


class PageReader:
    """Has the page open: applies edits at once and says so, and knows when its text said something first."""

    def __init__(self, client: Client, uri: str, text: str) -> None:
        self.client, self.uri, self.text, self.version = client, uri, text, 1
        self.seen: list[tuple[float, str]] = []
        client.reply = self.reply
        document = {"uri": uri, "languageId": "markdown", "version": 1, "text": text}
        client.notify("textDocument/didOpen", {"textDocument": document})

    def reply(self, request: Json) -> object:
        if request["method"] != "workspace/applyEdit":
            return None
        edits: list[Any] = request["params"]["edit"]["documentChanges"][0]["edits"]
        starts = [0]
        for line in self.text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        for edit in reversed(edits):
            place = edit["range"]
            start, end = (starts[place[side]["line"]] + place[side]["character"] for side in ("start", "end"))
            self.text = self.text[:start] + edit["newText"] + self.text[end:]
        self.seen.append((time.perf_counter(), self.text))
        self.version += 1
        document = {"uri": self.uri, "version": self.version}
        self.client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": self.text}]})
        return {"applied": True}

    async def until_says(self, turn: int, words: str) -> float:
        """When AID's turn of that number, from 1, held these words first."""

        def said() -> float | None:
            for at, text in self.seen:
                turns = text.split("\n## AID, ")
                if len(turns) > turn and words in turns[turn]:
                    return at
            return None

        await self.client.until(lambda _: said() is not None)
        found = said()
        assert found is not None
        return found


async def ask_on_page(client: Client, server: OpenAIServer, uri: str, report: Report) -> None:
    """Asks again and again; the first question, which imports the model library, does not count."""
    rounds = 5 if report.quick else 40
    answered: list[float] = []
    reaction: list[float] = []
    words: list[float] = []

    async def command(name: str, **argument: Any) -> Any:
        return await client.request("workspace/executeCommand", {"command": name, "arguments": [argument]})

    page = await command("aid.page", uri=uri, open=False)
    text = await asyncio.to_thread(Path(unquote(urlsplit(page["uri"]).path)).read_text, "utf-8")
    reader = PageReader(client, page["uri"], text)
    for number in range(1, rounds + 2):
        server.enqueue(_ANSWER)
        began = time.perf_counter()
        await command("aid.ask", question=f"is it kept, and why, number {number}?", open=False)
        came = time.perf_counter()
        shown = await reader.until_says(number, "")
        first = await reader.until_says(number, "The value")
        await reader.until_says(number, _ANSWER.strip())
        if number > 1:
            answered.append(came - began)
            reaction.append(shown - began)
            words.append(first - began)
    report.table(
        f"A question on the open page ({rounds} of them, a model that answers at once)",
        [
            ("the command's answer, p95", milliseconds(quantile(answered, 0.95))),
            (
                "AID's turn is seen, p50, p95",
                f"{milliseconds(quantile(reaction, 0.5))}, {milliseconds(quantile(reaction, 0.95))}",
            ),
            ("the first words, p50, p95", f"{milliseconds(quantile(words, 0.5))}, {milliseconds(quantile(words, 0.95))}"),
        ],
    )
    report.bars.append(below("page-reaction-p95", quantile(reaction, 0.95) * 1000, 100, " ms"))
