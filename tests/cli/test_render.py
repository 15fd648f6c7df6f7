import io

from inline_snapshot import snapshot

from aid_lsp.build.verdict import Blast, Lint, Tier, Verdict
from aid_lsp.cli.render import Paper
from aid_lsp.workspace.diagnostic import Diagnostic


def printed(colour: bool = False) -> tuple[io.StringIO, Paper]:
    stream = io.StringIO()
    return stream, Paper(stream, colour)


def test_what_a_patch_reaches_is_said() -> None:
    assert Blast(1, ("test",)).sentence == "reaches about 1 module, and the tests in test"
    assert Blast(7, ()).sentence == "reaches about 7 modules, and no test"
    assert Blast(0, None).sentence == "reaches about 0 modules, and all tests"
    many = Blast(2, tuple("abcdefg")).sentence
    assert many == "reaches about 2 modules, and the tests in a, b, c, d, e and 2 more folders"


def test_a_verdict_says_how_far_how_long_and_what_is_wrong() -> None:
    stream, paper = printed()
    wrong = Diagnostic("lib/a.ml", 3, 4, 3, 8, "error", 'Unbound value "aera"\nHint: Did you mean "area"?')
    paper.verdict(Verdict("red", Tier.TYPE, (wrong,), timings={"sync": 0.01, "type": 0.204}))
    assert stream.getvalue() == snapshot(
        """\
red (type)  [sync 0.01 s, type 0.20 s]
  lib/a.ml:3:4: error
    Unbound value "aera"
    Hint: Did you mean "area"?
"""
    )


def test_colour_is_used_only_where_it_is_wanted() -> None:
    stream, paper = printed(colour=True)
    paper.diff("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n same")
    assert stream.getvalue() == snapshot(
        "\x1b[1m--- a/x\x1b[0m\n\x1b[1m+++ b/x\x1b[0m\n\x1b[36m@@ -1 +1 @@\x1b[0m\n\x1b[31m-old\x1b[0m\n\x1b[32m+new\x1b[0m\n same\n"
    )


def test_the_words_that_differ_are_marked_in_colour() -> None:
    stream, paper = printed(colour=True)
    paper.diff("@@ -1 +1,2 @@ let area s =\n-  s.width * s.width\n+  s.width * s.height\n-gone\n+come\n+and more")
    assert stream.getvalue() == snapshot("""\
\x1b[36m@@ -1 +1,2 @@ let area s =\x1b[0m
\x1b[31m-  s.width * s.\x1b[7mwidth\x1b[27m\x1b[0m
\x1b[32m+  s.width * s.\x1b[7mheight\x1b[27m\x1b[0m
\x1b[31m-gone\x1b[0m
\x1b[32m+come\x1b[0m
\x1b[32m+and more\x1b[0m
""")


def test_a_text_cannot_drive_the_terminal() -> None:
    stream, paper = printed()
    paper.diff("+let s = \x1b[2J\x9b31m\r")
    assert stream.getvalue() == snapshot("+let s = \\x1b[2J\\x9b31m\n")


def test_odd_characters_never_fail() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    Paper(stream, colour=False).line("é \udce9")
    assert raw.getvalue() == rb"\xe9 \udce9" + b"\n"


def test_what_to_look_at_twice_stands_beside_a_green_verdict() -> None:
    stream, paper = printed()
    paper.verdict(Verdict("green", Tier.TEST, lints=(Lint("cast", "lib/a.ml", 3, "`Obj.magic` switches the type checker off."),)))
    assert stream.getvalue() == snapshot(
        """\
green (test)
  look at lib/a.ml:3 (cast): `Obj.magic` switches the type checker off.
"""
    )
