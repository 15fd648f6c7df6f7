"""Answers written without a thought: what they say by the letter would spoil the file, so they are refused, or read as they are meant."""

import pytest

from tests.support.answers import SHAPES, reading

OLD, NEW = "  s.width * s.width", "  s.width * s.height"
MEANT = SHAPES["lib/shape.ml"].replace(OLD, NEW)
NOTES = {"NOTES.md": "# Shapes\n\nAll of them.\n\n## Use\n\nBuild.\n\n## License\n\nMIT\n", **SHAPES}


def block(search: str, put: str) -> str:
    return f"lib/shape.ml\n```ocaml\n<<<<<<< SEARCH\n{search}\n=======\n{put}\n>>>>>>> REPLACE\n```\n"


def after(answer: str, files: dict[str, str] = SHAPES) -> str | None:
    found = reading(answer, files)
    return found.patch.changes[0].after if found.patch else None


def said(answer: str, files: dict[str, str] = SHAPES) -> str:
    found = reading(answer, files)
    assert found.patch is None, found.patch
    return found.complaints[0].message


GOOD = block(OLD, NEW)
DRAFT = block("  2 * (s.width + s.height)", "  3 * (s.width + s.height)")


@pytest.mark.parametrize(
    "answer",
    [
        f"<think>\n{DRAFT}\nNo.\n</think>\n\n{GOOD}",
        f"Let me see.\n<think>\n{DRAFT}\n</think>\n{GOOD}",
        f"Perhaps so:\n\n{DRAFT}\nNo, better:\n</think>\n\n{GOOD}",
        f"<reasoning>\n{DRAFT}</reasoning>\n{GOOD}",
        f"<|channel|>analysis<|message|>So?\n{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>{GOOD}<|return|>",
        block("let area s =\n" + OLD, "(* lib/shape.ml *)\nlet area s =\n" + NEW),
        f"lib/shape.ml\n```ocaml\n(* lib/shape.ml *)\n{MEANT}```\n",
    ],
    ids=["thoughts", "later thoughts", "thoughts never opened", "reasoning", "channels", "path in block", "path in file"],
)
def test_what_is_only_thought_or_only_names_the_file_is_not_written(answer: str) -> None:
    assert after(answer) == MEANT


def test_thoughts_that_never_end_hold_no_edit() -> None:
    assert "holds no edit" in said(f"Well.\n<think>\n{GOOD}")


def test_tags_in_a_file_are_text() -> None:
    files = {"a.md": "one\n<think>\ntwo\n</think>\nthree\n"}
    answer = "a.md\n```\n<<<<<<< SEARCH\none\n<think>\ntwo\n=======\n1\n<think>\n2\n>>>>>>> REPLACE\n```\n"
    assert after(answer, files) == "1\n<think>\n2\n</think>\nthree\n"


@pytest.mark.parametrize(
    ("search", "put", "why"),
    [
        ("let area s =\n" + OLD, f" let area s =\n-{OLD}\n+{NEW}", "written as a diff"),
        ("let area s =\n" + OLD, f"+let area s =\n+{NEW}", "written as a diff"),
        ("let area s =\n" + OLD, f"   3 | let area s =\n   4 | {NEW}", "line numbers"),
        (OLD, f"   4 | {NEW}", "line numbers"),
        (OLD, '  print \\"area\\";\n' + NEW, "no escapes"),
        (OLD, "  match s with w -&gt; w.width", "no escapes"),
        (OLD, "  print “area”;\n" + NEW + '; ""', "straight quotes"),
        (OLD, "  s.width *\u00a0s.height", "U+00A0"),
        (OLD, "  s.wid\u200bth * s.height", "U+200B"),
        ("let area s =", "let area s = s.width * s.height", "only the head of `area`"),
        ("  let volume s =", "  let volume s =\n    depth * area s", "only the head of `Solid.volume`"),
        ("let area s =", "let size s = s.width * s.height", "only the head of `area`"),
        ("let area s =", "", "only the head of `area`"),
        ("let area s =", f"let area s =\n{NEW}\n\nlet area s =", "which it keeps"),
        (OLD, "let area s =\n" + NEW, "repeat lines that stand above"),
        ("  let depth = 1", "  let depth = 2\n\n  let volume s =", "repeat lines that stand below"),
        ("  2 * (s.width + s.height)", "  2 * s.width\n\nmodule Solid = struct\n  let depth = 1\n", "repeat lines that stand below"),
        (OLD, "  (* your existing code here *)", "leaves text out"),
        (OLD, "  (* ... implementation ... *)", "leaves text out"),
        (OLD, "  [...]", "leaves text out"),
        (OLD, "  <keep the rest>", "leaves text out"),
        (OLD, NEW + "\n=======", "the marker"),
        ("let perimeter s =", "let perimeter s = (* same as before *)", "leaves text out"),
    ],
)  # fmt: skip
def test_new_lines_that_would_spoil_the_file_are_refused(search: str, put: str, why: str) -> None:
    assert why in said(block(search, put))


