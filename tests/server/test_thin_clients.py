"""What thin clients share (docs/protocol.md): AID as data, parts of proposals, reports; none of it needed by a bare client."""

import json
from typing import Any

import pytest

from tests.server.conftest import Connect, write_project
from tests.server.test_decisions import accept, change
from tests.server.test_main_job import EDITORS
from tests.support.editor import BARE, Editor, LspError
from tests.support.scripted_workspace import ScriptedWorkspace

THIN = {
    "clientInfo": {"name": "thin", "version": "1.0"},
    "capabilities": {
        **EDITORS["vscode_code-server_1.139"]["capabilities"],
        "experimental": {"aid": {"status": True, "inputBox": True, "review": True}},
    },
}


async def until_job(editor: Editor, job: str, state: str) -> dict[str, Any]:
    """Waits until `aid/status` says that a job is in a state; answers with the job."""

    def found() -> dict[str, Any] | None:
        jobs: list[dict[str, Any]] = editor.statuses[-1]["jobs"] if editor.statuses else []
        return next((each for each in jobs if each["job"] == job and each["state"] == state), None)

    return await editor.until(found, what=f"job {state}")


async def propose(editor: Editor, instruction: str) -> str:
    """Has a proposal made and waits by data alone; answers with its number."""
    if "lib/shape.ml" not in editor.buffers:
        editor.open("lib/shape.ml")
    answer = await editor.command("aid.change", {"uri": editor.uri("lib/shape.ml"), "instruction": instruction})
    return (await until_job(editor, answer["job"], "done"))["proposal"]


async def test_a_job_can_be_followed_as_data_from_start_to_proposal(connect: Connect) -> None:
    async with connect(THIN) as editor:
        assert await propose(editor, "rename area to surface") == "1"
        last = editor.statuses[-1]
        [job] = last["jobs"]
        assert (job["kind"], job["title"], job["message"], job["cancellable"]) == (
            "change",
            "AID: rename area to surface",
            "green (test, 0.8 s)",
            False,
        )
        assert last["proposals"] == [{"proposal": "1", "outcome": "open", "state": "green", "revision": 1}]
        assert (last["root"], last["build"]["state"]) == (str(editor.root), "unknown")
        assert await editor.command("aid.jobs") == {"workspaces": [last]}
        # It shows proposals itself: no page was opened and nothing was said.
        assert (editor.shown, editor.messages) == ([], [])


async def test_a_job_can_be_cancelled_from_the_data(connect: Connect) -> None:
    async with connect(THIN) as editor:
        editor.open("lib/shape.ml")
        answer = await editor.command("aid.change", {"instruction": "wait"})
        job = await editor.until(lambda: [j for s in editor.statuses[-1:] for j in s["jobs"] if j["message"] == "waiting"])
        assert job[0]["cancellable"]
        await editor.command("aid.cancel", {"job": answer["job"]})
        assert (await until_job(editor, answer["job"], "cancelled"))["ended"] > 0


async def test_a_job_that_fails_says_why_as_data_too(connect: Connect) -> None:
    async with connect(THIN) as editor:
        editor.open("lib/shape.ml")
        answer = await editor.command("aid.change", {"instruction": "model down"})
        assert "does not answer" in (await until_job(editor, answer["job"], "failed"))["message"]
        answer = await editor.command("aid.change", {"instruction": "dance"})
        assert "I do not know how to 'dance'." in (await until_job(editor, answer["job"], "failed"))["message"]


