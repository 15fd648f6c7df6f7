"""What models do to correct answers, each with its name, so that what was meant can still be known.

A damage takes a correct answer and returns the damaged text, or None where it does not apply.
"""

import html
import random
import re
from collections.abc import Callable

from aid_lsp.edits.typography import marks_in
from benchmarks.apply.answers import Answer, Hunk, Row, render
from benchmarks.apply.case import Case

Damage = Callable[[Answer, Case, random.Random], str | None]
HUNKS = ("search_replace", "unified_diff", "apply_patch")
ALL = (*HUNKS, "whole_file", "definition")
CURLED = str.maketrans({'"': "”", "'": "’"})


def hunks_in(given: Answer) -> list[tuple[str, Hunk]]:
    return [(part.path, hunk) for part in given.parts if part.op == "change" for hunk in part.hunks]


def _retext(given: Answer, change: Callable[[str], str]) -> None:
    """Changes every line of code in an answer."""
    for part in given.parts:
        for hunk in part.hunks:
            hunk.rows = [(tag, change(line)) for tag, line in hunk.rows]
        if part.text:
            part.text = "\n".join(change(line) for line in part.text.split("\n"))


def shifted_numbers(given: Answer, case: Case, rng: random.Random) -> str | None:
    for _, hunk in hunks_in(given):
        hunk.old = max(0, hunk.old + rng.choice((-40, -7, -3, -1, 1, 2, 5, 30, 200)))
        hunk.new = max(0, hunk.new + rng.choice((-9, -1, 1, 4)))
    return render(given)


def wrong_counts(given: Answer, case: Case, rng: random.Random) -> str | None:
    for _, hunk in hunks_in(given):
        hunk.old_count = max(1, hunk.old_count + rng.choice((-3, -2, -1, 1, 2, 3)))
        hunk.new_count = max(1, hunk.new_count + rng.choice((-3, -1, 0, 1, 4)))
    return render(given)


def no_numbers(given: Answer, case: Case, rng: random.Random) -> str | None:
    given.numbers = False
    return render(given)


def no_headings(given: Answer, case: Case, rng: random.Random) -> str | None:
    for _, hunk in hunks_in(given):
        hunk.heading = ""
    return render(given)


def no_file_headers(given: Answer, case: Case, rng: random.Random) -> str | None:
    given.headers = False
    return render(given)


def one_fence(given: Answer, case: Case, rng: random.Random) -> str | None:
    if len(given.parts) < 2:
        return None
    given.one_fence = True
    given.prose = ("First this file:\n\n", "\nThat is all.\n")
    return render(given)


def blank_prefixes(given: Answer, case: Case, rng: random.Random) -> str | None:
    touched = False
    for _, hunk in hunks_in(given):
        hunk.bare = {index for index, (tag, text) in enumerate(hunk.rows) if tag == " " and not text}
        touched = touched or bool(hunk.bare)
    return render(given) if touched else None


def context_prefixes(given: Answer, case: Case, rng: random.Random) -> str | None:
    for _, hunk in hunks_in(given):
        hunk.bare = {index for index, (tag, text) in enumerate(hunk.rows) if tag == " "}
        if any(
            text.startswith(("+", "-", "@", "\\", "*** ", "diff "))
            for index, (_, text) in enumerate(hunk.rows)
            if index in hunk.bare
        ):
            return None
    return render(given) if hunks_in(given) else None


def unfenced(given: Answer, case: Case, rng: random.Random) -> str | None:
    given.fenced = False
    given.prose = ("Here is the change.\n\n", "")
    return render(given)


def chatter(given: Answer, case: Case, rng: random.Random) -> str | None:
    given.prose = (
        "Sure! Let me think about it. The function `run` is called like this:\n\n```ocaml\nlet () = run ~verbose:true\n```\n\nSo I propose:\n\n",
        "\nThis keeps the interface as it was. Run `dune build` to check:\n\n```sh\ndune build @all\n```\n",
    )
    return render(given)


def crlf(given: Answer, case: Case, rng: random.Random) -> str | None:
    given.crlf = True
    return render(given)


def git_markers(given: Answer, case: Case, rng: random.Random) -> str | None:
    given.markers = rng.choice(
        (
            ("<<<<<<< HEAD", "=======", ">>>>>>> updated"),
            ("<<<<<<< ORIGINAL", "=======", ">>>>>>> UPDATED"),
            ("<<<<< SEARCH", "=====", ">>>>> REPLACE"),
            ("<<<<<<<<< SEARCH", "=========", ">>>>>>>>> REPLACE"),
        )
    )
    return render(given)


