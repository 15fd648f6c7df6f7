import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from aid_lsp.context.engine import Engine
from aid_lsp.edits.lines import Span
from aid_lsp.settings import ContextSettings
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import View
from tests.support.openai_server import OpenAIServer

FILLER = "".join(f"let filler{n} = {n}\n" for n in range(200))
FILES = {
    "a.ml": "let here = 1\n" + FILLER + "let velocity = 2\n",
    "b.ml": 'let token = "ghp_' + "a" * 36 + '"\nlet speedy = 3\n',
}


def meaning(text: str) -> list[float]:
    """Speed on one axis, all else on the other."""
    return [1.0, 0.1] if "velocity" in text or "speed" in text else [0.0, 1.0]


def laid_out(root: Path) -> Path:
    for path, text in FILES.items():
        root.mkdir(exist_ok=True)
        (root / path).write_text(text)
    return root


async def shown(engine: Engine) -> dict[str, str]:
    view = await asyncio.to_thread(View.freeze, engine.root)
    request = Request("more speed", view, Place("a.ml", Span(4, 4)))
    return {snippet.text: snippet.why for snippet in await engine.gather(request, 250)}


async def test_what_is_meant_is_found_and_asked_for_once(tmp_path: Path) -> None:
    root = laid_out(tmp_path / "tree")
    async with OpenAIServer(vector=meaning) as server:
        engine = Engine(root, tmp_path / "index.db")
        assert "let velocity = 2\n" not in await shown(engine)
        assert server.requests == []
        engine.settings = ContextSettings(
            embeddings="small", embeddings_url=server.url, embeddings_key="k", embeddings_timeout_s=60
        )
        assert (await shown(engine))["let velocity = 2\n"] == "means what is asked for; near the place"
        asked = len(server.requests)
        assert {request.path for request in server.requests} == {"/v1/embeddings"}
        assert {request.headers["authorization"] for request in server.requests} == {"Bearer k"}
        assert {request.body["model"] for request in server.requests} == {"small"}
        assert "ghp_" not in str([request.body for request in server.requests])
        await engine.close()
        engine = Engine(root, tmp_path / "index.db", engine.settings)
        assert "let velocity = 2\n" in await shown(engine)
        assert len(server.requests) == asked
        await engine.close()


def nothing(_: str) -> list[float]:
    return []


@pytest.mark.parametrize("vector", [None, nothing], ids=["no such server", "empty vectors"])
async def test_without_an_answer_the_others_find_what_they_find(
    vector: Callable[[str], list[float]] | None, tmp_path: Path
) -> None:
    root = laid_out(tmp_path / "tree")
    async with OpenAIServer(vector=vector) as server:
        engine = Engine(root, None, ContextSettings(embeddings="small", embeddings_url=server.url, embeddings_timeout_s=60))
        assert "let here = 1" in "".join(await shown(engine))
        await engine.close()


async def test_a_server_that_is_silent_costs_its_seconds_and_no_more(tmp_path: Path) -> None:
    root = laid_out(tmp_path / "tree")
    held: list[asyncio.StreamWriter] = []

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    engine = Engine(root, None, ContextSettings(embeddings="small", embeddings_url=url, embeddings_timeout_s=0.05))
    async with asyncio.timeout(60):
        assert "let here = 1" in "".join(await shown(engine))
    assert held
    await engine.close()
    for writer in held:
        writer.close()
        await writer.wait_closed()
    server.close()
    await server.wait_closed()
