"""What people use today for the same: the open file, plain BM25 over files, aider's repository map. All count tokens alike."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from aid_lsp.ocaml.names import is_dune, is_ocaml
from aid_lsp.workspace.view import View
from benchmarks.apply.corpus import CACHE
from benchmarks.context.case import HEADER_TOKENS, Case, Shown, count_tokens

_WORD = re.compile(r"\w+")


def sources(view: View) -> list[str]:
    """What peers may show: OCaml and dune files."""
    return [path for path in view.paths() if is_ocaml(path) or is_dune(path) or path.endswith((".mll", ".mly"))]


class Sheet:
    """Lines of files, up to a number of tokens."""

    def __init__(self, budget: int) -> None:
        self.left = budget
        self.rows: dict[str, set[int]] = {}

    def add(self, path: str, text: str, rows: range) -> bool:
        """Adds lines, or as many of them as fit; whether all did."""
        lines = text.split("\n")
        self.left -= 0 if path in self.rows else HEADER_TOKENS
        for row in rows:
            cost = count_tokens(lines[row] + "\n") if row < len(lines) else 0
            if cost > self.left:
                return False
            self.left -= cost
            self.rows.setdefault(path, set()).add(row)
        return True

    def open_file(self, path: str, text: str, line: int) -> None:
        """The whole file where it fits, else as much around the place as does."""
        total = text.count("\n") + 1
        if count_tokens(text) + HEADER_TOKENS <= self.left:
            self.add(path, text, range(total))
            return
        lines = text.split("\n")
        low, high, room = line, line, self.left - HEADER_TOKENS - 8
        while room > 0 and (low > 0 or high < total):
            if high < total:
                room -= count_tokens(lines[high] + "\n")
                high += 1
            if low > 0 and room > 0:
                low -= 1
                room -= count_tokens(lines[low] + "\n")
        self.add(path, text, range(low, high))

    @property
    def shown(self) -> Shown:
        """What is on it."""
        return {path: frozenset(rows) for path, rows in self.rows.items()}


def open_file(case: Case, view: View, budget: int) -> tuple[Shown, int]:
    """The open file only."""
    sheet = Sheet(budget)
    sheet.open_file(case.path, view.text(case.path) or "", case.line)
    return sheet.shown, budget - sheet.left


def bm25(case: Case, view: View, budget: int, *, open_first: bool) -> tuple[Shown, int]:
    """Whole files in the order of BM25 (SQLite's, with its own tokenizer), asked with the subject and the place's line."""
    text = view.text(case.path) or ""
    lines = text.split("\n")
    words = dict.fromkeys(_WORD.findall(f"{case.instruction} {lines[case.line] if case.line < len(lines) else ''}"))
    base = sqlite3.connect(":memory:")
    base.execute("CREATE VIRTUAL TABLE files USING fts5(path, body)")
    rows = [(path, (view.text(path) or "").encode("utf-8", "replace").decode()) for path in sources(view)]
    base.executemany("INSERT INTO files VALUES (?, ?)", rows)
    query = " OR ".join(f'"{word}"' for word in words)
    ranked = (
        [row[0] for row in base.execute("SELECT path FROM files WHERE files MATCH ? ORDER BY rank LIMIT 50", (query,))]
        if query
        else []
    )
    base.close()
    sheet = Sheet(budget)
    if open_first:
        sheet.open_file(case.path, text, case.line)
    for path in ranked:
        if path in sheet.rows:
            continue
        body = view.text(path) or ""
        if not sheet.add(path, body, range(body.count("\n") + 1)):
            break
    return sheet.shown, budget - sheet.left


def map_folder() -> Path:
    """Where aider's map lies; it is fetched the first time."""
    folder = CACHE / "aider-map"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        print("installing aider's repository map for the comparison", file=sys.stderr)
        wanted = Path(__file__).parent / "requirements" / "bench.txt"
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--target", str(folder), "-r", str(wanted)], check=True)
        (folder / "ready").touch()
    return folder


class AiderMap:
    """aider-chat's RepoMap, from the package itself, kept in a folder of its own."""

    def __init__(self) -> None:
        folder = map_folder()
        bridge = [sys.executable, str(Path(__file__).with_name("aider_map_bridge.py")), str(folder)]
        self.process = subprocess.Popen(bridge, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, case: Case, view: View, budget: int, *, open_first: bool) -> Callable[[], tuple[Shown, int]]:
        """The map alone, with the place's file among the mentioned ones; or the open file whole and the map of the rest.

        It works in its own process: the answer is waited for when the result is called, in the order of the questions.
        """
        sheet = Sheet(budget)
        if open_first:
            sheet.open_file(case.path, view.text(case.path) or "", case.line)
        wanted = sources(view)
        job = {
            "case": case.name,
            "root": str(case.root),
            "chat": [case.path] if open_first else [],
            "others": [path for path in wanted if path != case.path or not open_first],
            "mentioned": [] if open_first else [case.path],
            "instruction": case.instruction,
            "budget": max(0, sheet.left),
        }
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        told = self.process.stdout

        def answer() -> tuple[Shown, int]:
            drawn: str = json.loads(told.readline())["map"]
            rows = {path: set(found) for path, found in sheet.rows.items()}
            for path, found in _rows_of_map(drawn, view, set(wanted)):
                rows.setdefault(path, set()).update(found)
            return {path: frozenset(found) for path, found in rows.items()}, budget - sheet.left + count_tokens(drawn)

        return answer

    def close(self) -> None:
        """Ends its process."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()


def _rows_of_map(drawn: str, view: View, known: set[str]) -> list[tuple[str, set[int]]]:
    """Which lines of which files a map shows: it prints them in order, cut at 100 characters."""
    found: list[tuple[str, set[int]]] = []
    lines: list[str] = []
    at = 0
    for line in drawn.split("\n"):
        if line.endswith(":") and line[:-1] in known:
            found.append((line[:-1], set()))
            lines, at = (view.text(line[:-1]) or "").split("\n"), 0
        elif line[:1] in "│█" and line and found:
            for row in range(at, len(lines)):
                if lines[row][:99].rstrip() == line[1:].rstrip():
                    found[-1][1].add(row)
                    at = row + 1
                    break
    return found
