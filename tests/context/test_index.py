import logging
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aid_lsp.context.chunks import stems
from aid_lsp.context.index import Index
from aid_lsp.ocaml.outline import outline
from aid_lsp.workspace.view import Buffer, View

FILES = {
    "lib/queue.ml": "(** Takes the oldest. *)\nlet pop_front q = Raw.take q\n\nmodule Small = struct\n  let peek q = Raw.head q\nend\n",
    "lib/raw.ml": "type t = { head : int; mutable size : int }\n\nlet take t = t.head\n",
    "lib/dune": "(library (name queues))\n",
    ".env.ml": "let secret = 1\n",
}


def laid_out(root: Path, files: dict[str, str] = FILES) -> View:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return View.freeze(root)


def refreshed(index: Index, view: View) -> bool:
    return index.refresh(view, index.sources(view))


def named(index: Index, view: View, word: str) -> list[str]:
    return [item.dotted for hit in index.ranked(stems(word), 20) if (item := index.item(view, hit)) is not None]


def test_definitions_are_found_by_the_words_of_their_names_and_texts(tmp_path: Path) -> None:
    view, index = laid_out(tmp_path), Index()
    assert refreshed(index, view)
    assert named(index, view, "pops") == ["pop_front"]
    assert named(index, view, "oldest") == ["pop_front"]
    assert named(index, view, "peeking") == ["Small.peek"]
    users = {(hit.path, item.dotted) for hit in index.users("take", 20) if (item := index.item(view, hit)) is not None}
    assert users == {("lib/queue.ml", "pop_front"), ("lib/raw.ml", "take")}
    assert [hit.path for hit in index.users("take", 20, beside="Raw")] == ["lib/queue.ml"]
    assert named(index, view, "secret") == []


def test_an_outline_comes_back_as_it_was(tmp_path: Path) -> None:
    view, index = laid_out(tmp_path), Index()
    refreshed(index, view)
    for path in ("lib/queue.ml", "lib/raw.ml"):
        assert index.items(view, path) == outline(path, FILES[path])
        assert [item.parent for item in index.items(view, path) or ()] == [item.parent for item in outline(path, FILES[path])]


def test_it_follows_the_disk_and_unsaved_buffers(tmp_path: Path) -> None:
    view, index = laid_out(tmp_path), Index()
    refreshed(index, view)
    (tmp_path / "lib/raw.ml").unlink()
    (tmp_path / "lib/more.ml").write_text("let grow n = n + 1\n")
    edited = View.freeze(tmp_path, {"lib/queue.ml": Buffer("let shrink q = q\n", 3)})
    assert index.items(edited, "lib/queue.ml") is None
    refreshed(index, edited)
    assert named(index, edited, "grow") == ["grow"]
    assert named(index, edited, "shrink") == ["shrink"]
    assert named(index, edited, "pop") == []
    assert not index.users("head", 5)
    refreshed(index, View.freeze(tmp_path))
    assert named(index, View.freeze(tmp_path), "pop") == ["pop_front"]


def test_the_second_start_reads_nothing(tmp_path: Path) -> None:
    view = laid_out(tmp_path / "tree")
    first = Index(tmp_path / "index.db")
    refreshed(first, view)
    first.close()
    for path in FILES:
        (tmp_path / "tree" / path).unlink()
    again = Index(tmp_path / "index.db")
    assert refreshed(again, view)
    assert named(again, view, "pop") == ["pop_front"]
    again.close()


def test_two_processes_share_a_file(tmp_path: Path) -> None:
    view = laid_out(tmp_path / "tree")
    one, two = Index(tmp_path / "index.db"), Index(tmp_path / "index.db")
    refreshed(one, view)
    refreshed(two, view)
    assert named(two, view, "pop") == ["pop_front"]
    one.close()
    two.close()