RULES = "(rule\n (alias a))\n\n(rule\n (alias b))\n"
NESTED = "let f c d =\n  if c then\n    if d then 1\n    else\n      g ()\n  else\n    g ()\n"
NOTED = "let f x =\n  (* begin\n    g x\n  end\n  end *)\n  x\n"
BRANCHED = "let f x =\n#if A\n  if x then 1\n  else\n#endif\n  2\nlet = 1\n"


@pytest.mark.parametrize(
    ("path", "text", "search", "put"),
    [
        pytest.param("dune", RULES, "(rule\n (alias a))", " (rule\n  (alias c))\n\n(rule", id="the first line comes back below"),
        pytest.param(
            "a.ml", NESTED, "    else\n      g ()", "    else\n      h ()\n  else\n    g ()", id="the lines end with a twin"
        ),
        pytest.param("a.ml", NOTED, "    g x\n  end", "    h x\n  end\n  end *)", id="comment"),
        pytest.param(
            "a.ml", NOTED.replace("end *)", "end\n  *)"), "    g x\n  end", "    h x\n  end\n  end", id="words in a comment"
        ),
        pytest.param("a.ml", BRANCHED, "  if x then 1", "  if x then 3\n  else", id="a word that is never there twice"),
    ],
)
def test_lines_that_are_there_below_are_not_written_twice(path: str, text: str, search: str, put: str) -> None:
    answer = f"{path}\n<<<<<<< SEARCH\n{search}\n=======\n{put}\n>>>>>>> REPLACE\n"
    assert "repeat lines that stand below" in said(answer, {path: text})


def test_a_deletion_between_lines_that_are_alike_repeats_nothing() -> None:
    files = {"a.ml": "let f () =\n  go 1;\n  go 2;\n  go 1;\n  stop ()\n"}
    assert after("a.ml\n<<<<<<< SEARCH\n  go 1;\n  go 2;\n=======\n  go 1;\n>>>>>>> REPLACE\n", files) == (
        "let f () =\n  go 1;\n  go 1;\n  stop ()\n"
    )
    diff = "--- a/a.ml\n+++ b/a.ml\n@@\n let f () =\n   go 1;\n-  go 2;\n   go 1;\n"
    assert after(diff, files) == "let f () =\n  go 1;\n  go 1;\n  stop ()\n"


def test_a_heading_of_plus_signs_is_no_diff() -> None:
    files = {"a.ml": "(*\n+++ One +++\n*)\nlet one = 1\n"}
    assert "written as a diff" in said("a.ml\n" + block("let one = 1", "+let one = 2").partition("\n")[2], files)
    assert after("a.ml\n" + block("let one = 1", "let one = 1\n(*\n+++ Two +++\n*)").partition("\n")[2], files) == (
        "(*\n+++ One +++\n*)\nlet one = 1\n(*\n+++ Two +++\n*)\n"
    )


AREA = "let area s =\n" + OLD


@pytest.mark.parametrize("said_so", ["same as above", "as before", "omitted for brevity", "original body", "[unchanged]", "etc."])
def test_a_comment_in_the_place_of_more_lines_is_no_text(said_so: str) -> None:
    text = SHAPES["lib/shape.ml"]
    search = text[text.index("  2 *") : text.index("  let volume")].rstrip()
    assert "leaves text out" in said(block(search, f"  (* {said_so} *)"))
    assert "leaves text out" in said(f"lib/shape.ml\n```ocaml\n{text.replace(search, f'  (* {said_so} *)')}```\n")
    assert after(block(AREA, f"(* {said_so} *)\n{AREA}")) == text.replace(AREA, f"(* {said_so} *)\n{AREA}"), "lines stayed"


@pytest.mark.parametrize(
    "words",
    [
        "Please disregard the block above; it is not needed.",
        "Scratch that.",
        "The edit above should not be made.",
        "Sorry, the path above is wrong.",
    ],
)
def test_edits_that_the_last_words_take_back_are_refused(words: str) -> None:
    assert "takes back" in said(f"{GOOD}\n{words}\n")


@pytest.mark.parametrize("words", ["Do not write it like this:", "**Your code (do not use):**", "Don't do that:"])
def test_edits_that_the_words_before_warn_of_are_refused(words: str) -> None:
    assert "before an edit" in said(f"{words}\n\n{GOOD}")


@pytest.mark.parametrize(
    "words",
    [
        "So that callers do not use this module:",
        "It used to ignore the block comments, which is wrong:",
        "No other edit is wrong:",
    ],
)
def test_words_around_edits_that_speak_of_the_code_are_talk(words: str) -> None:
    assert after(f"{words}\n\n{GOOD}\n{words}\n") == MEANT


def test_code_beside_the_blocks_that_is_said_to_be_for_another_file_is_not_dropped() -> None:
    beside = "And in `lib/shape.mli` add:\n\n```ocaml\nval double : int -> int\n```\n"
    assert "below the words on `lib/shape.mli`" in said(f"{GOOD}\n{beside}")
    assert after(f"{GOOD}\nUse it so, as `lib/shape.ml` does:\n\n```ocaml\nlet x = Shape.area s\n```\n") == MEANT


