"""The build's status as a value, as a stream, and as a file that others read."""

import asyncio
import json
import os
from pathlib import Path

from aid_lsp.build.log import BuildLog
from aid_lsp.build.presence import Presence, servers
from aid_lsp.build.rpc_diagnostics import enriched
from aid_lsp.build.status import BuildFeed, BuildStatus
from aid_lsp.workspace.diagnostic import Diagnostic

WRONG = Diagnostic("lib/a.ml", 1, 0, 1, 3, "error", "Unbound value foo")
ODD = Diagnostic("lib/a.ml", 2, 4, 2, 5, "warning", "unused variable y.")


def test_a_state_that_goes_on_keeps_its_beginning() -> None:
    feed = BuildFeed()
    feed.tell(BuildStatus("red", since=10.0, source="AID's lane", diagnostics=(WRONG,)))
    feed.tell(BuildStatus("red", since=20.0, source="AID's lane", diagnostics=(WRONG, ODD)))
    assert (feed.now.since, feed.now.errors, feed.now.warnings) == (10.0, 1, 1)
    feed.tell(BuildStatus("green", since=30.0, source="AID's lane"))
    assert feed.now.since == 30.0


def test_what_is_not_new_is_not_told() -> None:
    feed = BuildFeed()
    heard: list[BuildStatus] = []
    stop = feed.listen(heard.append)
    for since in (1.0, 2.0):
        feed.tell(BuildStatus("green", since=since))
    stop()
    feed.tell(BuildStatus("red", since=3.0))
    assert [status.state for status in heard] == ["green"]


async def test_a_slow_reader_sees_the_newest() -> None:
    feed = BuildFeed()
    changes = feed.changes()
    assert (await anext(changes)).state == "unknown"
    feed.tell(BuildStatus("building"))
    feed.tell(BuildStatus("green"))
    assert (await anext(changes)).state == "green"
    waiting = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    feed.tell(BuildStatus("red"))
    assert (await waiting).state == "red"


def test_a_status_says_it_in_one_line() -> None:
    said = BuildStatus("red", source="your dune --watch", diagnostics=(WRONG, ODD, ODD)).sentence
    assert said.startswith("red, 1 error, 2 warnings, since ")
    assert said.endswith(", says your dune --watch")
    assert BuildStatus("unknown", note="There is no dune.").sentence.endswith(": There is no dune.")


def test_servers_say_what_they_know_until_they_end(tmp_path: Path) -> None:
    presence = Presence(tmp_path, "Neovim 0.12")
    presence.write(BuildStatus("green").as_json())
    [said] = servers(tmp_path)
    assert (said["pid"], said["client"], said["build"]["state"]) == (os.getpid(), "Neovim 0.12", "green")
    presence.remove()
    presence.write({"state": "red"})
    assert servers(tmp_path) == []


def test_what_a_dead_server_left_is_ignored_and_removed(tmp_path: Path) -> None:
    folder = tmp_path / "servers"
    folder.mkdir()
    (folder / "1.json").write_text(json.dumps({"pid": os.getpid(), "started": "another process of that number", "build": {}}))
    (folder / "2.json").write_text("no JSON")
    (folder / "3.json").write_text('{"pid": "many"}')
    assert servers(tmp_path) == []
    assert list(folder.iterdir()) == []


LOG = """\
# dune build -w
$ (cd _build/default && ocamlc -c a.ml)
> File "lib/a.ml", line 2, characters 4-5:
> 2 | let y = 1
>         ^
> Error (warning 26 [unused-var]): unused variable y.
[2]
"""


def test_the_log_knows_the_numbers_of_warnings(tmp_path: Path) -> None:
    (tmp_path / "_build").mkdir()
    log = BuildLog(tmp_path)
    assert log.reports() == ()
    (tmp_path / "_build/log").write_text(LOG)
    [report] = log.reports()
    assert (report.path, report.line, report.code) == ("lib/a.ml", 2, "26 [unused-var]")
    with (tmp_path / "_build/log").open("a") as file:
        file.write(LOG.replace("lib/a.ml", "lib/b.ml"))
    assert [one.path for one in log.reports()] == ["lib/b.ml", "lib/a.ml"]
    (tmp_path / "_build/log").write_text("# another dune\n")
    assert log.reports() == ()


def test_what_the_log_knows_of_old_builds_is_left_out() -> None:
    said = Diagnostic("lib/a.ml", 2, 4, 2, 5, "error", "unused variable y.", "26 [unused-var]")
    gone = Diagnostic("lib/b.ml", 2, 4, 2, 5, "error", "unused variable z.", "26 [unused-var]")
    bare = Diagnostic("lib/a.ml", 2, 4, 2, 5, "error", "unused variable y.")
    assert enriched([bare, WRONG], [gone, said, said]) == (said, WRONG)
