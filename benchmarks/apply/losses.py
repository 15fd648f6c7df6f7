"""What models do to correct answers so that nobody can know any more what was meant: refuse, or be right."""

import random

from benchmarks.apply.answers import Answer, Hunk, render
from benchmarks.apply.case import Case
from benchmarks.apply.damages import ALL, HUNKS, Damage, hunks_in, only_spaces


def truncated(given: Answer, case: Case, rng: random.Random) -> str | None:
    text = render(given)
    part = given.parts[-1]
    if part.op == "delete":
        return None
    body = part.text or "\n".join(text for _, text in (part.hunks[-1].rows if part.hunks else []))
    size = max(20, len(body))
    start = max(10, len(text) - size - 4)
    return text[: rng.randrange(start, len(text) - 4)]


def stale_context(given: Answer, case: Case, rng: random.Random) -> str | None:
    return _stale(given, rng, " ")


def stale_change(given: Answer, case: Case, rng: random.Random) -> str | None:
    return _stale(given, rng, "-")


def _stale(given: Answer, rng: random.Random, kind: str) -> str | None:
    rows = [
        (hunk, index)
        for _, hunk in hunks_in(given)
        for index, (tag, text) in enumerate(hunk.rows)
        if tag == kind and len(text.strip()) > 4
    ]
    if not rows:
        return None
    hunk, index = rng.choice(rows)
    text = hunk.rows[index][1]
    words = text.split(" ")
    at = rng.randrange(len(words))
    words[at] = f"{words[at]}_was"
    hunk.rows[index] = (kind, " ".join(words))
    return render(given)


def no_divider(given: Answer, case: Case, rng: random.Random) -> str | None:
    given.markers = (given.markers[0], "", given.markers[2])
    return render(given)


def invented_path(given: Answer, case: Case, rng: random.Random) -> str | None:
    parts = [part for part in given.parts if part.op in ("change", "define")]
    if not parts:
        return None
    part = rng.choice(parts)
    for other in given.parts:
        if other is not part and other.path == part.path:
            other.path = "lib/no_such_file.ml"
    part.path = "lib/no_such_file.ml"
    return render(given)


def elided_addition(given: Answer, case: Case, rng: random.Random) -> str | None:
    phrase = rng.choice(
        ("(* ... rest unchanged ... *)", "(* ... *)", "  ...", "(* rest of the code unchanged *)", "(* existing code here *)")
    )
    for part in given.parts:
        if part.op in ("whole", "define"):
            lines = part.text.split("\n")
            if len(lines) < 8:
                return None
            at = rng.randrange(2, len(lines) - 4)
            lines[at : at + rng.randint(2, max(2, len(lines) // 2))] = [phrase]
            part.text = "\n".join(lines) + ("" if lines[-1] == "" else "\n")
            return render(given)
        for hunk in part.hunks if part.op == "change" else ():
            added = [index for index, (tag, _) in enumerate(hunk.rows) if tag == "+"]
            if added:
                hunk.rows[added[-1]] = ("+", phrase)
                return render(given)
    return None


def ragged(given: Answer, case: Case, rng: random.Random) -> str | None:
    """The block's lines lose all their indentation, though they had several."""
    touched = False
    if given.format == "search_replace" and only_spaces(given, str.lstrip):
        return None
    for _, hunk in hunks_in(given):
        # some line of the file must come back without its indentation; else the damage cannot be seen at all
        if len({len(text) - len(text.lstrip()) for tag, text in hunk.rows if text.strip() and tag != "+"}) > 1:
            hunk.rows = [(tag, text.lstrip()) for tag, text in hunk.rows]
            touched = True
    return render(given) if touched else None


def sequential(given: Answer, case: Case, rng: random.Random) -> str | None:
    """A second block that wants the first one's result."""
    hunks = [
        (part, hunk)
        for part in given.parts
        if part.op == "change"
        for hunk in part.hunks
        if any(tag == "+" for tag, _ in hunk.rows)
    ]
    if not hunks:
        return None
    part, hunk = rng.choice(hunks)
    rows = [(" ", text) for tag, text in hunk.rows if tag != "-"]
    at = next(index for index, (tag, text) in enumerate([row for row in hunk.rows if row[0] != "-"]) if tag == "+")
    rows[at : at + 1] = [("-", rows[at][1]), ("+", rows[at][1] + " (* and again *)")]
    again = Hunk(rows, hunk.old, hunk.new, hunk.heading)
    again.count()
    part.hunks.append(again)
    return render(given)


def lazy_file(given: Answer, case: Case, rng: random.Random) -> str | None:
    """Definitions are left out without a word."""
    from aid_lsp.ocaml.anchor import OCamlAnchor

    part = rng.choice(given.parts)
    if part.op != "whole":
        return None
    tops = [one for one in OCamlAnchor().named(part.path, part.text) if one.top and one.whole]
    before = case.before[part.path]
    old = {(one.name, one.code.of(before)) for one in OCamlAnchor().named(part.path, before)}
    names = [one.name for one in tops]
    tops = [one for one in tops if (one.name, one.code.of(part.text)) in old and names.count(one.name) == 1]
    if len(tops) < 3:
        return None
    gone = rng.choice(tops)
    part.text = part.text[: gone.span.start] + part.text[gone.span.end :].lstrip("\n")
    return render(given)


def no_context(given: Answer, case: Case, rng: random.Random) -> str | None:
    touched = False
    for _, hunk in hunks_in(given):
        if any(tag == "+" for tag, _ in hunk.rows):
            hunk.rows = [row for row in hunk.rows if row[0] == "+"]
            touched = True
    return render(given) if touched else None


UNRECOVERABLE: dict[str, tuple[Damage, tuple[str, ...]]] = {
    "cut off": (truncated, ALL),
    "stale context": (stale_context, HUNKS),
    "stale change": (stale_change, HUNKS),
    "no divider": (no_divider, ("search_replace",)),
    "invented path": (invented_path, (*HUNKS, "definition")),
    "lazy addition": (elided_addition, ALL),
    "ragged": (ragged, HUNKS),
    "wants block before": (sequential, HUNKS),
    "lazy file": (lazy_file, ("whole_file",)),
    "no context": (no_context, HUNKS),
}