@pytest.mark.parametrize("name", EDITORS)
async def test_every_editor_can_list_and_look_at_proposals(connect: Connect, name: str) -> None:
    async with connect(EDITORS[name]) as editor:
        await change(editor, "rename area to surface")
        [listed] = (await editor.command("aid.proposals"))["proposals"]
        assert (listed["proposal"], listed["headline"], listed["size"]) == ("1", "green (test, 0.8 s)", "3 files, +4 −4")
        assert listed["verdict"]["state"] == "green"
        assert [(f["path"], f["kind"], f["added"], f["removed"], f["hunks"]) for f in listed["files"]] == [
            ("lib/shape.ml", "edit", 2, 2, 1),
            ("lib/shape.mli", "edit", 1, 1, 1),
            ("test/test_shape.ml", "edit", 1, 1, 1),
        ]
        assert listed["files"][0]["uri"] == editor.uri("lib/shape.ml")
        whole = await editor.command("aid.proposal", {"proposal": 1, "texts": True})
        assert whole["files"][1]["before"] == editor.tree()["lib/shape.mli"]
        assert "surface" in whole["files"][1]["after"]
        [hunk] = whole["files"][1]["hunks"]
        assert (hunk["index"], hunk["old_start"], hunk["header"]) == (0, 1, "@@ -1,4 +1,4 @@")
        assert all(file["fits"] for file in whole["files"])
        assert "before" not in (await editor.command("aid.proposal"))["files"][0]
        editor.type("lib/shape.ml", "side + side", instead_of="side * side")
        [file, *_] = (await editor.command("aid.proposal"))["files"]
        assert (file["fits"], file["why"]) == (False, "lib/shape.ml was changed at line 3, where the proposal changes it too")


async def test_kinds_of_changes_are_told_apart(connect: Connect) -> None:
    async with connect(THIN) as editor:
        await propose(editor, "create lib/new.ml")
        await propose(editor, "delete lib/shape.mli")
        await propose(editor, "move lib/shape.mli to lib/form.mli")
        listed = (await editor.command("aid.proposals"))["proposals"]
        assert [(f["path"], f["kind"], f["from"], f["added"], f["removed"]) for each in listed for f in each["files"]] == [
            ("lib/form.mli", "rename", "lib/shape.mli", 1, 0),
            ("lib/shape.mli", "delete", None, 0, 4),
            ("lib/new.ml", "create", None, 1, 0),
        ]
        await editor.command("aid.reject", {"proposal": 2})
        assert [each["proposal"] for each in (await editor.command("aid.proposals"))["proposals"]] == ["3", "1"]
        decided = (await editor.command("aid.proposals", {"all": True}))["proposals"]
        assert [each["outcome"] for each in decided] == ["open", "rejected", "open"]


async def test_one_file_is_taken_and_the_rest_stays_a_proposal(connect: Connect, workspaces: list[ScriptedWorkspace]) -> None:
    async with connect("neovim_v0.10.4") as editor:
        await change(editor, "rename area to surface")
        await editor.command("aid.accept", {"proposal": 1, "files": ["lib/shape.mli"]})
        await editor.said("a part of proposal 1 is applied to 1 file; 2 files left")
        editor.save_all()
        assert "val surface" in editor.tree()["lib/shape.mli"]
        assert "surface" not in editor.tree()["lib/shape.ml"]
        await editor.until(lambda: "a part is applied" in [value.get("message") for _, value in editor.progress])
        [left] = (await editor.command("aid.proposals"))["proposals"]
        assert (left["proposal"], left["revision"], left["verdict"]["state"]) == ("1", 2, "green")
        assert [file["path"] for file in left["files"]] == ["lib/shape.ml", "test/test_shape.ml"]
        assert "### lib/shape.mli" not in editor.read(left["page"])
        await editor.command("aid.accept", {"proposal": 1})
        await editor.said("AID: proposal 1 is applied to 2 files")
        editor.save_all()
        assert [path for path, text in editor.tree().items() if "surface" in text] == [
            "lib/shape.ml",
            "lib/shape.mli",
            "test/test_shape.ml",
        ]
        counts = await workspaces[0].journal.counts()
        assert (counts["ProposalPartlyAccepted"], counts["ProposalAccepted"], counts["EditApplied"]) == (1, 1, 2)


FAR = "let area = 1\n" + "\n" * 12 + "let twice = 2 * area\n"


