"""Failing tests are shown at their own lines, as far as what they printed tells them."""

from pathlib import Path

from aid_lsp.build.diagnostics import parse_output
from aid_lsp.build.test_places import at_their_tests
from aid_lsp.workspace.diagnostic import Related
from tests.build.faults import CLEAN, faulty, write
from tests.build.test_diagnostics_of_every_fault import said_on_stderr


def placed(root: Path, text: str) -> list[tuple[str | None, int]]:
    return [(one.path, one.line) for one in at_their_tests(parse_output(text, root), root)]


def test_alcotest_and_ounit_are_found_by_the_names_of_their_tests(tmp_path: Path) -> None:
    for name in ("21-failing-alcotest", "22-failing-ounit"):
        write(tmp_path, CLEAN | {path: text or "" for path, text in faulty(name).items()})
        (found,) = at_their_tests(parse_output(said_on_stderr(f"{name}.txt"), tmp_path), tmp_path)
        assert found.path is not None
        line = (tmp_path / found.path).read_text().split("\n")[found.line - 1]
        assert ('test_case "rect"' in line) or ('"area" >::' in line)
        assert found.related[0].path == "test/dune"


def test_assertions_and_backtraces_name_their_lines(tmp_path: Path) -> None:
    write(tmp_path, {"test/t.ml": "\n\nlet () = assert false\n", "test/dune": "(test (name t))\n"})
    header = 'File "test/dune", line 1, characters 12-13:\n1 | (test (name t))\n                ^\n'
    assert placed(tmp_path, f'{header}Fatal error: exception Assert_failure("test/t.ml", 3, 9)\n') == [("test/t.ml", 3)]
    frames = 'Fatal error: exception Not_found\nRaised at Stdlib__List.find in file "list.ml", line 9, characters 1-2\n'
    frames += 'Called from Dune__exe__T.go in file "test/t.ml", line 2, characters 4-9\n'
    (found,) = at_their_tests(parse_output(header + frames, tmp_path), tmp_path)
    assert (found.path, found.line, found.column) == ("test/t.ml", 2, 4)
    assert found.related == (Related("test/dune", 1, 12, "this stanza runs the test"),)


def test_what_does_not_tell_stays_at_its_stanza(tmp_path: Path) -> None:
    write(tmp_path, {"test/dune": "(test (name t))\n"})
    header = 'File "test/dune", line 1, characters 12-13:\n'
    for said in ("Fatal error: exception Not_found", 'exception Assert_failure("/etc/passwd", 1, 0)', "[FAIL]  a  0  b."):
        assert placed(tmp_path, f"{header}{said}\n") == [("test/dune", 1)]
