"""What is heard of files that change on disk."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from aid_lsp.workspace.changes import changed_paths


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path.resolve()


async def heard(changes: AsyncIterator[frozenset[str]], holds: Callable[[set[str]], bool]) -> set[str]:
    """Collects paths until they are enough."""
    paths: set[str] = set()
    async with asyncio.timeout(20):
        while not holds(paths):
            paths |= await anext(changes)
    return paths


async def test_files_that_come_change_and_go_are_heard_of(root: Path) -> None:
    (root / "lib").mkdir()
    changes = changed_paths(root)
    assert await anext(changes) == frozenset()  # look yourself: nobody watched before
    (root / "lib/é.ml").write_text("let x = 1\n")
    await heard(changes, lambda paths: "lib/é.ml" in paths)
    (root / "lib/é.ml").unlink()
    await heard(changes, lambda paths: "lib/é.ml" in paths)


async def test_new_folders_are_looked_into(root: Path) -> None:
    changes = changed_paths(root)
    await anext(changes)
    (root / "new/deep").mkdir(parents=True)
    assert "new" in await heard(changes, lambda paths: "new" in paths)
    assert await asyncio.wait_for(anext(changes), 20) == frozenset()
    (root / "new/deep/a.ml").write_text("")
    await heard(changes, lambda paths: "new/deep/a.ml" in paths)


async def test_builds_are_not_heard_of_but_a_dune_that_listens_is(root: Path) -> None:
    (root / "_build/default").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "_build/.rpc").mkdir()
    changes = changed_paths(root)
    await anext(changes)
    (root / "_build/default/a.cmt").write_text("")
    (root / "_build/log").write_text("")
    (root / ".git/index").write_text("")
    (root / "_build/.rpc/dune").write_text("")
    (root / "last.ml").write_text("")
    assert await heard(changes, lambda paths: "last.ml" in paths and "_build/.rpc/dune" in paths) == {
        "last.ml",
        "_build/.rpc/dune",
    }
