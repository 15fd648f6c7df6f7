"""The `aid` command as scripts use it: exit codes, JSON, and what is written. Real dune, no model."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot

from tests.clients.desk import dune, sources
from tests.support.ocaml_project import copy_project
from tests.support.openai_server import OpenAIServer

pytestmark = pytest.mark.dune


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return copy_project("corner_shop", tmp_path / "shop")


async def aid(folder: Path, *arguments: str, stdin: str = "", **env: str) -> tuple[int, str, str]:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "aid_lsp",
        *arguments,
        cwd=folder,
        env={**os.environ, **env},  # noqa: TID251
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(120):
        output, errors = await child.communicate(stdin.encode())
    assert child.returncode is not None
    return child.returncode, output.decode(), errors.decode()


async def aid_json(folder: Path, *arguments: str, stdin: str = "", **env: str) -> tuple[int, dict[str, Any]]:
    status, output, errors = await aid(folder, *arguments, "--json", stdin=stdin, **env)
    assert output, errors
    return status, json.loads(output)


BAD_DIFF = """\
--- a/lib/stock.ml
+++ b/lib/stock.ml
@@ -6 +6 @@
-let value item = item.price * item.count
+let value item = item.price *. item.count
"""

ANSWER = """\
Here is the change:

lib/stock.ml
```ocaml
<<<<<<< SEARCH
let value item = item.price * item.count
=======
let value { price; count; _ } = price * count
>>>>>>> REPLACE
```
"""


async def test_change_shows_a_built_diff_and_writes_nothing_until_it_is_accepted(shop: Path) -> None:
    before = sources(shop)
    status, offered = await aid_json(shop, "change", "rename value value to worth")
    assert status == 0
    assert (offered["verdict"]["state"], offered["verdict"]["tier"], offered["proposer"]) == ("green", "test", "recipe")
    assert offered["files"] == ["bin/main.ml", "lib/stock.ml", "lib/stock.mli", "test/test_stock.ml"]
    assert "+let worth item" in offered["diff"]
    assert {"timings", "complaints"} <= offered.keys()
    assert sources(shop) == before
    status, accepted = await aid_json(shop, "accept", offered["id"])
    assert (status, accepted["applied"]) == (0, True)
    assert sources(shop) != before
    assert await dune(shop, "@default", "@runtest") == (0, "")


async def test_an_accepted_proposal_is_moved_onto_what_was_written_meanwhile(shop: Path) -> None:
    _, offered = await aid_json(shop, "change", "rename value value to worth")
    stock = shop / "lib" / "stock.ml"
    stock.write_text("(* written meanwhile *)\n" + stock.read_text())
    assert (await aid(shop, "accept", offered["id"]))[0] == 0
    assert stock.read_text().startswith("(* written meanwhile *)\ntype item")
    assert "let worth item" in stock.read_text()


async def test_a_proposal_that_no_longer_fits_is_stale_and_nothing_is_written(shop: Path) -> None:
    _, offered = await aid_json(shop, "change", "rename value value to worth")
    stock = shop / "lib" / "stock.ml"
    stock.write_text(stock.read_text().replace("let value item", "let value (item : item)"))
    before = sources(shop)
    status, _, errors = await aid(shop, "accept", offered["id"])
    assert (status, "no longer fits" in errors) == (3, True)
    assert sources(shop) == before


async def test_a_broken_build_is_fixed_and_applied_in_one_go(shop: Path) -> None:
    stock = shop / "lib" / "stock.ml"
    before = stock.read_text()
    stock.write_text(before.replace("List.fold_left", "List.fold_lft"))
    status, done = await aid_json(shop, "change", "--apply", "fix the build")
    assert (status, done["applied"], stock.read_text()) == (0, True, before)


async def test_fix_repairs_the_error_of_a_line_and_leaves_the_others(shop: Path) -> None:
    stock = shop / "lib" / "stock.ml"
    before = stock.read_text()
    line = next(number for number, text in enumerate(before.split("\n"), 1) if "List.fold_left" in text)
    stock.write_text(before.replace("List.fold_left", "List.fold_lft"))
    assert (await aid(shop, "fix"))[0] == 2
    status, done = await aid_json(shop, "fix", "--at", f"lib/stock.ml:{line}", "--tier", "type", "--apply")
    assert (status, done["applied"], stock.read_text()) == (0, True, before)


async def test_recipes_are_listed_with_an_example_each(shop: Path) -> None:
    status, listed, _ = await aid(shop, "recipes", "--json")
    assert status == 0
    assert {"rename", "fix", "promote", "add a parameter"} <= {entry["recipe"] for entry in json.loads(listed)}
    _, output, _ = await aid(shop, "recipes")
    assert "aid change 'rename Shape.area to surface'" in output
    assert 'failwith "TODO' in output


async def test_check_judges_a_diff_and_leaves_the_tree_alone(shop: Path) -> None:
    before = sources(shop)
    status, said = await aid_json(shop, "check", "-", stdin=BAD_DIFF)
    assert (status, said["verdict"]["state"], said["verdict"]["tier"]) == (1, "red", "type")
    first = said["verdict"]["diagnostics"][0]
    assert (first["file"], first["line"], first["severity"]) == ("lib/stock.ml", 6, "error")
    assert {"column", "message"} <= first.keys()
    assert (await aid_json(shop, "check", "--tier", "parse", "-", stdin=BAD_DIFF))[0] == 0
    status, said = await aid_json(shop, "check", "-", stdin=BAD_DIFF.replace("item.price *", "item.cost *"))
    assert (status, said["verdict"]["tier"], len(said["complaints"])) == (1, "apply", 1)
    assert sources(shop) == before
    assert not (shop / "_build").exists()


async def test_apply_reads_an_answer_and_writes_it_when_told_to(shop: Path) -> None:
    before = sources(shop)
    status, said = await aid_json(shop, "apply", "-", stdin=ANSWER)
    assert (status, said["files"], said["applied"]) == (0, ["lib/stock.ml"], False)
    assert sources(shop) == before
    assert (await aid(shop, "apply", "--write", "-", stdin=ANSWER))[0] == 0
    assert "let value { price; count; _ } = price * count" in (shop / "lib" / "stock.ml").read_text()
    status, said = await aid_json(shop, "apply", "-", stdin=ANSWER)
    assert (status, said["diff"], len(said["complaints"])) == (1, "", 1)


async def test_apply_points_out_files_that_would_not_parse(shop: Path) -> None:
    broken = "let a = (\n"
    answer = f"lib/stray.ml\n<<<<<<< SEARCH\n=======\n{broken}>>>>>>> REPLACE\n"
    status, said = await aid_json(shop, "apply", "-", stdin=answer)
    assert (status, said["broken"]) == (0, ["lib/stray.ml"])
    _, output, _ = await aid(shop, "apply", "-", stdin=answer)
    assert "lib/stray.ml does not parse with this change." in output
    assert (await aid_json(shop, "apply", "-", stdin=ANSWER))[1]["broken"] == []


async def test_what_no_recipe_understands_says_how_to_add_a_model(shop: Path) -> None:
    status, output, _ = await aid(shop, "change", "make it faster")
    assert status == 1
    assert "AID_MODEL_URL=" in output
    assert "AID_MODEL=" in output


async def test_a_model_whose_first_answer_is_red_repairs_it(shop: Path) -> None:
    red = ANSWER.replace("price * count\n>", "price *. count\n>")
    async with OpenAIServer() as server:
        server.enqueue(red)
        server.enqueue(ANSWER)
        model = {"AID_MODEL": "scripted", "AID_MODEL_URL": server.url, "AID_MODEL_FORMAT": "search_replace"}
        status, offered = await aid_json(shop, "change", "match on the fields in value", **model)
    assert (status, offered["verdict"]["state"], offered["proposer"]) == (0, "green", "model scripted")
    assert [each["state"] for each in offered["rounds"] if each["proposer"].startswith("model")] == ["red", "green"]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("change",), 2),
        (("frobnicate",), 2),
        (("change", "--at", "nothing.ml:3", "fix this"), 3),
        (("accept",), 3),
        (("accept", "99"), 3),
        (("check", "no-such-file.diff"), 3),
        (("status", "--root", "no-such-folder"), 3),
        (("status",), 0),
        (("--help",), 0),
        (("change", "--help"), 0),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else "",  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
)
async def test_exit_codes(shop: Path, arguments: tuple[str, ...], status: int) -> None:
    assert (await aid(shop, *arguments))[0] == status


async def test_an_error_is_one_sentence_on_stderr_and_an_object_in_json(shop: Path) -> None:
    _, output, errors = await aid(shop, "accept")
    assert (output, errors) == ("", snapshot("aid: No proposal is open; make one with `aid change INSTRUCTION`.\n"))
    _, said = await aid_json(shop, "accept")
    assert said == snapshot(
        {"error": {"kind": "NotFound", "message": "No proposal is open; make one with `aid change INSTRUCTION`."}}
    )


async def test_doctor_finds_the_tools_and_says_what_to_do_about_what_is_missing(shop: Path) -> None:
    status, said = await aid_json(shop, "doctor")
    found = {finding["what"]: finding["state"] for finding in said["findings"]}
    assert (status, said["usable"]) == (0, True)
    assert {"dune", "ocaml", "judge", "grammars", "state", "lanes"} <= {what for what, state in found.items() if state == "ok"}
    assert found["model"] == "note"
    status, said = await aid_json(shop, "doctor", PATH=str(Path(sys.executable).parent))
    assert (status, said["usable"]) == (1, False)
    assert all(finding["advice"] for finding in said["findings"] if finding["state"] == "bad")
