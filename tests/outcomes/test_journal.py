import asyncio
import logging
import sqlite3
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aid_lsp.outcomes.events import EditApplied, JobCancelled, ProposalAccepted, ProposalOffered, ProposalRequested
from aid_lsp.outcomes.journal import Journal
from aid_lsp.outcomes.migrations import MIGRATIONS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    journal = Journal(path, clock=lambda: 1000.0, lock_wait_s=0.2)
    yield journal
    await journal.close()


async def test_what_is_recorded_can_be_read_back(journal: Journal) -> None:
    await journal.record(ProposalRequested("j1", "comment", "Emacs"))
    await journal.record(ProposalOffered("7", "j1", 1.5, "recipe", verdict="green", tier="test", rungs=("exact", "anchor")))
    await journal.record(ProposalAccepted("7", 3.0))
    entries = await journal.tail(2)
    assert [(entry.kind, entry.subject, entry.at) for entry in entries] == [
        ("ProposalOffered", "7", 1000.0),
        ("ProposalAccepted", "7", 1000.0),
    ]
    assert entries[0].data["rungs"] == ["exact", "anchor"]
    assert await journal.counts() == {"ProposalAccepted": 1, "ProposalOffered": 1, "ProposalRequested": 1}


async def test_it_goes_on_where_the_last_process_stopped(journal: Journal, path: Path) -> None:
    await journal.record(EditApplied("1", 2))
    await journal.close()
    again = Journal(path)
    await again.record(EditApplied("2", 2))
    assert [entry.subject for entry in await again.tail()] == ["1", "2"]
    await again.close()


async def test_two_processes_share_one_file(path: Path) -> None:
    one, other = Journal(path, lock_wait_s=60), Journal(path, lock_wait_s=60)
    await asyncio.gather(*(journal.record(JobCancelled(f"j{n}", 0.1)) for n in range(20) for journal in (one, other)))
    await other.tail()
    await one.tail()
    assert await one.counts() == {"JobCancelled": 40}
    await one.close()
    await other.close()


async def test_files_are_private_to_the_user(journal: Journal, path: Path) -> None:
    await journal.record(EditApplied("1", 2))
    await journal.tail()

    def modes(*files: Path) -> set[int]:
        return {stat.S_IMODE(file.stat().st_mode) for file in files}

    assert await asyncio.to_thread(lambda: modes(*path.parent.iterdir())) == {0o600}
    assert await asyncio.to_thread(modes, path.parent) == {0o700}


@pytest.mark.parametrize("statement", ["UPDATE events SET at = 0", "DELETE FROM events"])
async def test_history_cannot_be_rewritten(journal: Journal, path: Path, statement: str) -> None:
    await journal.record(EditApplied("1", 2))
    await journal.tail()
    with sqlite3.connect(path) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()


async def test_no_code_slips_in_through_a_name(journal: Journal) -> None:
    await journal.record(ProposalRequested("j1", "comment", "editor\nlet secret = 42" + "x" * 1000))
    (entry,) = await journal.tail()
    assert entry.data["client"] == "editor"


async def test_a_corrupt_file_is_set_aside(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    await asyncio.to_thread(path.parent.mkdir)
    await asyncio.to_thread(path.write_bytes, b"this is no database" * 1000)
    journal = Journal(path, clock=lambda: 1000.0)
    await journal.record(EditApplied("1", 2))
    assert await journal.counts() == {"EditApplied": 1}
    await journal.close()
    aside = await asyncio.to_thread((path.parent / "journal.db.1000.corrupt").read_bytes)
    assert aside.startswith(b"this is no database")
    assert "corrupt" in caplog.text


async def test_damage_in_the_middle_is_set_aside_too(path: Path) -> None:
    journal = Journal(path)
    for n in range(200):
        await journal.record(ProposalRequested(f"j{n}", "comment", "x" * 100))
    await journal.close()
    whole = await asyncio.to_thread(path.read_bytes)
    await asyncio.to_thread(path.write_bytes, whole[:4096] + b"\xff" * 20_000)
    journal = Journal(path, clock=lambda: 1000.0)
    await journal.record(EditApplied("1", 2))
    assert (await journal.counts())["EditApplied"] == 1
    await journal.close()


async def test_a_locked_database_loses_the_event_and_nothing_else(
    journal: Journal, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await journal.record(EditApplied("1", 2))
    await journal.tail()
    locker = sqlite3.connect(path, isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    await journal.record(EditApplied("2", 2))
    await asyncio.wait_for(journal.tail(), 20)
    assert "locked" in caplog.text
    locker.execute("ROLLBACK")
    locker.close()
    await journal.record(EditApplied("3", 2))
    assert [entry.subject for entry in await journal.tail()] == ["1", "3"]


async def test_where_nothing_can_be_written_work_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    await asyncio.to_thread((tmp_path / "state").write_text, "a file where a folder should be")
    journal = Journal(tmp_path / "state" / "journal.db")
    with caplog.at_level(logging.WARNING):
        for _ in range(50):
            await journal.record(EditApplied("1", 2))
        assert await journal.tail() == ()
        assert await journal.counts() == {}
    await journal.close()
    assert len(caplog.records) == 1, "a full disk must not fill the log too"


async def test_a_newer_journal_is_used_as_it_is(path: Path) -> None:
    journal = Journal(path)
    await journal.record(EditApplied("1", 2))
    await journal.close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 5}")
    connection.close()
    journal = Journal(path)
    await journal.record(EditApplied("2", 2))
    assert await journal.counts() == {"EditApplied": 2}
    await journal.close()


async def test_recording_waits_for_no_disk(journal: Journal, path: Path) -> None:
    await journal.tail()
    locker = sqlite3.connect(path, isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    await asyncio.wait_for(journal.record(EditApplied("1", 2)), 0.5)
    locker.execute("ROLLBACK")
    locker.close()
    assert await journal.counts() == {"EditApplied": 1}