def path_elsewhere(given: Answer, case: Case, rng: random.Random) -> str | None:
    given.path_at = rng.choice(("inside", "info", "marker"))
    return render(given)


def dressed_path(given: Answer, case: Case, rng: random.Random) -> str | None:
    text = render(given)
    for part in given.parts:
        style = rng.choice(("**{}**", "### {}", "`{}`:", "File: {}", "{}:", "- **`{}`**"))
        text = text.replace(f"\n{part.path}\n", f"\n{style.format(part.path)}\n")
        if text.startswith(f"{part.path}\n"):
            text = style.format(part.path) + text[len(part.path) :]
    return text


def dot_prefix(given: Answer, case: Case, rng: random.Random) -> str | None:
    for part in given.parts:
        part.path = f"./{part.path}"
    given.prefix = ("", "")
    return render(given)


def wrong_prefix(given: Answer, case: Case, rng: random.Random) -> str | None:
    if any(part.op in ("create", "delete", "whole") for part in given.parts):
        return None
    style = rng.choice(("/home/dev/work/{}", "project/{}", "a/{}" if given.format != "unified_diff" else "src-root/{}", "{name}"))
    for part in given.parts:
        name = part.path.rpartition("/")[2]
        given_path = style.format(part.path, name=name)
        if (
            sum(path == given_path or path.endswith(f"/{given_path}") or given_path.endswith(f"/{path}") for path in case.before)
            != 1
        ):
            return None
        part.path = given_path
    return render(given)


def only_spaces(given: Answer, strip: Callable[[str], str]) -> bool:
    """Whether a hunk changes nothing but spaces: then the damage takes the change itself away."""
    return any(
        {strip(text) for tag, text in h.rows if tag == "-"} & {strip(text) for tag, text in h.rows if tag == "+"}
        for _, h in hunks_in(given)
    )


def trailing_space_lost(given: Answer, case: Case, rng: random.Random) -> str | None:
    if only_spaces(given, str.rstrip):
        return None
    if any(tag == "+" and text != text.rstrip() for _, hunk in hunks_in(given) for tag, text in hunk.rows):
        return None
    if not any(text != text.rstrip() for _, hunk in hunks_in(given) for _, text in hunk.rows):
        return None
    _retext(given, str.rstrip)
    return render(given)


def trailing_space_added(given: Answer, case: Case, rng: random.Random) -> str | None:
    if only_spaces(given, str.rstrip):
        return None
    for _, hunk in hunks_in(given):
        hunk.rows = [(tag, text + rng.choice(("", " ", "  ")) if tag != "+" else text) for tag, text in hunk.rows]
    return render(given) if hunks_in(given) else None


def _one_place(given: Answer, case: Case) -> bool:
    """Whether each hunk is there once even where its indentation is not looked at; else nobody can know the place any more."""
    for path, hunk in hunks_in(given):
        text = "\n" + "\n".join(line.strip() for line in case.before[path].split("\n")) + "\n"
        wanted = "\n" + "\n".join(line.strip() for tag, line in hunk.rows if tag != "+") + "\n"
        at = text.find(wanted)
        if at < 0 or text.find(wanted, at + 1) >= 0:
            return False
    return True


def dedented(given: Answer, case: Case, rng: random.Random) -> str | None:
    touched = False
    if not _one_place(given, case):
        return None
    for _, hunk in hunks_in(given):
        shown = [text for _, text in hunk.rows if text.strip()]
        common = min((len(text) - len(text.lstrip(" ")) for text in shown), default=0)
        if common == 1 and given.format != "search_replace" and not any(tag == "-" for tag, _ in hunk.rows):
            return None  # one space less, in a diff that only adds: nobody can tell it from a lost prefix
        if common and not any("\t" in text[: common + 1] for text in shown):
            hunk.rows = [(tag, text[common:] if text.strip() else text) for tag, text in hunk.rows]
            touched = True
    return render(given) if touched else None


def indented(given: Answer, case: Case, rng: random.Random) -> str | None:
    more = " " * rng.choice((2, 4))
    if not _one_place(given, case) or any(part.op == "create" or "```" in part.text for part in given.parts):
        return None
    for _, hunk in hunks_in(given):
        hunk.rows = [(tag, more + text if text.strip() else text) for tag, text in hunk.rows]
    for part in given.parts:
        if part.op in ("whole", "define"):
            if part.op == "whole" and not any(line and not line[0].isspace() for line in case.before[part.path].split("\n")):
                return None
            if any(line and not line.strip() for line in part.text.split("\n")):
                return None
            part.text = "\n".join(more + line if line.strip() else line for line in part.text.split("\n"))
    return render(given)


