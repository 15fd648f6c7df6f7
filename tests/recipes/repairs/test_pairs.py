"""An implementation and its interface that disagree: which of the two gives way is told by the instruction, the last commit, or those who use it; else neither does."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.recipes.workshop import workshop

pytestmark = pytest.mark.dune

GREEN = {
    "lib/dune": "(library (name lib))\n",
    "lib/b.ml": "let half x = x / 2\nlet total x = half (x + 1)\n",
    "lib/b.mli": "val total : int -> int\n",
}


async def ask(folder: Path, edited: Mapping[str, str], instruction: str = "fix the build", *, commit: bool = True) -> str:
    """What comes of an instruction in a project that was green when it was committed, and was edited since."""
    async with workshop(folder, GREEN) as shop:
        if commit:
            for command in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "green")):
                who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
                child = await asyncio.create_subprocess_exec("git", *who, *command, cwd=shop.root)
                assert await child.wait() == 0
        for path, text in edited.items():
            (shop.root / path).write_text(text)
        return await shop.ask(instruction)


async def test_a_mistake_in_the_implementation_is_not_carried_into_the_interface(tmp_path: Path) -> None:
    """Nobody uses `total`: the interface could follow, but it is the implementation that was edited."""
    edited = {"lib/b.ml": "let half x = x / 2\nlet total x = float_of_int (half (x + 1))\n"}
    assert await ask(tmp_path, edited) == snapshot("""\
fix lib/b.ml:1: float_of_int (half (x + 1)) becomes half (x + 1)
lib/b.ml
  - let total x = float_of_int (half (x + 1))
  + let total x = half (x + 1)
""")


async def test_nor_is_it_where_nothing_is_committed(tmp_path: Path) -> None:
    edited = {"lib/b.ml": "let half x = x / 2\nlet total x = float_of_int (half (x + 1))\n"}
    assert await ask(tmp_path, edited, commit=False) == snapshot("""\
fix lib/b.ml:1: float_of_int (half (x + 1)) becomes half (x + 1)
lib/b.ml
  - let total x = float_of_int (half (x + 1))
  + let total x = half (x + 1)
""")


async def test_a_mistake_without_a_small_repair_is_left_and_the_two_ways_are_named(tmp_path: Path) -> None:
    edited = {"lib/b.ml": 'let total x = "half of " ^ x\n'}
    assert await ask(tmp_path, edited) == snapshot(
        "declined: lib/b.ml:1: the implementation has `val total : string -> string`, the interface says `val total : int -> int`, and nothing tells which is meant: ask to `fix the interface` or to `fix the implementation`."
    )


async def test_the_interface_follows_if_the_instruction_says_so(tmp_path: Path) -> None:
    edited = {"lib/b.ml": 'let total x = "half of " ^ x\n'}
    assert await ask(tmp_path, edited, "fix the interface of lib/b.ml") == snapshot("""\
fix lib/b.ml:1: the interface follows the implementation: val total : string -> string
lib/b.mli
  - val total : int -> int
  + val total : string -> string
""")


async def test_the_interface_follows_if_it_is_what_was_edited(tmp_path: Path) -> None:
    edited = {"lib/b.mli": "(** A sum. *)\nval total : int -> string\n"}
    assert await ask(tmp_path, edited) == snapshot("""\
fix lib/b.ml:1: the interface follows the implementation: val total : int -> int
lib/b.mli
  - val total : int -> string
  + val total : int -> int
""")


async def test_but_not_if_the_instruction_says_otherwise(tmp_path: Path) -> None:
    edited = {"lib/b.mli": "(** A sum. *)\nval total : int -> string\n"}
    assert await ask(tmp_path, edited, "fix this error in the implementation") == snapshot("""\
fix lib/b.ml:1: half (x + 1) becomes string_of_int (half (x + 1))
lib/b.ml
  - let total x = half (x + 1)
  + let total x = string_of_int (half (x + 1))
""")


async def test_the_interface_follows_if_those_who_use_it_were_changed_too(tmp_path: Path) -> None:
    edited = {"lib/b.ml": 'let total x = "half of " ^ x\n', "lib/c.ml": 'let z = B.total "two"\n'}
    assert await ask(tmp_path, edited) == snapshot("""\
fix lib/b.ml:1: the interface follows the implementation: val total : string -> string
lib/b.mli
  - val total : int -> int
  + val total : string -> string
""")


async def test_of_two_names_the_one_that_was_edited_gives_way(tmp_path: Path) -> None:
    assert await ask(tmp_path / "ml", {"lib/b.ml": "let half x = x / 2\nlet totla x = half (x + 1)\n"}) == snapshot("""\
fix lib/b.ml:1: totla becomes total, as the interface calls it
lib/b.ml
  - let totla x = half (x + 1)
  + let total x = half (x + 1)
""")
    assert await ask(tmp_path / "mli", {"lib/b.mli": "val totla : int -> int\n"}) == snapshot("""\
fix lib/b.ml:1: totla becomes total in the interface, as the implementation calls it
lib/b.mli
  - val totla : int -> int
  + val total : int -> int
""")