@pytest.mark.parametrize("name", ["vscode_code-server_1.139", "emacs_30.1", "helix_25.01", "bare"])
async def test_one_hunk_is_taken_by_index_or_id(connect: Connect, name: str) -> None:
    async with connect(EDITORS[name]) as editor:
        write_project(editor.root, {"lib/shape.ml": FAR})
        await change(editor, "rename area to surface")
        hunks = (await editor.command("aid.proposal"))["files"][0]["hunks"]
        assert [hunk["index"] for hunk in hunks] == [0, 1]
        await editor.command("aid.accept", {"hunks": [{"path": "lib/shape.ml", "id": hunks[1]["id"]}]})
        await editor.said("a part of proposal 1 is applied")
        assert editor.text("lib/shape.ml") == FAR.replace("* area", "* surface")
        await idle(editor)
        await editor.command("aid.accept", {"hunks": [{"path": "lib/shape.ml", "index": 0}], "files": ["lib/shape.mli"]})
        await editor.until(lambda: editor.text("lib/shape.ml") == FAR.replace("area", "surface"))
        editor.undo("lib/shape.ml")
        assert editor.text("lib/shape.ml") == FAR.replace("* area", "* surface")


async def idle(editor: Editor) -> None:
    """Waits until no job runs."""
    running = True
    while running:
        running = bool((await editor.command("aid.status", {"quiet": True}))["jobs"])


async def test_a_part_that_is_red_by_itself_is_not_applied_unless_forced(connect: Connect) -> None:
    async with connect(THIN) as editor:
        number = await propose(editor, "rename area to RED")
        answer = await editor.command("aid.accept", {"proposal": number, "files": ["lib/shape.ml"]})
        job = await until_job(editor, answer["job"], "failed")
        assert job["message"] == "the part by itself is red (type: Unbound value RED)"
        assert job["proposal"] == number
        assert editor.applied == []
        await editor.said("nothing was applied: the part by itself is red")
        answer = await editor.command("aid.accept", {"proposal": number, "files": ["lib/shape.ml"], "force": True})
        await until_job(editor, answer["job"], "done")
        assert "RED" in editor.text("lib/shape.ml")
        await editor.until(lambda: [each["revision"] for each in editor.statuses[-1]["proposals"]] == [2])


async def test_a_part_is_kept_over_a_restart(connect: Connect) -> None:
    async with connect(THIN) as editor:
        await propose(editor, "rename area to surface")
        answer = await editor.command("aid.accept", {"files": ["lib/shape.mli"]})
        await until_job(editor, answer["job"], "done")
        editor.save_all()
    async with connect(THIN) as editor:
        await editor.until(lambda: editor.statuses)
        assert editor.statuses[0]["proposals"] == [{"proposal": "1", "outcome": "open", "state": "green", "revision": 2}]


async def test_what_the_user_did_is_journalled_in_one_shape(connect: Connect, workspaces: list[ScriptedWorkspace]) -> None:
    async with connect(THIN) as editor:
        await propose(editor, "rename area to surface")
        assert await editor.command("aid.report", {"proposal": 1, "event": "shown"}) == {}
        said = {
            "proposal": "1",
            "event": "partly-accepted",
            "files": ["lib/shape.ml"],
            "hunks": 2,
            "elapsed_ms": 1500,
            "client": "vs",
        }
        await editor.command("aid.report", said)
        entries = [entry for entry in await workspaces[0].journal.tail() if entry.kind == "ClientReported"]
        assert [entry.data for entry in entries] == [
            {"proposal": "1", "event": "shown", "client": "thin 1.0", "files": 0, "hunks": 0, "elapsed_s": 0},
            {"proposal": "1", "event": "partly-accepted", "client": "vs", "files": 1, "hunks": 2, "elapsed_s": 1.5},
        ]


HOSTILE: list[Any] = [
    {"files": "lib/shape.ml"},
    {"files": [1]},
    {"files": []},
    {"files": ["../../etc/passwd"]},
    {"files": ["lib/dune"]},
    {"hunks": [{"path": "lib/shape.ml"}]},
    {"hunks": [{"path": "lib/shape.ml", "index": True}]},
    {"hunks": [{"path": "lib/shape.ml", "index": -1}]},
    {"hunks": [{"path": "lib/shape.ml", "index": 99}]},
    {"hunks": [{"path": "lib/shape.ml", "id": "x" * 10_000}]},
    {"hunks": {"path": "lib/shape.ml"}},
    {"hunks": [None]},
    {"proposal": "../1"},
    {"proposal": 99},
]


