"""Dune's RPC diagnostics as values, and joined with what its text says."""

from pathlib import Path

from aid_lsp.build.csexp import Plain, Reader, Sexp, encode
from aid_lsp.build.rpc_diagnostics import from_rpc, merged
from aid_lsp.workspace.diagnostic import Diagnostic, Related


def wire(value: Plain) -> Sexp:
    return Reader().feed(encode(value))[0]


def place(path: str, line: int, start: int, end: int) -> Plain:
    def at(column: int) -> Plain:
        return [["pos_bol", 100], ["pos_cnum", 100 + column], ["pos_fname", path], ["pos_lnum", line]]

    return [["start", at(start)], ["stop", at(end)]]


def report(message: str, loc: Plain | None, related: Plain = (), promotion: Plain = ()) -> Plain:
    fields: list[Plain] = [["id", 0], ["message", ["Vbox", [0, ["Verbatim", message]]]], ["severity", "error"]]
    fields += [["related", related], ["promotion", promotion], ["targets", []]]
    return [*fields, ["loc", loc]] if loc is not None else fields


def test_a_report_has_its_place_in_bytes_and_its_related_places(tmp_path: Path) -> None:
    other: Plain = [[["loc", place(f"{tmp_path}/lib/foo.mli", 7, 0, 29)], ["message", ["Verbatim", "Expected declaration"]]]]
    answer = wire([report('The implementation "lib/foo.pp.ml"', place(f"{tmp_path}/lib/foo.pp.ml", 14, 4, 9), other)])
    assert from_rpc(answer, tmp_path) == (
        Diagnostic(
            "lib/foo.ml",
            14,
            4,
            14,
            9,
            "error",
            'The implementation "lib/foo.ml"',
            related=(Related("lib/foo.mli", 7, 0, "Expected declaration"),),
        ),
    )


def test_the_folder_that_dune_names_twice_is_named_once(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/dune").write_text("")
    answer = wire([report("F", place(f"{tmp_path}/a/b/a/b/dune", 1, 0, 1))])
    assert [one.path for one in from_rpc(answer, tmp_path)] == ["a/b/dune"]


def test_a_failing_inline_test_finds_its_place_in_its_text(tmp_path: Path) -> None:
    said = 'File "lib/foo.ml", line 16, characters 0-38: total empty is false.\n\nFAILED 1 / 2 tests\n'
    assert from_rpc(wire([report(said, None)]), tmp_path) == (
        Diagnostic("lib/foo.ml", 16, 0, 16, 38, "error", "total empty is false."),
    )


def test_nonsense_is_read_as_little(tmp_path: Path) -> None:
    for nonsense in (wire([]), wire("x"), wire([[]]), wire([["a", "b"], [["loc", [["start", "x"]]]]])):
        for one in from_rpc(nonsense, tmp_path):
            assert one.line == 1


AT = Diagnostic("lib/foo.ml", 14, 4, 14, 9, "error", "")


def but(message: str, code: str | None = None, related: tuple[Related, ...] = ()) -> Diagnostic:
    return Diagnostic(AT.path, AT.line, AT.column, AT.end_line, AT.end_column, "error", message, code, related)


def test_the_text_has_the_code_and_rpc_the_end_of_the_message() -> None:
    noisy = but("unused x.\nTesting `foo'.\nOK", "26 [unused-var]")
    assert merged([noisy], [but("unused x.")]) == (but("unused x.", "26 [unused-var]"),)


def test_what_only_one_side_knows_is_kept() -> None:
    only = Diagnostic("bin/main.ml", 1, 0, 1, 1, "error", "other")
    assert merged([but("a")], [only]) == (but("a"), only)


def test_dunes_own_chain_is_kept() -> None:
    chain = 'Library "x" not found.\n-> required by lib\n-> required by alias default'
    assert merged([but(chain)], [but('Library "x" not found.')]) == (but(chain),)


def test_related_places_come_from_whoever_has_them() -> None:
    related = (Related("a.mli", 1, 0, "Expected"),)
    assert merged([but("m")], [but("m", related=related)]) == (but("m", related=related),)
