"""`./dev demo` keeps its word: with recipes alone, and with a model that first errs."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.openai_server import OpenAIServer

pytestmark = [pytest.mark.dune, pytest.mark.slow]

DEMO = Path(__file__).parents[1] / "demo"

LARGEST = """Here it is.

lib/book.mli
```ocaml
<<<<<<< SEARCH
val accounts : t -> Account.t list
=======
val accounts : t -> Account.t list

val largest : t -> Entry.t option
(** The entry with the largest single posting, whatever its sign. *)

>>>>>>> REPLACE
```

lib/book.ml
```ocaml
<<<<<<< SEARCH
let explain = function
=======
let largest book =
  let size (entry : Entry.t) =
    List.fold_left (fun size (posting : Entry.posting) -> max size (SIZE posting.amount)) Money.zero entry.postings
  in
  let larger best entry =
    match best with Some known when size known >= size entry -> best | Some _ | None -> Some entry
  in
  List.fold_left larger None book

let explain = function
>>>>>>> REPLACE
```

test/test_tally.ml
```ocaml
<<<<<<< SEARCH
  check "debts are shown as positive amounts"
=======
  check "the largest entry is the salary"
    (match Book.largest read with Some entry -> entry.memo = "salary" | None -> false);
  check "debts are shown as positive amounts"
>>>>>>> REPLACE
```
"""


@pytest.fixture
def leftovers() -> Iterator[None]:
    before = set(Path("/tmp").glob("aid-demo.*"))
    yield
    assert set(Path("/tmp").glob("aid-demo.*")) <= before


async def demo(*arguments: str) -> tuple[int, str]:
    child = await asyncio.create_subprocess_exec(
        "sh",
        str(DEMO / "demo.sh"),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(240):
        output, _ = await child.communicate()
    assert child.returncode is not None
    return child.returncode, output.decode()


def project() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in (DEMO / "tally").rglob("*") if path.is_file()}


@pytest.mark.usefixtures("leftovers")
async def test_recipes_alone_do_the_main_job() -> None:
    before = project()
    status, output = await demo()
    assert status == 0, output
    assert output.count("dune is green.") == 3
    assert output.count("(by recipe)") == 2
    assert "value = amount" in output
    assert "Did you mean" in output
    assert output.rstrip().endswith("or a code action in your editor (README).")
    assert project() == before


@pytest.mark.usefixtures("leftovers")
async def test_a_model_is_asked_again_until_dune_is_green(monkeypatch: pytest.MonkeyPatch) -> None:
    async with OpenAIServer() as server:
        monkeypatch.setenv("AID_MODEL_URL", server.url)
        server.enqueue(LARGEST.replace("SIZE", "Money.abs"))
        server.enqueue(LARGEST.replace("SIZE posting.amount", "max posting.amount (Money.neg posting.amount)"))
        status, output = await demo("--model", "scripted")
        assert status == 0, output
        assert "Money.abs" in str(server.requests[1].messages), "the second question tells what was wrong with the first answer"
    assert output.count("dune is green.") == 3
    assert "(by model scripted)" in output
    assert "(by recipe)" in output, "what the compiler hints at needs no model"


@pytest.mark.usefixtures("leftovers")
async def test_a_model_that_does_not_answer_is_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AID_MODEL_URL", "http://127.0.0.1:9/v1")
    status, output = await demo("--model", "nobody")
    assert status == 3
    assert "Nothing listens at http://127.0.0.1:9/v1" in output
    assert "The demo ends here" in output
    assert "Applied" not in output


def test_the_demo_needs_nothing_but_dune() -> None:
    assert shutil.which("dune")
    assert not [path for path in (DEMO / "tally").rglob("dune") if "ppx" in path.read_text("utf-8")]