def test_two_processes_that_begin_a_file_at_once_share_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with ThreadPoolExecutor(3) as pool, caplog.at_level(logging.INFO):
        for n in range(20):
            for index in pool.map(Index, [tmp_path / f"{n}.db"] * 3):
                index.close()
    assert "anew" not in caplog.text, "one threw away what the other had begun"


@pytest.mark.parametrize("spoilt", [b"no database", b"", b"SQLite format 3\0" + b"x" * 5000])
def test_a_broken_file_is_made_anew(tmp_path: Path, spoilt: bytes) -> None:
    (tmp_path / "index.db").write_bytes(spoilt)
    view, index = laid_out(tmp_path / "tree"), Index(tmp_path / "index.db")
    refreshed(index, view)
    assert named(index, view, "pop") == ["pop_front"]
    index.close()


def test_an_older_version_is_made_anew(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "index.db") as base:
        base.execute("CREATE TABLE files (id)")
        base.execute("PRAGMA user_version = 99")
    base.close()
    view, index = laid_out(tmp_path / "tree"), Index(tmp_path / "index.db")
    refreshed(index, view)
    assert named(index, view, "pop") == ["pop_front"]
    index.close()


def test_what_goes_wrong_costs_an_answer_only(tmp_path: Path) -> None:
    view, index = laid_out(tmp_path), Index()
    index.close()
    assert not refreshed(index, view)
    assert index.ranked(("pop",), 5) == ()
    assert index.items(view, "lib/queue.ml") is None


def test_several_threads_ask_at_once(tmp_path: Path) -> None:
    view, index = laid_out(tmp_path), Index(tmp_path / "index.db")
    found: list[list[str]] = []

    def ask() -> None:
        refreshed(index, view)
        found.append(named(index, view, "pop"))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["pop_front"]] * 6
    index.close()


def test_ignored_and_vendored_files_are_not_in(tmp_path: Path) -> None:
    files = FILES | {
        "dune": "(vendored_dirs vendor)\n",
        "vendor/v.ml": "let popper = 1\n",
        ".gitignore": "gen.ml\n",
        "gen.ml": "let popgen = 1\n",
    }
    view, index = laid_out(tmp_path, files), Index()
    refreshed(index, view)
    assert named(index, view, "popper") == named(index, view, "popgen") == []
    (tmp_path / ".gitignore").unlink()
    view = View.freeze(tmp_path)
    refreshed(index, view)
    assert named(index, view, "popgen") == ["popgen"]


def test_definitions_that_somebody_edits_are_remembered(tmp_path: Path) -> None:
    index = Index(tmp_path / "index.db")
    root = tmp_path / "tree"
    refreshed(index, laid_out(root))
    assert index.edited_last(9) == ()
    text = FILES["lib/queue.ml"]
    (root / "lib/raw.ml").write_text(FILES["lib/raw.ml"].replace("t.head", "t.size"))
    refreshed(index, View.freeze(root))
    assert index.edited_last(9) == (("lib/raw.ml", "take"),)
    unsaved = View.freeze(root, {"lib/queue.ml": Buffer(text.replace("Raw.head", "Raw.tail") + "let more = 1\n", 2)})
    refreshed(index, unsaved)
    assert set(index.edited_last(2)) == {("lib/queue.ml", "Small.peek"), ("lib/queue.ml", "more")}
    index.close()
    index = Index(tmp_path / "index.db")
    assert len(index.edited_last(9)) == 3
    (root / "lib/queue.ml").unlink()
    refreshed(index, View.freeze(root))
    assert index.edited_last(9) == (("lib/raw.ml", "take"),)
    index.close()


def test_another_branch_is_nobodys_edit(tmp_path: Path) -> None:
    files = {f"m{n}.ml": "let x = 1\n" for n in range(30)}
    index = Index()
    refreshed(index, laid_out(tmp_path, files))
    refreshed(index, laid_out(tmp_path, dict.fromkeys(files, "let x = 200\n")))
    assert index.edited_last(9) == ()
