"""What models do to correct answers without a thought: drafts, escapes, listings, more lines than they searched for."""

import random
import re
from collections.abc import Callable

from aid_lsp.edits.anchor import Named
from aid_lsp.ocaml.anchor import OCamlAnchor
from benchmarks.apply.answers import Answer, Hunk, Part, lines_of, render
from benchmarks.apply.case import Case
from benchmarks.apply.damages import ALL, HUNKS, Damage, hunks_in

_DRAFT = " (* draft *)"


def _draft(given: Answer) -> str:
    """The same answer with another first new line: what a model thinks of before it answers."""
    draft = given.copy()
    for part in draft.parts:
        if part.text:
            part.text = part.text.rstrip("\n") + _DRAFT + "\n"
            break
        index = next((index for hunk in part.hunks for index, (tag, _) in enumerate(hunk.rows) if tag == "+"), None)
        if index is not None:
            hunk = next(hunk for hunk in part.hunks if any(tag == "+" for tag, _ in hunk.rows))
            hunk.rows[index] = ("+", hunk.rows[index][1] + _DRAFT)
            break
    return render(draft)


def thoughts(given: Answer, case: Case, rng: random.Random) -> str | None:
    tag = rng.choice(("think", "thinking", "reasoning"))
    opening = rng.choice((f"<{tag}>\n", f"Let me see.\n<{tag}>\n", ""))
    return f"{opening}Perhaps like this:\n\n{_draft(given)}\nNo, there is a better way.\n</{tag}>\n\n{render(given)}"


def path_comment(given: Answer, case: Case, rng: random.Random) -> str | None:
    touched = False
    for part in given.parts:
        name = part.path.rpartition("/")[2]
        comment = f"; {part.path}" if name.startswith("dune") else f"(* {part.path} *)"
        if part.op == "whole":
            part.text = f"{comment}\n{part.text}"
            touched = True
        elif part.op == "change":
            for hunk in part.hunks:
                hunk.rows.insert(0, ("+", comment))
                touched = True
    return render(given) if touched else None


def takes_back(given: Answer, case: Case, rng: random.Random) -> str | None:
    """First an edit of another file; then words that take it back, and the edit that is meant."""
    changed = {part.path for part in given.parts}
    others = [path for path, text in case.before.items() if path not in changed and path.endswith((".ml", ".mli"))]
    if not others:
        return None
    path = rng.choice(others)
    lines = lines_of(case.before[path])
    once = [line for line in lines if line.strip() and lines.count(line) == 1]
    if not once or "\r" in case.before[path]:
        return None
    line = rng.choice(once)
    first = Answer(given.format, [Part(path, "change", [Hunk([(" ", line), ("+", line + _DRAFT)], 0, 0)])], fenced=given.fenced)
    first.parts[0].hunks[0].count()
    words = rng.choice(
        (
            "Wait, that is the wrong file. Here is the right one:",
            "Oops, that does not work.",
            "**Correction:**",
            "Alternatively, do it where it belongs:",
            "### Option 2",
        )
    )
    return f"{render(first)}\n{words}\n\n{render(given)}"


def as_diff(given: Answer, case: Case, rng: random.Random) -> str | None:
    """The replacement is a diff of the searched lines."""
    touched = False
    for _, hunk in hunks_in(given):
        old = [(tag, text) for tag, text in hunk.rows if tag != "+"]
        if old and any(tag == "+" for tag, _ in hunk.rows):
            hunk.rows = [*(("-", text) for _, text in old), *(("+", tag + text) for tag, text in hunk.rows)]
            touched = True
    return render(given) if touched else None


def plus_signs(given: Answer, case: Case, rng: random.Random) -> str | None:
    return _dressed(given, lambda number, line: f"+{line}")


def numbered_additions(given: Answer, case: Case, rng: random.Random) -> str | None:
    return _dressed(given, lambda number, line: f"{number:4} | {line}")


def _dressed(given: Answer, dress: Callable[[int, str], str]) -> str | None:
    touched = False
    for _, hunk in hunks_in(given):
        number = hunk.new
        rows: list[tuple[str, str]] = []
        for tag, text in hunk.rows:
            number += tag != "-"
            rows.append((tag, dress(number, text) if tag == "+" else text))
            touched = touched or (tag == "+" and bool(text.strip()))
        hunk.rows = rows
    return render(given) if touched else None