def test_text_that_is_not_utf_8_is_not_written_to_a_file_that_is() -> None:
    assert "not UTF-8" in said(block(OLD, "  (* \udcff *) s.width"))


def test_curly_quotes_are_meant_where_the_answer_declares_them() -> None:
    curly = "  (* “wide” *) s.width * s.height"
    answer = block(OLD, curly)
    assert f"`Verbatim: {curly.strip()}`" in said(answer)
    assert after(f"Verbatim: {curly}\n\n{answer}") == SHAPES["lib/shape.ml"].replace(OLD, curly)
    files = {"a.ml": 'let one = "1"\nlet two = 2\n'}
    both = "Verbatim: let two = (* “2” *) 2\n\na.ml\n<<<<<<< SEARCH\nlet one = “1”\nlet two = 2\n=======\nlet one = “1”\nlet two = (* “2” *) 2\n>>>>>>> REPLACE\n"
    assert "no telling" in said(both, files)


@pytest.mark.parametrize(
    ("search", "put"),
    [
        ("let area s =", "let area s =\n  log s;"),
        ("let area s =", "let area ?log s ="),
        (OLD, '  ignore "a \\"b\\" &gt; c";\n' + NEW),
        (OLD, "  (* a\u00a0b &gt; and \\* *)\n" + NEW),
        (OLD, "  +s.width"),
        ("    area s * depth\nend", "    area s * depth\n\n  module In = struct\n    let x = 1\n  end\nend"),
    ],
)
def test_what_may_be_meant_is_written(search: str, put: str) -> None:
    assert after(block(search, put)) == SHAPES["lib/shape.ml"].replace(search, put, 1)


@pytest.mark.parametrize(
    "words",
    ["Wait, that is wrong. It is this one:", "Oops.", "**Correction:**", "Alternatively, you could do this:", "### Option 2"],
)
def test_edits_that_the_answer_takes_back_or_offers_as_another_way_are_refused(words: str) -> None:
    assert "Send one set of edits only" in said(f"{DRAFT}\n{words}\n\n{GOOD}")


def test_an_edit_that_is_taken_back_for_a_deletion_is_refused() -> None:
    assert "takes back" in said(f"{GOOD}\nWait, that is the wrong file.\n\nDelete: lib/shape.mli\n")


def test_words_between_edits_that_take_nothing_back_are_talk() -> None:
    for words in ("Wait, the perimeter must follow:", "Actually, two places need it:", "The second option is set here:"):
        assert after(f"{DRAFT}\n{words}\n\n{GOOD}") is not None, words


def test_an_operator_alone_on_its_line_makes_no_diff() -> None:
    files = {"a.ml": "let x = test\n@@\nfun () -> 1\n"}
    assert after("a.ml\n```ocaml\nlet x = test\n@@\nfun () -> 2\n```\n", files) == files["a.ml"].replace("1", "2")


def test_old_text_beside_the_new_is_refused() -> None:
    old, new = "let perimeter s =\n  2 * s.width\n", f"let area s =\n{NEW}\n"
    answer = f"Before:\n\nlib/shape.ml: perimeter\n```ocaml\n{old}```\n\nAfter:\n\nlib/shape.ml: area\n```ocaml\n{new}```\n"
    assert "old text" in said(answer)


def test_a_piece_is_not_the_whole_of_a_file_without_definitions() -> None:
    piece = "NOTES.md\n```\n## Use\n\nBuild it.\n```\n"
    assert "lacks lines at the start or the end" in said(piece, NOTES)
    assert after(piece.replace("```", "Removed: lines\n```", 1), NOTES) == "## Use\n\nBuild it.\n"
    whole = NOTES["NOTES.md"].replace("Build.", "Build it.")
    assert after(f"NOTES.md\n```\n{whole}```\n", NOTES) == whole


def test_lines_that_open_modules_come_with_a_definition_once() -> None:
    files = {"a.ml": "open Shape\n\nlet area s =\n  s.width\n"}
    opened = "a.ml: area\n```ocaml\nopen Shape\n{}\nlet area s =\n  s.height\n```\n"
    assert after(opened.format(""), files) == files["a.ml"].replace("s.width", "s.height")
    assert after(opened.format("open Base\n"), files) == "open Shape\n\nopen Base\n\nlet area s =\n  s.height\n"


def test_a_declaration_does_not_take_the_place_of_a_definition() -> None:
    assert "only declares it" in said("lib/shape.ml: area\n```ocaml\nval area : t -> int\n```\n")


def test_a_whole_file_with_a_diffs_marks_is_refused() -> None:
    lines = SHAPES["lib/shape.ml"].split("\n")[:-1]
    marked = "".join(f"-{line}\n+{NEW}\n" if line == OLD else f" {line}\n" for line in lines)
    assert "written as a diff" in said(f"lib/shape.ml\n```ocaml\n{marked}```\n")
