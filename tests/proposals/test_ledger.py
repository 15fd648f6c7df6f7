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


async def opened(folder: Path) -> Ledger:
    return await asyncio.to_thread(Ledger, folder)


async def listed(folder: Path) -> list[tuple[str, int]]:
    return await asyncio.to_thread(lambda: [(file.name, stat.S_IMODE(file.stat().st_mode)) for file in folder.iterdir()])


async def text_of(path: Path) -> str:
    return await asyncio.to_thread(path.read_text)


async def write(path: Path, text: str | bytes) -> None:
    await asyncio.to_thread(path.write_bytes, text.encode() if isinstance(text, str) else text)


async def test_a_proposal_outlives_the_process(folder: Path) -> None:
    offered = await (await opened(folder)).offer(proposal())
    again = (await opened(folder)).get(offered.id)
    assert (again.patch, again.verdict, again.request) == (offered.patch, offered.verdict, offered.request)
    assert again.as_json() == offered.as_json()
    assert [attempt.draft.understood for attempt in again.attempts] == ["a try", "", "rename x"]


async def test_only_what_is_offered_keeps_its_patch(folder: Path) -> None:
    offered = await (await opened(folder)).offer(proposal())
    assert [attempt.draft.patch is None for attempt in (await opened(folder)).get(offered.id).attempts] == [True, True, False]


@pytest.mark.parametrize("text", ["a\x0cb\u2028c\r\n", "caf\udce9", "😋\x00", ""])
async def test_every_text_comes_back_as_it_was(folder: Path, text: str) -> None:
    offered = await (await opened(folder)).offer(proposal(text))
    assert (await opened(folder)).get(offered.id).patch == offered.patch


async def test_ids_go_on_after_a_restart(folder: Path) -> None:
    ledger = await opened(folder)
    assert [(await ledger.offer(proposal())).id for _ in range(2)] == ["1", "2"]
    assert (await (await opened(folder)).offer(proposal())).id == "3"


async def test_two_processes_never_give_one_id_twice(folder: Path) -> None:
    one, other = await opened(folder), await opened(folder)
    offered = await asyncio.gather(*(ledger.offer(proposal()) for _ in range(10) for ledger in (one, other)))
    assert len({each.id for each in offered}) == 20


async def test_what_another_process_offered_is_found(folder: Path) -> None:
    mine = await opened(folder)
    theirs = await (await opened(folder)).offer(proposal())
    with pytest.raises(NotFound):
        mine.get(theirs.id)
    assert (await mine.find(theirs.id)).patch == theirs.patch


@pytest.mark.parametrize("name", ["9", "", "../1", "0", "one", "1.json"])
async def test_an_unknown_id_is_an_error_for_the_user(folder: Path, name: str) -> None:
    await (await opened(folder)).offer(proposal())
    with pytest.raises(NotFound):
        await (await opened(folder)).find(name)


async def test_a_decision_is_kept(folder: Path) -> None:
    ledger = await opened(folder)
    first, second = await ledger.offer(proposal()), await ledger.offer(proposal())
    await ledger.decide(first.id, "accepted")
    assert [each.id for each in ledger.open()] == [second.id]
    assert [each.id for each in (await opened(folder)).open()] == [second.id]
    assert (await opened(folder)).get(first.id).outcome == "accepted"


async def test_what_offers_nothing_is_not_open(folder: Path) -> None:
    ledger = await opened(folder)
    await ledger.offer(Proposal(Asked("do magic"), declined="nobody can"))
    assert ledger.open() == ()


async def test_files_are_private_and_leave_nothing_behind(folder: Path) -> None:
    ledger = await opened(folder)
    await ledger.decide((await ledger.offer(proposal())).id, "rejected")
    assert await listed(folder.parent) == [("proposals", 0o700)]
    assert await listed(folder) == [("1.json", 0o600)]


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
    kept = await (await opened(folder)).offer(proposal())
    await write(folder / "2.json", content.encode("latin-1"))
    await write(folder / "notes.txt", "hello")
    with caplog.at_level(logging.WARNING):
        ledger = await opened(folder)
    assert [each.id for each in ledger.all()] == [kept.id]
    assert "2.json is passed over" in caplog.text
    assert (await ledger.offer(proposal())).id == "3"


async def test_a_file_under_the_wrong_number_is_passed_over(folder: Path) -> None:
    await (await opened(folder)).offer(proposal())
    await write(folder / "7.json", await text_of(folder / "1.json"))
    assert [each.id for each in (await opened(folder)).all()] == ["1"]


async def test_an_index_that_points_nowhere_is_passed_over(folder: Path) -> None:
    await (await opened(folder)).offer(proposal())
    data = json.loads(await text_of(folder / "1.json"))
    data["proposal"]["chosen"] = 17
    await write(folder / "1.json", json.dumps(data))
    assert (await opened(folder)).all() == ()


async def test_without_a_disk_proposals_live_in_memory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    await write(tmp_path / "file", "")
    ledger = await opened(tmp_path / "file" / "proposals")
    first, second = await ledger.offer(proposal()), await ledger.offer(proposal())
    assert (first.id, second.id) == ("1", "2")
    assert len(ledger.open()) == 2
    assert "in memory only" in caplog.text


async def test_the_oldest_decided_ones_are_forgotten_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = await opened(folder)
    offered = [await ledger.offer(replace(proposal(), attempts=proposal().attempts[2:], chosen=0)) for _ in range(3)]
    await ledger.decide(offered[1].id, "rejected")
    monkeypatch.setattr(module, "KEPT", 3)
    await ledger.offer(proposal())
    assert [each.id for each in ledger.all()] == ["1", "3", "4"]
    assert [each.id for each in (await opened(folder)).all()] == ["1", "3", "4"]


def test_a_reload_needs_nothing_of_the_process_that_wrote_it(folder: Path) -> None:
    async def offer() -> None:
        await (await opened(folder)).offer(proposal())

    asyncio.run(offer())
    code = f"from pathlib import Path; from aid_lsp.proposals.ledger import Ledger; print(Ledger(Path({str(folder)!r})).open()[0].id)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "1"


async def test_a_refinement_takes_the_place_of_what_it_refines_at_once(folder: Path) -> None:
    ledger = await opened(folder)
    first = await ledger.offer(proposal())
    second = await ledger.offer(replace(proposal(), parent=first.id))
    assert [each.id for each in ledger.open()] == [second.id]
    assert (await opened(folder)).get(first.id).outcome == "refined"


async def test_refining_a_decided_proposal_leaves_its_outcome(folder: Path) -> None:
    ledger = await opened(folder)
    first = await ledger.offer(proposal())
    await ledger.decide(first.id, "accepted")
    await ledger.offer(replace(proposal(), parent=first.id))
    assert ledger.get(first.id).outcome == "accepted"