def repeats_below(given: Answer, case: Case, rng: random.Random) -> str | None:
    """The new lines go on with what stands below the searched ones anyway."""
    for _, hunk in hunks_in(given):
        last = max((index for index, (tag, _) in enumerate(hunk.rows) if tag != " "), default=-1)
        below = hunk.rows[last + 1 :]
        size = next((index + 1 for index, (_, text) in enumerate(below) if re.search(r"[^\W\d]{3}", text)), 0)
        if last < 0 or not size or hunk.rows[last][0] != "+":
            continue
        size = rng.randint(size, len(below))
        while not below[size - 1][1].strip():
            size -= 1
        hunk.rows = [*hunk.rows[: last + 1], *(("+", text) for _, text in below[:size])]
        hunk.count()
        return render(given)
    return None


def head_only(given: Answer, case: Case, rng: random.Random) -> str | None:
    """The search shows the first line of a definition, the replacement all of it."""
    anchor = OCamlAnchor()
    for part in given.parts:
        if part.op != "change" or not part.path.endswith(".ml"):
            continue
        before, after = case.before[part.path], case.after[part.path]
        if not anchor.sound(part.path, before) or not anchor.sound(part.path, after):
            continue
        news = _values(anchor.named(part.path, after))
        for name, old in _values(anchor.named(part.path, before)).items():
            new = news.get(name)
            if new is None or old.code.of(before) == new.code.of(after):
                continue
            if not anchor.sound(part.path, re.sub(r"^and\b", "let", new.code.of(after))):
                continue
            mine, theirs = old.code.of(before).split("\n"), new.code.of(after).split("\n")
            text = mine[0].rstrip()
            if (
                len(mine) > 1
                and len(theirs) > 1
                and not theirs[-1].endswith(";")
                and text.endswith("=")
                and lines_of(before).count(mine[0]) == 1
            ):
                part.hunks = [Hunk([("-", mine[0]), *(("+", line) for line in theirs)], 0, 0)]
                part.hunks[0].count()
                return render(given)
    return None


def _values(named: tuple[Named, ...]) -> dict[str, Named]:
    tops = [one for one in named if one.top and one.kind == "value"]
    names = [one.name for one in tops]
    return {one.name: one for one in tops if names.count(one.name) == 1}


def json_escapes(given: Answer, case: Case, rng: random.Random) -> str | None:
    return _escaped(given, case, '"', '\\"')


def web_escapes(given: Answer, case: Case, rng: random.Random) -> str | None:
    return _escaped(given, case, "->", "-&gt;")


def _escaped(given: Answer, case: Case, plain: str, escape: str) -> str | None:
    """New lines come escaped, in a file that parses before and after, and not with the escapes: in comments they could be meant."""
    touched = False
    for part in given.parts:
        if part.op != "change" or not part.path.endswith((".ml", ".mli")):
            continue
        if not all(OCamlAnchor().sound(part.path, tree[part.path]) for tree in (case.before, case.after)):
            continue
        for hunk in part.hunks:
            for index, (tag, text) in enumerate(hunk.rows):
                put = text.replace(plain, escape)
                if tag != "+" or put == text or "\\" in text or case.after[part.path].count(f"\n{text}\n") != 1:
                    continue
                if not OCamlAnchor().sound(part.path, case.after[part.path].replace(f"\n{text}\n", f"\n{put}\n")):
                    hunk.rows[index] = (tag, put)
                    touched = True
    return render(given) if touched else None


CARELESS_RECOVERABLE: dict[str, tuple[Damage, tuple[str, ...]]] = {
    "thoughts before": (thoughts, ALL),
    "path as a comment": (path_comment, ("search_replace", "whole_file")),
}
CARELESS: dict[str, tuple[Damage, tuple[str, ...]]] = {
    "takes back": (takes_back, HUNKS),
    "new lines as a diff": (as_diff, ("search_replace",)),
    "plus before new lines": (plus_signs, HUNKS),
    "numbers before new lines": (numbered_additions, HUNKS),
    "repeats lines below": (repeats_below, HUNKS),
    "head only": (head_only, ("search_replace",)),
    "JSON's escapes": (json_escapes, HUNKS),
    "a page's escapes": (web_escapes, HUNKS),
}
