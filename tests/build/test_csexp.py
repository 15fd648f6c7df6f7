"""Canonical s-expressions: what is written is read back, in whatever pieces it comes; garbage is refused at once."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aid_lsp.build.csexp import Garbage, Reader, Sexp, encode, items, number, record, text

values = st.recursive(st.binary(max_size=20), lambda inner: st.lists(inner, max_size=4), max_leaves=20)


@given(st.lists(values, max_size=4), st.lists(st.integers(0, 200), max_size=6))
def test_values_survive_any_cutting(sent: list[Sexp], cuts: list[int]) -> None:
    data = b"".join(encode(value) for value in sent)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    reader = Reader()
    got = [value for a, b in itertools.pairwise(places) for value in reader.feed(data[a:b])]
    assert got == sent


@pytest.mark.parametrize("data", [b")", b"(4:ping))", b"x", b"12345678901:", b"-1:", b"1", b"99999999999", b" ", b"(" * 5000])
def test_garbage_is_refused_or_waited_for_but_never_believed(data: bytes) -> None:
    reader = Reader()
    try:
        assert reader.feed(data) in ([], [[b"ping"]])
    except Garbage:
        return
    assert data in (b"1",), "only an unfinished length may still become something"


@given(st.binary(max_size=200))
def test_any_bytes_end_in_values_or_garbage(data: bytes) -> None:
    reader = Reader()
    try:
        for at in range(len(data)):
            reader.feed(data[at : at + 1])
    except Garbage:
        pass


def test_an_atom_of_a_gigabyte_is_refused_before_it_comes() -> None:
    with pytest.raises(Garbage):
        Reader().feed(b"(1000000000:")


def test_numbers_and_texts_become_atoms() -> None:
    assert encode(["ping", 1, ["é"]]) == b"(4:ping1:1(2:\xc3\xa9))"


def test_a_record_is_read_in_any_order_and_without_its_oddities() -> None:
    fields = record([[b"b", b"2"], [b"a", [b"x"]], b"odd", [b"odd"], [[b"a"], b"odd"]])
    assert fields == {"b": b"2", "a": [b"x"]}
    assert (number(fields["b"]), number(fields["a"], 7), text(fields.get("none")), items(fields["b"])) == (2, 7, "", [])
