import asyncio
from pathlib import Path

from aid_lsp.context.engine import Engine
from aid_lsp.context.strategy import gather
from aid_lsp.edits.lines import Span
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import Buffer, View

FILES = {
    "AGENTS.md": "Say why in commits.\n",
    "lib/AGENTS.md": "Never raise.\n\n" + "Blah blah.\n\n" * 2000,
    "lib/queue.ml": "let pop q = Raw.take q\n",
    "lib/raw.ml": "let take t = t\n",
}


def asked(files: dict[str, str] = FILES) -> Request:
    view = View(Path("/workspace"), {}, {path: Buffer(text, None) for path, text in files.items()})
    return Request("return an option", view, Place("lib/queue.ml", Span(4, 4)))


def test_the_rules_of_the_house_come_first_and_are_bounded() -> None:
    found = gather(asked(), 1000)
    assert [snippet.path for snippet in found] == ["lib/AGENTS.md", "AGENTS.md", "lib/queue.ml", "lib/raw.ml"]
    assert found[0].text.startswith("Never raise.\n")
    assert found[0].text.endswith("Blah blah.\n")
    assert len(found[0].text) < 400


def test_the_likeliest_comes_last_where_a_model_wants_it_so() -> None:
    found = gather(asked(), 1000, likeliest_last=True)
    assert [snippet.path for snippet in found] == ["AGENTS.md", "lib/AGENTS.md", "lib/raw.ml", "lib/queue.ml"]


async def test_files_that_change_are_taken_up_before_anybody_asks(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    (root / "lib").mkdir(parents=True)
    (root / "lib/queue.ml").write_text("let pop q = q\n")
    taken: asyncio.Queue[int] = asyncio.Queue()

    class Told(Engine):
        async def warm(self, view: View, told: object = None) -> None:
            await super().warm(view)
            taken.put_nowait(len(view.paths()))

    engine = Told(root, tmp_path / "index.db")
    engine.touch()
    async with asyncio.timeout(60):
        assert await taken.get() == 1
        (root / "lib/raw.ml").write_text("let take t = t\n")
        engine.touch()
        assert await taken.get() == 2
    await engine.close()
    again = Engine(root, tmp_path / "index.db")
    request = Request("take", await asyncio.to_thread(View.freeze, root))
    assert "lib/raw.ml" in [snippet.path for snippet in await again.gather(request, 1000)]
    await again.close()