async def test_hostile_arguments_are_refused_with_a_sentence_and_change_nothing(connect: Connect) -> None:
    async with connect(THIN) as editor:
        await propose(editor, "rename area to surface")
        for argument in HOSTILE:
            with pytest.raises(LspError) as refused:
                await editor.command("aid.accept", json.loads(json.dumps(argument)))
            assert refused.value.code == -32602, argument
        for argument in (
            {},
            {"event": "danced"},
            {"event": ["shown"]},
            {"event": "shown", "elapsed_ms": "soon"},
            {"event": "shown", "elapsed_ms": -1},
        ):
            with pytest.raises(LspError):
                await editor.command("aid.report", argument)
        assert editor.applied == []


async def test_a_bare_client_gets_no_notification_of_ours(connect: Connect) -> None:
    async with connect(BARE) as editor:
        await change(editor, "rename area to surface")
        await accept(editor)
        assert editor.statuses == []


async def test_status_is_told_a_few_times_a_second_at_most(connect: Connect) -> None:
    async with connect(THIN) as editor:
        editor.open("lib/shape.ml")
        answer = await editor.command("aid.change", {"instruction": "report 500"})
        await until_job(editor, answer["job"], "failed")
        assert len(editor.statuses) < 20


async def test_context_chips_are_what_the_request_looks_at(connect: Connect, workspaces: list[ScriptedWorkspace]) -> None:
    async with connect(THIN) as editor:
        write_project(editor.root, {"README.md": "# Shapes\n"})
        editor.open("lib/shape.ml")
        start = {"line": 2, "character": 0}
        where = {"uri": editor.uri("lib/shape.ml"), "range": {"start": start, "end": {"line": 3, "character": 0}}}
        editor.type("lib/shape.ml", "(* one line above *)\n", before="type t")
        said = {"range": {"start": start, "end": start}, "message": "unused", "severity": 2}
        chips = [
            {"kind": "selection", **where, "version": 1},
            {"kind": "file", "uri": editor.uri("README.md")},
            {"kind": "diagnostics", "uri": editor.uri("lib/shape.mli"), "diagnostics": [said]},
        ]
        for attachments in (chips, chips[1:], []):
            argument = {**where, "instruction": "say hello", "attachments": attachments}
            answer = await editor.command("aid.change", argument)
            await editor.until(lambda job=answer["job"]: any(j["job"] == job and j["ended"] for j in editor.statuses[-1]["jobs"]))
        seen: list[str] = []
        for request in workspaces[0].proposer.requests:
            place = request.place.span.of(request.view.text("lib/shape.ml") or "") if request.place else "nowhere"
            said = [f"{one.path}:{one.line} {one.message}" for one in request.diagnostics]
            seen.append(f"{place.strip()} · {[each.path for each in request.attached]} · {said}")
        assert list(dict.fromkeys(seen)) == [
            "let area (Square side) = side * side · ['README.md'] · ['lib/shape.mli:3 unused']",
            "nowhere · ['README.md'] · ['lib/shape.mli:3 unused']",
            "nowhere · [] · []",
        ]


@pytest.mark.parametrize(
    "attachments",
    [
        "all",
        [3],
        [{"kind": "selection", "uri": "file:///etc/passwd"}],
        [{"kind": "file", "uri": "file:///etc/passwd"}],
        [{"kind": "file", "uri": "untitled:1"}],
        [{"kind": "selection", "uri": "file:///x.ml", "range": {"start": 3}}],
        [{"kind": "diagnostics", "uri": "file:///x.ml", "diagnostics": [{"message": 3}]}],
        [{"kind": "file", "uri": "file:///x.ml"}] * 51,
    ],
)
async def test_attachments_that_make_no_sense_are_refused(connect: Connect, attachments: Any) -> None:
    async with connect(THIN) as editor:
        editor.open("lib/shape.ml")
        with pytest.raises(LspError) as refused:
            await editor.command("aid.change", {"instruction": "say hello", "attachments": attachments})
        assert refused.value.code == -32602
