"""What `unified` writes, `git apply` and `patch -p1` take."""

import subprocess
from pathlib import Path

import pytest

from aid_lsp.edits.diff import unified
from aid_lsp.edits.patch import FileChange, Patch

CASES = {
    "plain": [FileChange("lib/a.ml", "let a = 1\nlet b = 2\n", "let a = 1\nlet b = 3\n")],
    "no newline at either end": [FileChange("a.ml", "x\ny", "x\nz")],
    "newline added": [FileChange("a.ml", "x\ny", "x\ny\n")],
    "newline removed": [FileChange("a.ml", "x\ny\n", "x\ny")],
    "CRLF": [FileChange("a.ml", "x\r\ny\r\nz\r\n", "x\r\nY\r\nz\r\n")],
    "lone CR and form feed": [FileChange("a.ml", "x\ry\n\f\n", "x\rY\n\f\n")],
    "created and deleted": [FileChange("new/a.ml", None, "let a = 1\n"), FileChange("old.ml", "let b = 1\n", None)],
    "empty files": [FileChange("new.ml", None, ""), FileChange("full.ml", "", "x\n")],
    "emptied": [FileChange("a.ml", "x\ny\n", "")],
    "path with a space": [FileChange("my lib/a b.ml", "x\ny\n", "x\nz\n")],
    "path with letters": [FileChange('lib/é\t"😋.ml', "x\n", "y\n")],
    "lines like headers": [FileChange("a.ml", "-- a/x\n++ b/x\n@@ x\n", "-- a/x\n++ b/y\n@@ x\n-- z\n")],
    "renamed": [FileChange("old name.ml", "x\ny\nz\n", None), FileChange("new/name.ml", None, "x\ny\nZ\n", "old name.ml")],
    "only renamed": [FileChange("old name.ml", "x\n", None), FileChange("new name.ml", None, "x\n", "old name.ml")],
}


@pytest.mark.parametrize("tool", [("git", "apply", "-"), ("patch", "-p1", "-s")], ids=["git", "patch"])
@pytest.mark.parametrize("changes", CASES.values(), ids=CASES.keys())
def test_taken(tool: tuple[str, ...], changes: list[FileChange], tmp_path: Path) -> None:
    for change in changes:
        if change.before is not None:
            (tmp_path / change.path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / change.path).write_bytes(change.before.encode())
    done = subprocess.run(tool, cwd=tmp_path, input=unified(Patch.of(changes)).encode(), capture_output=True, check=False)  # noqa: TID251 - a test of another program
    assert done.returncode == 0, done.stderr
    found = {path.relative_to(tmp_path).as_posix(): path.read_bytes().decode() for path in tmp_path.rglob("*") if path.is_file()}
    wanted = {change.path: change.after for change in changes if change.after is not None}
    if tool[0] == "patch":
        # GNU patch takes emptied files away
        found, wanted = ({path: text for path, text in files.items() if text} for files in (found, wanted))
    assert found == wanted
