"""Real fronts, real daemons, real kills; only the server behind the daemon is scripted."""

import asyncio
import fcntl
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aid_lsp.front import supervise
from aid_lsp.front.places import Unsafe, find_root, make_private, place_of, root_of, state_folder
from aid_lsp.front.supervise import CannotAttach
from aid_lsp.front.wire import hello, message
from aid_lsp.settings import state_folder as state_folder_of_settings
from aid_lsp.workspace.root import find_root as find_root_of_workspace
from tests.front.conftest import Site
from tests.support.lsp_client import Client, Json, Refused

A = "file:///a.ml"


def opened(client: Client, text: str, version: int = 1, uri: str = A) -> None:
    client.notify("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "ocaml", "version": version, "text": text}})


def typed(client: Client, text: str, version: int, uri: str = A) -> None:
    start = {"line": 0, "character": 0}
    changes = [{"range": {"start": start, "end": start}, "text": text}]
    client.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": changes})


async def asked(client: Client, method: str, params: Json) -> Any:
    """The answer of a daemon that lives to give it."""
    while True:
        try:
            return await client.request(method, params)
        except Refused as refused:
            if refused.code != -32801:
                raise


async def text_of(client: Client, uri: str = A) -> Any:
    return await asked(client, "test/text", {"uri": uri})


async def daemon_of(client: Client) -> int:
    return (await asked(client, "test/told", {}))["pid"]


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def shown(text: str) -> Callable[[Json], bool]:
    return lambda told: told.get("method") == "window/showMessage" and text in told["params"]["message"]


async def test_a_kill_while_the_user_types(site: Site) -> None:
    async with site.front() as client:
        await client.initialize(site.root)
        opened(client, "é😋\f")
        typed(client, "one ", 2)
        waiting = client.ask("textDocument/hover", {"textDocument": {"uri": A}, "silentOnce": str(site.root / "asked")})
        command = client.ask("workspace/executeCommand", {"command": "aid.silent", "arguments": ["first"]})
        kill(await daemon_of(client))
        typed(client, "two ", 3)
        assert (await command)["error"]["code"] == -32803
        later = client.ask("workspace/executeCommand", {"command": "aid.note", "arguments": ["second"]})
        # Of the text when it was asked, or of what is typed now: the death may be noticed before those words come or after them.
        assert (await waiting)["result"] in ({"contents": "7"}, {"contents": "11"})
        assert (await later)["result"] == {"job": "second"}
        assert await text_of(client) == {"version": 3, "text": "two one é😋\f"}
        assert site.ran() == ["first", "second"]
        assert set(client.answers) == set(client.asked)
        assert set(client.answers.values()) == {1}


async def test_a_front_starts_after_the_daemon_was_killed_before_it_answered(site: Site) -> None:
    async with site.front("--die", f"once:{site.root / 'died'}") as client:
        await client.initialize(site.root)
        assert await daemon_of(client)
        assert (site.root / "died").exists()


@pytest.mark.parametrize("how", ["start", "initialize"])
async def test_a_daemon_that_cannot_live_is_one_message(site: Site, how: str) -> None:
    async with site.front("--die", how) as client:
        offered = await client.initialize(site.root)
        assert "aid.change" in offered["capabilities"]["executeCommandProvider"]["commands"]
        told = await client.until(shown("6 times within a minute"))
        assert ("no start today" in told["params"]["message"]) is (how == "start")
        assert await client.request("textDocument/codeAction", {}) is None
        with pytest.raises(Refused, match="aid logs"):
            await client.request("workspace/symbol", {})
        assert await client.request("shutdown", None) is None
        client.notify("exit", None)
        assert await client.ended() == 0
        assert client.methods().count("window/showMessage") == 1


async def test_a_document_that_kills_every_daemon_ends_in_one_message(site: Site) -> None:
    async with site.front(arguments=("--crashes", "2")) as client:
        await client.initialize(site.root)
        opened(client, "POISON")
        await client.until(shown("3 times within a minute"))
        client.notify("textDocument/didClose", {"textDocument": {"uri": A}})
        note = {"command": "aid.note", "arguments": ["alive"]}
        assert await client.request("workspace/executeCommand", note) == {"job": "alive"}


async def test_two_editors_have_one_daemon_and_each_its_texts(site: Site) -> None:
    async with site.front() as one, site.front() as two:
        await asyncio.gather(one.initialize(site.root), two.initialize(site.root))
        opened(one, "of one")
        opened(two, "of two")
        told = [await client.request("test/told", {}) for client in (one, two)]
        assert told[0]["pid"] == told[1]["pid"]
        assert told[0]["session"] != told[1]["session"]
        assert (await text_of(one))["text"] == "of one"
        assert (await text_of(two))["text"] == "of two"
        status = await site.say("status")
        assert status is not None
        assert status["editors"] == 2
        kill(told[0]["pid"])
        again = [await asked(client, "test/told", {}) for client in (one, two)]
        assert again[0]["pid"] == again[1]["pid"] != told[0]["pid"]
        assert [item["session"] for item in again] == [item["session"] for item in told]
        assert (await text_of(two))["text"] == "of two"
        one.close()
        assert await one.ended() == 1
        opened(two, "still here", uri="file:///b.ml")
        assert (await text_of(two, "file:///b.ml"))["text"] == "still here"


async def test_five_fronts_at_once_start_one_daemon(site: Site) -> None:
    async with site.front() as a, site.front() as b, site.front() as c, site.front() as d, site.front() as e:
        fronts = (a, b, c, d, e)
        await asyncio.gather(*(front.initialize(site.root) for front in fronts))
        assert len({await daemon_of(front) for front in fronts}) == 1


async def test_restart_is_no_crash(site: Site) -> None:
    async with site.front(arguments=("--crashes", "0")) as client:
        await client.initialize(site.root)
        opened(client, "text")
        for number in range(3):
            before = await daemon_of(client)
            waiting = client.ask("workspace/executeCommand", {"command": "aid.silent", "arguments": [str(number)]})
            answer = await site.say("restart")
            assert answer is not None
            assert answer["pid"] == before
            assert (await waiting)["error"]["code"] == -32803
            assert await daemon_of(client) != before
            assert (await text_of(client))["text"] == "text"
        assert "window/showMessage" not in client.methods()


async def test_a_release_that_does_not_start_changes_nothing(site: Site) -> None:
    broken = site.root / "broken"
    async with site.front("--die", f"file:{broken}") as client:
        await client.initialize(site.root)
        pid = await daemon_of(client)
        broken.touch()
        answer = await site.say("restart")
        assert answer is not None
        assert "status 7" in answer["failed"]
        assert await daemon_of(client) == pid
        broken.unlink()
        assert (await site.say("restart") or {})["failed"] == ""
        assert await daemon_of(client) != pid


async def test_stop_holds_until_the_user_wants_something(site: Site) -> None:
    async with site.front() as client:
        await client.initialize(site.root)
        opened(client, "text")
        await text_of(client)
        assert await site.say("stop") is not None
        await client.until(shown("was stopped"))
        typed(client, "more ", 2)
        assert await client.request("textDocument/codeAction", {}) is None
        assert await site.say("status") is None
        assert await client.request("workspace/executeCommand", {"command": "aid.note", "arguments": ["woken"]}) == {
            "job": "woken"
        }
        assert (await text_of(client))["text"] == "more text"
        assert site.ran() == ["woken"]


async def test_a_sleeping_front_finds_the_daemon_that_another_starts(site: Site) -> None:
    async with site.front() as sleeper:
        await sleeper.initialize(site.root)
        opened(sleeper, "text")
        await text_of(sleeper)
        await site.say("stop")
        await sleeper.until(shown("was stopped"))
        async with site.front() as other:
            await other.initialize(site.root)
            typed(sleeper, "more ", 2)
            pid = await daemon_of(other)
            while (await sleeper.ask("test/told", {})).get("result", {}).get("pid") != pid:
                status = await site.say("status")  # each round waits for the daemon, so this is no busy loop
                assert status is not None
            assert (await text_of(sleeper))["text"] == "more text"


async def test_progress_ends_with_its_daemon(site: Site) -> None:
    async with site.front() as client:
        await client.initialize(site.root)
        await client.request("workspace/executeCommand", {"command": "aid.work"})
        kill(await daemon_of(client))
        await client.until(lambda told: told.get("method") == "$/progress" and told["params"]["value"]["kind"] == "end")


async def test_a_newer_release_takes_over_when_no_job_runs_any_more(site: Site) -> None:
    newer = site.launch("--version", "9.0.0")
    async with site.front(arguments=("--crashes", "0")) as older:
        await older.initialize(site.root)
        opened(older, "text")
        await older.request("workspace/executeCommand", {"command": "aid.work"})
        first = await daemon_of(older)
        said = hello(str(site.root), "9.0.0", "test")
        attached = await asyncio.to_thread(supervise.attach, site.place, said, newer)
        try:
            assert attached.welcome["version"] == "9.0.0"
            assert attached.welcome["pid"] != first
            assert await daemon_of(older) == first, "its job goes on"
            await older.request("workspace/executeCommand", {"command": "aid.rest"})
            await older.until(lambda told: told.get("id") == older.asked[-1])
            while (pid := await daemon_of(older)) == first:
                await site.say("status")
            assert pid == attached.welcome["pid"]
            assert (await text_of(older))["text"] == "text"
        finally:
            attached.connection.close()


async def test_a_front_that_is_too_old_is_told_so(site: Site) -> None:
    async with site.front() as client:
        await client.initialize(site.root)
        await daemon_of(client)
        said = hello(str(site.root), "0.0.1", "test")
        said.fields["wire"] = [7, 9]
        with pytest.raises(CannotAttach, match="restart the editor") as caught:
            await asyncio.to_thread(supervise.attach, site.place, message(said.fields), site.launch())
        assert caught.value.fatal


async def test_a_daemon_that_hangs_is_replaced(site: Site) -> None:
    async with site.front() as client:
        await client.initialize(site.root)
        pid = await daemon_of(client)
        os.kill(pid, signal.SIGSTOP)
        assert await asyncio.to_thread(supervise.kill_holder, site.place)
        assert await daemon_of(client) != pid


async def test_nobody_is_killed_where_no_daemon_runs(site: Site) -> None:
    make_private(site.place.lock.parent)
    assert not supervise.kill_holder(site.place)
    site.place.lock.write_text(str(os.getpid()))
    assert not supervise.kill_holder(site.place)


async def test_a_daemon_without_editors_ends(site: Site) -> None:
    async with site.front("--idle-s", "0.05") as client:
        await client.initialize(site.root)
        assert await daemon_of(client)
        assert await client.request("shutdown", None) is None
        client.notify("exit", None)
        assert await client.ended() == 0
    lock = site.place.lock.open("r+")
    with lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)  # given up when it ends
    assert not site.place.socket.exists()


