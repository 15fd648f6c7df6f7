from textwrap import dedent

import pytest

from aid_lsp.edits.patch import Patch
from aid_lsp.errors import Stale
from aid_lsp.proposals.offer import move, moved_or_stale
from tests.proposals.samples import patch


class Texts(dict[str, str]):
    def text(self, path: str) -> str | None:
        return self.get(path)

    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self))


def check_moves(made: Patch, now: dict[str, str], expect: Patch) -> None:
    assert move(made, Texts(now)) == expect


def check_stale(made: Patch, now: dict[str, str], *expect: str) -> None:
    with pytest.raises(Stale) as error:
        moved_or_stale(made, Texts(now))
    for words in expect:
        assert words in str(error.value)


BEFORE = dedent("""\
    let a = 1

    let b = 2

    let c = 3
    """)
AFTER = BEFORE.replace("let b = 2", "let b = 20")
RENAME = patch(("a.ml", BEFORE, AFTER))


def test_an_untouched_text_takes_it_as_proposed() -> None:
    check_moves(RENAME, {"a.ml": BEFORE}, RENAME)


def test_what_was_typed_elsewhere_stays() -> None:
    typed = "(* new *)\n" + BEFORE.replace("c = 3", "c = 33")
    check_moves(RENAME, {"a.ml": typed}, patch(("a.ml", typed, typed.replace("b = 2", "b = 20"))))


def test_typing_in_the_same_place_makes_it_stale_with_file_and_line() -> None:
    check_stale(RENAME, {"a.ml": BEFORE.replace("b = 2", "b = 5")}, "a.ml was changed at line 3")


def test_one_file_that_does_not_fit_keeps_all_from_it() -> None:
    both = patch(("a.ml", BEFORE, AFTER), ("b.ml", "let x = 1\n", "let x = 2\n"))
    check_stale(both, {"a.ml": BEFORE}, "b.ml is gone", "Nothing was changed")


def test_what_is_already_so_drops_out() -> None:
    check_moves(RENAME, {"a.ml": AFTER}, Patch(()))


@pytest.mark.parametrize(
    ("made", "now", "expect"),
    [
        pytest.param(patch(("n.ml", None, "x")), {}, patch(("n.ml", None, "x")), id="a new file"),
        pytest.param(patch(("n.ml", None, "x")), {"n.ml": "x"}, Patch(()), id="a new file that is there"),
        pytest.param(patch(("o.ml", "x", None)), {"o.ml": "x"}, patch(("o.ml", "x", None)), id="a deletion"),
        pytest.param(patch(("o.ml", "x", None)), {}, Patch(()), id="a deletion of what is gone"),
    ],
)
def test_files_that_come_and_go(made: Patch, now: dict[str, str], expect: Patch) -> None:
    check_moves(made, now, expect)


def test_a_file_that_appeared_meanwhile_is_not_overwritten() -> None:
    check_stale(patch(("n.ml", None, "x")), {"n.ml": "mine"}, "n.ml exists by now")


def test_a_file_that_was_edited_meanwhile_is_not_deleted() -> None:
    check_stale(patch(("o.ml", "x", None)), {"o.ml": "x and more"}, "o.ml was changed, and the proposal deletes it")