def tabs(given: Answer, case: Case, rng: random.Random) -> str | None:
    if any("\t" in text for text in (*case.before.values(), *case.after.values())):
        return None
    if any(part.op == "create" for part in given.parts) or not _one_place(given, case):
        return None
    size = rng.choice((2, 4, 8))

    def tabbed(line: str) -> str:
        blank = len(line) - len(line.lstrip(" "))
        return "\t" * (blank // size) + " " * (blank % size) + line[blank:]

    before = render(given)
    _retext(given, tabbed)
    if given.format == "definition" or render(given) == before:
        return None
    for part in given.parts:
        if part.op == "whole":
            old = {tabbed(line) for line in case.before[part.path].split("\n")}
            if "\t" in part.text and not any("\t" in line and line in old for line in part.text.split("\n")):
                return None
    for _, hunk in hunks_in(given):
        # what is known of the width must tell it: some line of the file must come back with a tab, for each block with new tabs
        fresh = {text for tag, text in hunk.rows if tag == "+" and "\t" in text}
        if fresh and not any("\t" in text for tag, text in hunk.rows if tag != "+"):
            return None
    return render(given)


def first_line_stripped(given: Answer, case: Case, rng: random.Random) -> str | None:
    touched = False
    if not _one_place(given, case):
        return None
    for _, hunk in hunks_in(given):
        others = any(text.startswith(" ") and text.strip() for _, text in hunk.rows[1:])
        if hunk.rows[0][0] == " " and hunk.rows[0][1].startswith(" ") and hunk.rows[0][1].strip() and others:
            hunk.rows[0] = (" ", hunk.rows[0][1].lstrip())
            touched = True
    return render(given) if touched else None


def elided_middle(given: Answer, case: Case, rng: random.Random) -> str | None:
    touched = False
    for path, hunk in hunks_in(given):
        lines = case.before[path].split("\n")
        first, last = hunk.old, hunk.old + sum(tag != "+" for tag, _ in hunk.rows)
        if first < 12:
            continue
        more = first - rng.randint(8, 12)
        top = lines[more : more + 3]
        text = "\n" + case.before[path]
        if text.count("\n" + "\n".join(top) + "\n") != 1 or not all(line.strip() for line in top):
            continue
        if any(
            other.old < first and other.old + len(other.rows) > more
            for other_path, other in hunks_in(given)
            if other is not hunk and other_path == path
        ):
            continue
        hunk.rows = [*((" ", line) for line in top), (" ", rng.choice(("...", "(* ... *)", "  ..."))), *hunk.rows]
        hunk.count()
        touched = touched or last > 0
    return render(given) if touched else None


def curled(given: Answer, case: Case, rng: random.Random) -> str | None:
    if any(marks_in(text) for text in (*case.before.values(), *case.after.values())):
        return None
    before = render(given)
    marks, table = rng.choice((("\"'", CURLED), ('"', str.maketrans({'"': "“"}))))
    # a line of the file that comes back curled gives it away; without one nobody can know
    known = {line for text in case.before.values() for line in text.split("\n")}
    shown = [line for _, hunk in hunks_in(given) for tag, line in hunk.rows if tag != "+"]
    shown += [line for part in given.parts if part.op in ("whole", "define") for line in part.text.split("\n") if line in known]
    if not any(mark in line for line in shown for mark in marks):
        return None
    _retext(given, lambda line: line.translate(table))
    return render(given) if render(given) != before else None


def long_dashes(given: Answer, case: Case, rng: random.Random) -> str | None:
    if any(marks_in(text) for text in (*case.before.values(), *case.after.values())):
        return None
    touched = False
    for _, hunk in hunks_in(given):
        rows = []
        for tag, text in hunk.rows:
            changed = text.replace(" - ", " – ").replace("--", "—") if tag == " " else text
            changed = changed.replace("—", "--")
            touched = touched or changed != text
            rows.append((tag, changed))
        hunk.rows = rows
    return render(given) if touched else None


def duplicated(given: Answer, case: Case, rng: random.Random) -> str | None:
    part = rng.choice(given.parts)
    if part.op == "delete" or (part.op == "create" and given.format != "whole_file"):
        return None
    if part.hunks:
        hunk = rng.choice(part.hunks)
        part.hunks.append(hunk)
    else:
        given.parts.append(part)
    return render(given)


def reordered(given: Answer, case: Case, rng: random.Random) -> str | None:
    before = render(given)
    rng.shuffle(given.parts)
    for part in given.parts:
        rng.shuffle(part.hunks)
    text = render(given)
    return text if text != before else None


def numbered(given: Answer, case: Case, rng: random.Random) -> str | None:
    """Lines copied from a listing, with its numbers."""
    for _, hunk in hunks_in(given):
        old = new = hunk.old + 1
        rows: list[Row] = []
        for tag, text in hunk.rows:
            rows.append((tag, f"{new if tag == '+' else old:>5} |{' ' if text else ''}{text}"))
            old += tag != "+"
            new += tag != "-"
        hunk.rows = rows
    return render(given) if hunks_in(given) else None


def diff_marks(given: Answer, case: Case, rng: random.Random) -> str | None:
    """A diff's marks inside a search/replace block."""
    if any(not any(tag == "-" for tag, _ in h.rows) or not any(tag == "+" for tag, _ in h.rows) for _, h in hunks_in(given)):
        return None
    for _, hunk in hunks_in(given):
        hunk.rows = [(tag, f"{tag}{text}" if tag != " " or text else text) for tag, text in hunk.rows]
    return render(given) if hunks_in(given) else None


def path_in_block(given: Answer, case: Case, rng: random.Random) -> str | None:
    for path, hunk in hunks_in(given):
        hunk.rows = [(" ", f"; {path}" if path.endswith("dune") else f"(* {path} *)"), *hunk.rows]
    return render(given) if hunks_in(given) else None


def zero_width(given: Answer, case: Case, rng: random.Random) -> str | None:
    """Spaces of no width, as chat windows leave them where lines may break."""
    if any(marks_in(text) for text in (*case.before.values(), *case.after.values())):
        return None
    touched = False
    for _, hunk in hunks_in(given):
        at = rng.randrange(len(hunk.rows))
        tag, text = hunk.rows[at]
        if text.strip() and tag != "+":
            hunk.rows[at] = (tag, text.replace(" ", " \u200b") if " " in text.strip() else f"{text}\u200b")
            touched = True
    return render(given) if touched else None


def escaped(given: Answer, case: Case, rng: random.Random) -> str | None:
    """The whole answer with a web page's escapes."""
    text = render(given)
    return html.escape(text, quote=False) if "->" in re.sub(r'"[^"\n]*"', "", text) else None


RECOVERABLE: dict[str, tuple[Damage, tuple[str, ...]]] = {
    "line numbers shifted": (shifted_numbers, ("unified_diff",)),
    "line counts wrong": (wrong_counts, ("unified_diff",)),
    "no line numbers": (no_numbers, ("unified_diff",)),
    "no headings": (no_headings, ("unified_diff", "apply_patch")),
    "no file headers": (no_file_headers, ("unified_diff",)),
    "all files in one fence": (one_fence, ("unified_diff",)),
    "blank lines lose prefix": (blank_prefixes, ("unified_diff", "apply_patch")),
    "context loses prefix": (context_prefixes, ("unified_diff", "apply_patch")),
    "no fences": (unfenced, ("search_replace", "unified_diff")),
    "talk around": (chatter, ALL),
    "CRLF answer": (crlf, ALL),
    "other markers": (git_markers, ("search_replace",)),
    "path elsewhere": (path_elsewhere, ("search_replace",)),
    "path dressed up": (dressed_path, ("search_replace", "whole_file")),
    "path with ./": (dot_prefix, ALL),
    "wrong path prefix": (wrong_prefix, (*HUNKS, "definition")),
    "trailing space lost": (trailing_space_lost, HUNKS),
    "trailing space added": (trailing_space_added, HUNKS),
    "dedented": (dedented, HUNKS),
    "indented": (indented, ALL),
    "tabs": (tabs, (*HUNKS, "whole_file")),
    "first line stripped": (first_line_stripped, ("search_replace",)),
    "elided middle": (elided_middle, HUNKS),
    "curly quotes": (curled, ALL),
    "long dashes": (long_dashes, HUNKS),
    "numbered lines": (numbered, ("search_replace",)),
    "diff marks inside": (diff_marks, ("search_replace",)),
    "path inside": (path_in_block, ("search_replace",)),
    "zero-width spaces": (zero_width, HUNKS),
    "escaped for the web": (escaped, ALL),
    "block twice": (duplicated, ALL),
    "other order": (reordered, ALL),
}