async def test_only_the_user_can_look_in(site: Site) -> None:
    async with site.front() as client:
        await client.initialize(site.root)
        await daemon_of(client)
        modes = [path.stat().st_mode & 0o777 for path in (site.place.socket.parent, site.place.socket, site.place.log)]
        assert [oct(mode) for mode in modes] == ["0o700", "0o600", "0o600"]


async def test_the_end_of_the_pipe_ends_the_front_and_its_connection(site: Site) -> None:
    async with site.front() as client, site.front() as other:
        await client.initialize(site.root)
        await other.initialize(site.root)
        assert await daemon_of(client) == await daemon_of(other)
        client.close()
        assert await client.ended() == 1
        while (status := await site.say("status")) and status["editors"] > 1:
            pass
        assert status


async def test_without_sockets_the_backend_is_a_child(site: Site) -> None:
    direct = [sys.executable, "-m", "tests.support.backend", "--stdio"]
    async with site.front(arguments=("--direct", json.dumps(direct))) as client:
        await client.initialize(site.root)
        opened(client, "text")
        kill(await daemon_of(client))
        assert (await text_of(client))["text"] == "text"
        assert await client.request("shutdown", None) is None
        client.notify("exit", None)
        assert await client.ended() == 0


OCAMLLSP = f"{sys.executable} -m tests.support.scripted_ocamllsp"


