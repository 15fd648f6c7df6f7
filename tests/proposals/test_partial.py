"""A part of a proposal and what is left of it are together the proposal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.errors import NotFound
from aid_lsp.proposals.partial import Choice, HunkName, hunk_id, hunks_of, split

_LINES = st.lists(
    st.sampled_from(["let x = 1\n", "let y = x\r\n", "(* \f *)\n", "\n", '"é😋"\u2028\n', "  {| x |}\n", "last", "a\r"]),
    max_size=40,
)
_TEXT = _LINES.map("".join)


@given(_TEXT, _TEXT, st.data())
def test_part_and_rest_make_the_whole_file(before: str, after: str, data: st.DataObject) -> None:
    patch = Patch.of([FileChange("a.ml", before, after)])
    if patch.empty:
        return
    count = len(hunks_of(patch.changes[0]))
    chosen = data.draw(st.sets(st.integers(0, count - 1), min_size=1))
    part, rest = split(patch, Choice(hunks=tuple(HunkName("a.ml", index) for index in chosen)))
    middle = part.changes[0].after if part.changes else before
    assert (part.changes[0].before if part.changes else before) == before
    assert (rest.changes[0].before if rest.changes else after) == middle
    assert (rest.changes[0].after if rest.changes else after) == after
    if len(chosen) == count:
        assert rest.empty


TEN = "".join(f"line {n}\n" for n in range(60))
CHANGED = TEN.replace("line 5\n", "LINE 5\n").replace("line 25\n", "LINE 25\nmore\n").replace("line 50\n", "")


def test_ids_name_the_same_hunk_after_another_one_was_taken() -> None:
    patch = Patch.of([FileChange("a.ml", TEN, CHANGED)])
    first, second, third = (hunk_id(hunk) for hunk in hunks_of(patch.changes[0]))
    _, rest = split(patch, Choice(hunks=(HunkName("a.ml", 1),)))
    assert [hunk_id(hunk) for hunk in hunks_of(rest.changes[0])] == [first, third]
    part, rest = split(rest, Choice(hunks=(HunkName("a.ml", id=third),)))
    assert part.changes[0].after == CHANGED.replace("LINE 5\n", "line 5\n")
    with pytest.raises(NotFound, match="no hunk"):
        split(rest, Choice(hunks=(HunkName("a.ml", id=second),)))


def test_files_are_taken_whole_and_renames_as_one() -> None:
    moved = [FileChange("old.ml", "x\n", None), FileChange("new.ml", None, "x\n", moved_from="old.ml")]
    patch = Patch.of([*moved, FileChange("b.ml", "1\n", "2\n"), FileChange("made.ml", None, "let m = 1\n")])
    for name in ("old.ml", "new.ml"):
        part, rest = split(patch, Choice(files=(name,)))
        assert (part.paths, rest.paths) == (("new.ml", "old.ml"), ("b.ml", "made.ml"))
    part, rest = split(patch, Choice(hunks=(HunkName("made.ml", 0), HunkName("new.ml", 0))))
    assert (part.paths, rest.paths) == (("made.ml", "new.ml", "old.ml"), ("b.ml",))


@pytest.mark.parametrize(
    "choice",
    [
        Choice(files=("c.ml",)),
        Choice(hunks=(HunkName("c.ml", 0),)),
        Choice(hunks=(HunkName("b.ml", 1),)),
        Choice(hunks=(HunkName("b.ml", id="x"),)),
    ],
)
def test_what_is_not_there_cannot_be_taken(choice: Choice) -> None:
    with pytest.raises(NotFound):
        split(Patch.of([FileChange("b.ml", "1\n", "2\n")]), choice)


def test_nothing_named_is_everything() -> None:
    patch = Patch.of([FileChange("b.ml", "1\n", "2\n")])
    assert split(patch, Choice()) == (patch, Patch(()))
