"""SQLite's BM25, which ranks for `mentions`, against the library bm25s: how many of a commit's edited definitions come how early.

Both are given the same words of the same definitions and the subject's words. FTS5 weighs columns: a definition's name counts six times;
bm25s has none, so there the name is repeated, or not ("plain").
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import fmean
from typing import Any

from aid_lsp.context.chunks import stems
from aid_lsp.context.mentions import asked_words
from aid_lsp.workspace.view import View
from benchmarks.apply.corpus import CACHE
from benchmarks.context.aid import Aid
from benchmarks.context.case import Case

MOST = (10, 40, 80)
_SHIFT = 20
Ranked = list[tuple[str, int]]


def _library() -> Any:
    folder = CACHE / "bm25s"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        wanted = Path(__file__).parent / "requirements" / "ranking.txt"
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--target", str(folder), "-r", str(wanted)], check=True)
        (folder / "ready").touch()
    sys.path.append(str(folder))
    import bm25s

    return bm25s


def ranking(cases: Iterable[Case]) -> dict[str, dict[str, float]]:
    """The share of edited definitions among the first so many, and the median time of a query and of making the index, by ranker."""
    bm25s = _library()
    aid = Aid()
    told: dict[str, dict[str, list[float]]] = {}
    count = 0
    for case in cases:
        count += 1
        print(f"\r{count} {case.name}          ", end="", file=sys.stderr, flush=True)
        view = View.freeze(case.root)
        aid.ready(case, view)
        wanted = list(dict.fromkeys(stem for word in asked_words(case.instruction) for stem in stems(word)))
        beyond = [d for d in case.truth.edited if (d.path, d.dotted) not in case.truth.at_place]
        if not wanted or not beyond:
            continue
        rows = aid.index._base.execute("SELECT rowid, home, name, body FROM words").fetchall()
        for name, (make, ask) in _rankers(aid, bm25s, rows).items():
            start = time.perf_counter()
            made = make()
            asked = time.perf_counter()
            found = ask(made, wanted)
            done = time.perf_counter()
            names = [(path, items[place].dotted) for path, place in found if (items := aid.index.items(view, path)) is not None]
            mine = told.setdefault(name, {})
            for most in MOST:
                first = set(names[:most])
                mine.setdefault(f"in the first {most}", []).append(sum((d.path, d.dotted) in first for d in beyond) / len(beyond))
            mine.setdefault("query ms", []).append(1000 * (done - asked))
            mine.setdefault("made in ms", []).append(1000 * (asked - start))
    print("\r", end="", file=sys.stderr)
    return {name: {measure: fmean(values) for measure, values in mine.items()} for name, mine in told.items()}


def _rankers(
    aid: Aid, bm25s: Any, rows: list[tuple[int, str, str, str]]
) -> dict[str, tuple[Callable[[], Any], Callable[..., Ranked]]]:
    index = aid.index

    def fts(_: object, wanted: list[str]) -> Ranked:
        return [(hit.path, hit.place) for hit in index.ranked(wanted, MOST[-1])]

    def made(weights: tuple[int, int, int], method: str) -> Any:
        texts = [[word for part, weight in zip(row[1:], weights, strict=True) for word in part.split() * weight] for row in rows]
        known: dict[str, int] = {}
        ids = [[known.setdefault(word, len(known)) for word in text] for text in texts]
        library = bm25s.BM25(method=method)
        library.index((ids, known), show_progress=False)
        return library, known

    def library(pair: Any, wanted: list[str]) -> Ranked:
        ranker, known = pair
        query = [word for word in wanted if word in known]
        if not query:
            return []
        found, scores = ranker.retrieve([query], k=min(MOST[-1], len(rows)), show_progress=False)
        best = [rows[int(place)][0] for place, score in zip(found[0], scores[0], strict=True) if score > 0]
        return [(index._paths[row >> _SHIFT], row & ((1 << _SHIFT) - 1)) for row in best]

    return {
        "SQLite FTS5": (lambda: None, fts),
        "bm25s (Lucene), names six times": (lambda: made((2, 6, 1), "lucene"), library),
        "bm25s (Lucene), plain": (lambda: made((1, 1, 1), "lucene"), library),
        "bm25s (BM25+), names six times": (lambda: made((2, 6, 1), "bm25+"), library),
    }