async def test_aid_dies_behind_the_mux_and_nobody_notices(site: Site) -> None:
    async with site.front("--slow", "0.3", arguments=("--with", OCAMLLSP)) as client:
        offered = await client.initialize(site.root)
        assert offered["serverInfo"]["name"] == "ocamllsp+aid"
        opened(client, "text")
        note = {"command": "aid.note", "arguments": ["a"]}
        assert await client.request("workspace/executeCommand", note) == {"job": "a"}
        kill((await site.say("status") or {})["pid"])
        assert (await client.request("textDocument/hover", {"textDocument": {"uri": A}}))["from"] == "ocamllsp"
        titles = [action["title"] for action in await client.request("textDocument/codeAction", {"textDocument": {"uri": A}})]
        assert titles[0] == "ocamllsp textDocument/codeAction"
        assert await client.request("workspace/executeCommand", note) == {"job": "a"}
        actions = await client.request("textDocument/codeAction", {"textDocument": {"uri": A}})
        assert [action["title"] for action in actions] == ["ocamllsp textDocument/codeAction", "AID: note"]
        told = await client.request("workspace/executeCommand", {"command": "aid.ask", "arguments": ["ocamllsp/typeEnclosing"]})
        assert told == {"from": "ocamllsp", "method": "ocamllsp/typeEnclosing"}
        assert await client.request("shutdown", None) is None
        client.notify("exit", None)
        assert await client.ended() == 0


