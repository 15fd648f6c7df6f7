import asyncio
from pathlib import Path

import pytest

from aid_lsp.workspace.history import History, read_history


async def git(root: Path, *arguments: str) -> None:
    child = await asyncio.create_subprocess_exec("git", "-C", str(root), *arguments, stdout=asyncio.subprocess.DEVNULL)
    assert await child.wait() == 0


async def commit(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        with (root / path).open("a") as file:
            file.write("let x = 1\n")
    await git(root, "add", ".")
    await git(root, "commit", "-q", "-m", "more")


async def test_what_changes_together(tmp_path: Path) -> None:
    await git(tmp_path, "init", "-q")
    for _ in range(3):
        await commit(tmp_path, "lib/queue.ml", "lib/queue.mli")
    await commit(tmp_path, "lib/queue.ml", "test/é queue.ml")
    await commit(tmp_path, "other.ml")
    await commit(tmp_path, *(f"many/m{n}.ml" for n in range(30)))
    history = await read_history(tmp_path)
    assert history.together("lib/queue.ml") == [("lib/queue.mli", 3 / 5), ("test/é queue.ml", 1 / 5)]
    assert history.together("many/m1.ml") == []
    assert history.recent(1) == ("other.ml",)
    assert await read_history(tmp_path, history) is history
    await commit(tmp_path, "other.ml")
    assert await read_history(tmp_path, history) != history
    # the workspace is a folder of the repository
    below = await read_history(tmp_path / "lib")
    assert below.together("queue.ml") == [("queue.mli", 3 / 5)]


async def test_no_repository_and_an_empty_one(tmp_path: Path) -> None:
    assert await read_history(tmp_path) == History()
    await git(tmp_path, "init", "-q")
    assert (await read_history(tmp_path)).commits == ()


async def hg(root: Path, *arguments: str) -> None:
    child = await asyncio.create_subprocess_exec(
        "hg", "-R", str(root), "--cwd", str(root), *arguments, stdout=asyncio.subprocess.DEVNULL
    )
    assert await child.wait() == 0


async def test_mercurial_tells_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HGRCPATH", "")
    await hg(tmp_path, "init")

    async def commit(*paths: str) -> None:
        for path in paths:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            with (tmp_path / path).open("a") as file:
                file.write("let x = 1\n")
        await hg(tmp_path, "commit", "-q", "-A", "-u", "a", "-m", "more")

    for _ in range(3):
        await commit("lib/queue.ml", "lib/queue.mli")
    await commit("lib/queue.ml", "test/a queue.ml")
    await commit("other.ml")
    await commit(*(f"many/m{n}.ml" for n in range(30)))
    history = await read_history(tmp_path)
    assert history.together("lib/queue.ml") == [("lib/queue.mli", 3 / 5), ("test/a queue.ml", 1 / 5)]
    assert history.together("many/m1.ml") == []
    assert history.recent(1) == ("other.ml",)
    assert await read_history(tmp_path, history) is history
    await commit("other.ml")
    assert await read_history(tmp_path, history) != history
    assert (await read_history(tmp_path / "lib")).together("queue.ml") == [("queue.mli", 3 / 5)]


async def test_what_a_mercurial_repository_wants_to_run_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HGRCPATH", "")
    await hg(tmp_path, "init")
    (tmp_path / "a.ml").write_text("let x = 1\n")
    await hg(tmp_path, "commit", "-q", "-A", "-u", "a", "-m", "more")
    (tmp_path / ".hg/hgrc").write_text(f"[hooks]\npre-log = touch {tmp_path}/ran\n")
    assert (await read_history(tmp_path)).recent(1) == ("a.ml",)
    assert not (tmp_path / "ran").exists()
    await hg(tmp_path, "log")
    assert (tmp_path / "ran").exists()


async def test_an_empty_mercurial_repository(tmp_path: Path) -> None:
    await hg(tmp_path, "init")
    assert (await read_history(tmp_path)).commits == ()
