"""The tools that people use today, on the same answers: `git apply`, `patch`, and aider's own readers in a process of their own.

Each gets its input in the shape it wants (no fences, no talk) where a person would cut that away; what it then does is its own.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.apply.case import Tree
from benchmarks.apply.corpus import CACHE

Outcome = Tree | None
"""The files afterwards; None where the tool refused and changed nothing."""
Peer = Callable[[Tree, str], Outcome]

_FENCE = re.compile(r"^(```+)(?:diff)[ \t]*\r?\n(.*?)^\1[ \t]*\r?$\n?", re.MULTILINE | re.DOTALL)


def bare_diff(text: str) -> str:
    """What stands in the answer's diff fences; all of it where there are none."""
    found = [match[2] for match in _FENCE.finditer(text)]
    return "".join(found) if found else text


def _in_folder(tree: Tree, command: list[str], text: str) -> Outcome:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, content in tree.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content.encode())
        done = subprocess.run(
            command,
            cwd=folder,
            input=bare_diff(text).encode(),
            capture_output=True,
            env={**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)},
        )
        after: Tree = {}
        for path in folder.rglob("*"):
            if path.is_file() and not path.name.endswith((".orig", ".rej")):
                after[path.relative_to(folder).as_posix()] = path.read_bytes().decode("utf-8", "replace")
        return _judged(tree, after, refused=done.returncode != 0)


def _judged(tree: Tree, after: Tree, *, refused: bool) -> Outcome:
    """A tool that refuses and has changed files all the same has applied half: whatever was meant, not that."""
    if not refused:
        return after
    return None if after == tree else {**after, "(half applied)": ""}


def git_apply(tree: Tree, text: str) -> Outcome:
    """`git apply`, as people call it."""
    return _in_folder(tree, ["git", "apply", "-"], text)


def gnu_patch(tree: Tree, text: str) -> Outcome:
    """`patch -p1`, with its usual fuzz."""
    return _in_folder(tree, ["patch", "-p1", "-f", "-s", "--no-backup-if-mismatch"], text)


class Aider:
    """aider-chat's edit-block and udiff coders, from the package itself, kept in a folder of its own."""

    def __init__(self) -> None:
        folder = CACHE / "aider"
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            wanted = Path(__file__).parent / "requirements" / "bench.txt"
            pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
            subprocess.run([*pip, "--target", str(folder), "-r", str(wanted)], check=True)
            (folder / "ready").touch()
        bridge = [sys.executable, str(Path(__file__).with_name("aider_bridge.py")), str(folder)]
        self.process = subprocess.Popen(bridge, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def peer(self, coder: str) -> Peer:
        """The reader of one of its formats: `editblock` or `udiff`."""

        def run(tree: Tree, text: str) -> Outcome:
            assert self.process.stdin is not None and self.process.stdout is not None
            self.process.stdin.write(json.dumps({"coder": coder, "files": tree, "text": text}) + "\n")
            self.process.stdin.flush()
            after = json.loads(self.process.stdout.readline())
            return _judged(tree, after["files"], refused=after["refused"])

        return run

    def close(self) -> None:
        """Ends its process."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()