async def test_ocamllsps_death_ends_the_front(site: Site) -> None:
    async with site.front(arguments=("--with", f"{OCAMLLSP} --crash textDocument/hover")) as client:
        await client.initialize(site.root)
        answer = await client.ask("textDocument/hover", {"textDocument": {"uri": A}})
        assert answer["error"]["code"] == -32803
        assert await client.ended() == 1


async def test_without_ocamllsp_aid_works_and_says_so(site: Site) -> None:
    async with site.front(arguments=("--with", "no-such-ocamllsp --flag")) as client:
        await client.initialize(site.root)
        await client.until(shown("no-such-ocamllsp"))
        assert await client.request("workspace/executeCommand", {"command": "aid.note", "arguments": ["a"]}) == {"job": "a"}


# Places


def test_both_sides_look_for_the_state_in_the_same_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in (
        ("AID_STATE", str(tmp_path)),
        ("AID_STATE", ""),
        ("XDG_STATE_HOME", str(tmp_path)),
        ("XDG_STATE_HOME", ""),
    ):
        monkeypatch.setenv(name, value)
        assert state_folder() == state_folder_of_settings()


def test_a_socket_fits_into_its_address_however_long_the_folder_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AID_STATE", str(tmp_path / ("long" * 30)))
    place = place_of(tmp_path / "a workspace with é in its name, and rather a long one at that")
    assert len(os.fsencode(place.socket)) < 104
    assert place.socket.parent == Path("/tmp") / f"aid-{os.getuid()}"


def test_a_folder_of_somebody_else_is_not_used() -> None:
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / "link"
        link.symlink_to("/tmp")
        with pytest.raises(Unsafe, match="not a folder of yours"):
            make_private(link)
        open_to_all = Path(folder) / "open"
        open_to_all.mkdir(mode=0o777)
        open_to_all.chmod(0o777)
        make_private(open_to_all)
        assert open_to_all.stat().st_mode & 0o777 == 0o700


def test_the_root_is_found_by_dunes_rule(tmp_path: Path) -> None:
    inner = tmp_path / "pro ject" / "vendor" / "lib"
    inner.mkdir(parents=True)
    (tmp_path / "pro ject" / "dune-project").touch()
    (inner / "dune-project").touch()
    params: list[Json] = [
        {"workspaceFolders": [{"uri": inner.as_uri(), "name": ""}]},
        {"workspaceFolders": None, "rootUri": inner.as_uri()},
        {"rootUri": None, "rootPath": str(inner)},
        {"workspaceFolders": [{"uri": "untitled:x"}], "rootUri": "file:///nowhere/at/all"},
    ]
    for given in params:
        assert root_of(given, inner) == find_root(inner) == find_root_of_workspace(inner) == tmp_path / "pro ject"
