import asyncio
import json
import logging
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from aid_lsp.errors import NotFound
from aid_lsp.proposals import ledger as module
from aid_lsp.proposals.ledger import Ledger
from aid_lsp.proposals.proposal import Asked, Proposal
from tests.proposals.samples import proposal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "proposals"


async def test_a_proposal_outlives_the_process(folder: Path) -> None:
    offered = await Ledger(folder).offer(proposal())
    again = Ledger(folder).get(offered.id)
    assert (again.patch, again.verdict, again.request) == (offered.patch, offered.verdict, offered.request)
    assert again.as_json() == offered.as_json()
    assert [attempt.draft.understood for attempt in again.attempts] == ["a try", "", "rename x"]


async def test_only_what_is_offered_keeps_its_patch(folder: Path) -> None:
    offered = await Ledger(folder).offer(proposal())
    assert [attempt.draft.patch is None for attempt in Ledger(folder).get(offered.id).attempts] == [True, True, False]


@pytest.mark.parametrize("text", ["a\x0cb\u2028c\r\n", "caf\udce9", "😋\x00", ""])
async def test_every_text_comes_back_as_it_was(folder: Path, text: str) -> None:
    offered = await Ledger(folder).offer(proposal(text))
    assert Ledger(folder).get(offered.id).patch == offered.patch


async def test_ids_go_on_after_a_restart(folder: Path) -> None:
    ledger = Ledger(folder)
    assert [(await ledger.offer(proposal())).id for _ in range(2)] == ["1", "2"]
    assert (await Ledger(folder).offer(proposal())).id == "3"


async def test_two_processes_never_give_one_id_twice(folder: Path) -> None:
    one, other = Ledger(folder), Ledger(folder)
    offered = await asyncio.gather(*(ledger.offer(proposal()) for _ in range(10) for ledger in (one, other)))
    assert len({each.id for each in offered}) == 20


async def test_what_another_process_offered_is_found(folder: Path) -> None:
    mine = Ledger(folder)
    theirs = await Ledger(folder).offer(proposal())
    with pytest.raises(NotFound):
        mine.get(theirs.id)
    assert (await mine.find(theirs.id)).patch == theirs.patch


@pytest.mark.parametrize("name", ["9", "", "../1", "0", "one", "1.json"])
async def test_an_unknown_id_is_an_error_for_the_user(folder: Path, name: str) -> None:
    await Ledger(folder).offer(proposal())
    with pytest.raises(NotFound):
        await Ledger(folder).find(name)


async def test_a_decision_is_kept(folder: Path) -> None:
    ledger = Ledger(folder)
    first, second = await ledger.offer(proposal()), await ledger.offer(proposal())
    await ledger.decide(first.id, "accepted")
    assert [each.id for each in ledger.open()] == [second.id]
    assert [each.id for each in Ledger(folder).open()] == [second.id]
    assert Ledger(folder).get(first.id).outcome == "accepted"


async def test_what_offers_nothing_is_not_open(folder: Path) -> None:
    ledger = Ledger(folder)
    await ledger.offer(Proposal(Asked("do magic"), declined="nobody can"))
    assert ledger.open() == ()


async def test_files_are_private_and_leave_nothing_behind(folder: Path) -> None:
    ledger = Ledger(folder)
    await ledger.decide((await ledger.offer(proposal())).id, "rejected")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [(file.name, stat.S_IMODE(file.stat().st_mode)) for file in folder.iterdir()] == [("1.json", 0o600)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="broken"),
        pytest.param("[1]", id="a list"),
        pytest.param('{"schema": 99, "proposal": {}}', id="from a newer AID"),
        pytest.param('{"schema": 1, "proposal": {}}', id="fields missing"),
        pytest.param('{"schema": 1, "proposal": {"id": "1", "request": 3}}', id="wrong types"),
        pytest.param("[" * 100_000, id="too deep"),
        pytest.param("\xff\xfe", id="not UTF-8"),
    ],
)
async def test_a_foreign_file_is_passed_over(folder: Path, content: str, caplog: pytest.LogCaptureFixture) -> None:
    kept = await Ledger(folder).offer(proposal())
    await asyncio.to_thread((folder / "2.json").write_bytes, content.encode("latin-1"))
    (folder / "notes.txt").write_text("hello")
    with caplog.at_level(logging.WARNING):
        ledger = Ledger(folder)
    assert [each.id for each in ledger.all()] == [kept.id]
    assert "2.json is passed over" in caplog.text
    assert (await ledger.offer(proposal())).id == "3"


async def test_a_file_under_the_wrong_number_is_passed_over(folder: Path) -> None:
    await Ledger(folder).offer(proposal())
    (folder / "7.json").write_bytes((folder / "1.json").read_bytes())
    assert [each.id for each in Ledger(folder).all()] == ["1"]


async def test_an_index_that_points_nowhere_is_passed_over(folder: Path) -> None:
    await Ledger(folder).offer(proposal())
    data = json.loads((folder / "1.json").read_text())
    data["proposal"]["chosen"] = 17
    (folder / "1.json").write_text(json.dumps(data))
    assert Ledger(folder).all() == ()


async def test_without_a_disk_proposals_live_in_memory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    ledger = Ledger(tmp_path / "file" / "proposals")
    first, second = await ledger.offer(proposal()), await ledger.offer(proposal())
    assert (first.id, second.id) == ("1", "2")
    assert len(ledger.open()) == 2
    assert "in memory only" in caplog.text


async def test_the_oldest_decided_ones_are_forgotten_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(folder)
    offered = [await ledger.offer(replace(proposal(), attempts=proposal().attempts[2:], chosen=0)) for _ in range(3)]
    await ledger.decide(offered[1].id, "rejected")
    monkeypatch.setattr(module, "KEPT", 3)
    await ledger.offer(proposal())
    assert [each.id for each in ledger.all()] == ["1", "3", "4"]
    assert [each.id for each in Ledger(folder).all()] == ["1", "3", "4"]


def test_a_reload_needs_nothing_of_the_process_that_wrote_it(folder: Path) -> None:
    asyncio.run(Ledger(folder).offer(proposal()))
    code = f"from pathlib import Path; from aid_lsp.proposals.ledger import Ledger; print(Ledger(Path({str(folder)!r})).open()[0].id)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "1"
