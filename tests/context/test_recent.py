from pathlib import Path

from aid_lsp.context.index import Index
from aid_lsp.context.strategy import gather
from aid_lsp.edits.lines import Span
from aid_lsp.workspace.history import History
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import Buffer, View

LONG = "".join(f"let filler{n} = {n}\n" for n in range(200))
FILES = {"a.ml": "let here = 1\n", "b.ml": LONG + "let edited = 1\n", "c.ml": "let committed = 2\n"}


def view_of(files: dict[str, str]) -> View:
    return View(Path("/workspace"), {}, {path: Buffer(text, None) for path, text in files.items()})


def shown(index: Index, files: dict[str, str], history: History = History()) -> dict[str, str]:  # noqa: B008
    request = Request("do it", view_of(files), Place("a.ml", Span(4, 4)))
    return {snippet.text: snippet.why for snippet in gather(request, 200, index=index, history=history)}


def test_what_was_edited_last_is_shown() -> None:
    index = Index()
    index.refresh(view_of(FILES), FILES)
    assert "let edited = 10\n" not in shown(Index(), FILES)
    found = shown(index, FILES | {"b.ml": LONG + "let edited = 10\n"})
    assert found["let edited = 10\n"] == "edited lately"


def test_files_of_the_last_commits_are_shown() -> None:
    found = shown(Index(), FILES, History("x", (frozenset({"c.ml", "gone.ml", "README.md"}),)))
    assert found["let committed = 2\n"] == "its file was among the last commits"
