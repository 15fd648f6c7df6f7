"""The real server behind the front: jobs that outlive their daemon, proposals shared between editors."""

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.front.conftest import Site
from tests.support.lsp_client import Client, Json
from tests.support.scripted_ocamllsp import CAPABILITIES

OCAMLLSP = f"{sys.executable} -m tests.support.scripted_ocamllsp"
SHAPE = "let area side = side * side\n"
EDITS: Json = {"workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}}, "window": {"workDoneProgress": True}}


def start(site: Site, *arguments: str) -> AbstractAsyncContextManager[Client]:
    (site.root / "dune-project").write_text("(lang dune 3.0)\n")
    (site.root / "shape.ml").write_text(SHAPE)
    launch = json.dumps([sys.executable, "-m", "tests.support.scripted_daemon"])
    command = [sys.executable, "-m", "tests.support.front_process", "--launch", launch, "--crashes", "9", *arguments]
    return Client.start(command, env=site.env)


def uri(site: Site) -> str:
    return (site.root / "shape.ml").as_uri()


async def begin(client: Client, site: Site) -> None:
    await client.initialize(site.root, EDITS)
    opened = {"uri": uri(site), "languageId": "ocaml", "version": 1, "text": SHAPE}
    client.notify("textDocument/didOpen", {"textDocument": opened})


async def run(client: Client, command: str, **argument: Any) -> Any:
    return await client.request("workspace/executeCommand", {"command": f"aid.{command}", "arguments": [argument]})


async def jobs(client: Client) -> list[str]:
    return [job["job"] for job in (await run(client, "status", quiet=True))["jobs"]]


async def kill(site: Site) -> None:
    os.kill((await site.say("status") or {})["pid"], signal.SIGKILL)


def said(text: str) -> Callable[[Json], bool]:
    return lambda told: told.get("method") == "window/showMessage" and text in told["params"]["message"]


async def test_a_job_goes_on_under_the_next_daemon(site: Site) -> None:
    async with start(site) as client:
        await begin(client, site)
        job = (await run(client, "change", uri=uri(site), instruction="wait"))["job"]
        begun = len(client.received)
        await client.until(
            lambda told: told.get("method") == "$/progress" and told["params"]["value"].get("message") == "waiting"
        )
        kept = list((site.state / "jobs").iterdir())
        assert [path.stat().st_mode & 0o777 for path in kept] == [0o600]
        await kill(site)
        await client.until(
            lambda told: told.get("method") == "$/progress" and told["params"]["value"]["kind"] == "begin", begun + 1
        )
        assert await jobs(client) == [job]
        assert await run(client, "cancel", job=job)
        await client.until(
            lambda told: told.get("method") == "$/progress" and told["params"]["value"].get("message") == "cancelled"
        )
        assert await jobs(client) == []
        while list((site.state / "jobs").iterdir()):
            await site.say("status")


async def seen(client: Client, key: str, value: str, start: int) -> int:
    """Waits for progress that says this; gives the place after it."""
    told = await client.until(
        lambda told: told.get("method") == "$/progress" and told["params"]["value"].get(key) == value, start
    )
    return client.received.index(told, start) + 1


async def test_a_job_that_loses_two_daemons_is_given_up(site: Site) -> None:
    async with start(site) as client:
        await begin(client, site)
        await run(client, "change", uri=uri(site), instruction="wait")
        at = 0
        for _ in range(2):
            at = await seen(client, "message", "waiting", at)
            await kill(site)
            at = await seen(client, "kind", "end", at)
        await client.until(said("ended twice"))
        assert await jobs(client) == []


@pytest.mark.slow
async def test_a_restart_does_not_count(site: Site) -> None:
    async with start(site) as client:
        await begin(client, site)
        job = (await run(client, "change", uri=uri(site), instruction="wait"))["job"]
        at = 0
        for _ in range(3):
            at = await seen(client, "message", "waiting", at)
            assert (await site.say("restart") or {})["failed"] == ""
            at = await seen(client, "kind", "end", at)
        await seen(client, "message", "waiting", at)
        assert await jobs(client) == [job]


async def test_a_proposal_made_in_one_editor_is_accepted_in_the_other(site: Site) -> None:
    async with start(site) as one, start(site) as two:
        await begin(one, site)
        await begin(two, site)
        two.reply = lambda request: {"applied": True} if request["method"] == "workspace/applyEdit" else None
        await run(one, "change", uri=uri(site), instruction="rename area to surface")
        await one.until(said("proposal 1"))
        place = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 4}}
        actions: Json = {"textDocument": {"uri": uri(site)}, "range": place, "context": {"diagnostics": []}}
        titles = [action["title"] for action in await two.request("textDocument/codeAction", actions)]
        assert any("accept proposal 1" in title for title in titles), titles
        await run(two, "accept", proposal="1")
        told = await two.until(lambda told: told.get("method") == "workspace/applyEdit")
        (change,) = told["params"]["edit"]["documentChanges"]
        assert change["edits"][0]["newText"] == "surface"
        assert "workspace/applyEdit" not in one.methods()


async def test_beside_ocamllsp_the_menu_has_the_actions_of_both(site: Site) -> None:
    async with start(site, "--with", OCAMLLSP) as client:
        offered = await client.initialize(site.root, EDITS)
        assert offered["capabilities"]["hoverProvider"] == CAPABILITIES["hoverProvider"]
        text = "(* AID: rename area to surface *)\nlet area side = side * side\n"
        client.notify(
            "textDocument/didOpen", {"textDocument": {"uri": uri(site), "languageId": "ocaml", "version": 1, "text": text}}
        )
        await run(client, "status", quiet=True)
        place = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 4}}
        actions: Json = {"textDocument": {"uri": uri(site)}, "range": place, "context": {"diagnostics": []}}
        titles = [action["title"] for action in await client.request("textDocument/codeAction", actions)]
        assert titles[0] == "ocamllsp textDocument/codeAction"
        assert any(title.startswith("AID: rename area") or "rename area to surface" in title for title in titles[1:]), titles


def test_the_front_imports_nothing_but_the_standard_library() -> None:
    import subprocess

    code = "import sys, aid_lsp.front.front; print(sorted({n.partition('.')[0] for n in sys.modules} - set(sys.stdlib_module_names)))"
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r}); {code}"]
    found = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: TID251 - a child without our site
    assert found.stdout.strip() == "['__main__', 'aid_lsp']"
