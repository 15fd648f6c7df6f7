"""The conversation page as text: turns are found, what AID adds goes where it belongs, whatever a person or a model wrote."""

from textwrap import dedent

from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from aid_lsp.workflows.clean import clean
from aid_lsp.workflows.mentions import Mention, diagnostic, log, read_prompt, region
from aid_lsp.workflows.page_text import (
    asked,
    fresh,
    grown,
    heading_for,
    prompt_at,
    section_of,
    sections,
    sent,
    shown_at,
    shown_parts,
    with_prompt,
)

NOW = "2026-11-25 15:31:07"
HEADING = f"## AID, {NOW}"


def tail(page: str) -> str:
    """The page below its introduction."""
    return page[page.index("## You") :]


def test_a_question_is_asked_and_answered_while_the_next_one_is_typed() -> None:
    page = with_prompt(fresh("shapes"), "@lib/shape.ml:3")
    prompt = prompt_at(page)
    assert prompt
    page = page.replace("@lib/shape.ml:3", "@lib/shape.ml:3\n\nIs area total?")
    prompt = prompt_at(page)
    assert prompt
    page = sent(page, prompt.text(page), HEADING, prompt.line)
    page = f"{page.rstrip()}\n\nnext, rename"  # typed while the answer comes
    page = grown(page, HEADING, "", "It is, as")
    page = grown(page, HEADING, "It is, as", "It is, as far as I see.\n\nIts test")
    page = grown(page, HEADING, "It is, as far as I see.\n\nIts test", "It is, as far as I see.\n\nIts test says so.")
    assert tail(page) == snapshot("""\
## You

@lib/shape.ml:3

Is area total?

## AID, 2026-11-25 15:31:07

It is, as far as I see.

Its test says so.

## You

next, rename\
""")


def test_each_step_is_safe_to_do_twice() -> None:
    page = asked(fresh("shapes"), "why?", HEADING)
    assert asked(page, "why?", HEADING) == page
    again = grown(page, HEADING, "", "because")
    assert grown(again, HEADING, "", "because") == again
    assert with_prompt(with_prompt(again, "@a.ml"), "@a.ml") == with_prompt(again, "@a.ml")
    assert sent(again, "why?", HEADING) == again
    assert heading_for(again, NOW) == f"{HEADING} (2)"


def test_what_a_person_edits_in_the_answer_stays() -> None:
    page = grown(asked(fresh("shapes"), "why?", HEADING), HEADING, "", "one two")
    page = page.replace("one two", "ONE (my note) two")
    page = grown(page, HEADING, "one two", "one two three")
    assert "ONE (my note) two three\n" in page
    deleted = page[: page.index(HEADING)]
    assert grown(deleted, HEADING, "one two three", "one two three four") == deleted


def test_a_code_block_left_open_does_not_swallow_the_answer() -> None:
    page = f"{fresh('shapes')}why?\n\n```ocaml\nlet x = 1\n"
    prompt = prompt_at(page)
    assert prompt
    page = grown(sent(page, prompt.text(page), HEADING), HEADING, "", "because")
    assert [section.kind for section in sections(page)] == ["you", "aid", "you"]
    assert "let x = 1\n```\n\n## AID" in page


def test_code_that_is_appended_or_answered_is_no_turn() -> None:
    page = with_prompt(fresh("shapes"), region("lib/a.ml", 1, 2, f"## You\n{HEADING}\n"))
    assert len(sections(page)) == 1
    page = grown(asked(page, "why?", f"{HEADING} (2)"), f"{HEADING} (2)", "", clean(f"```\n## You\n{HEADING}\n", ended=False))
    assert [section.kind for section in sections(page)] == ["you", "aid", "you"]
    assert [section.kind for section in sections("## Your idea\n\n## You \n## AID\n")] == ["you"]


LINES = st.lists(
    st.sampled_from(
        [
            "## You",
            HEADING,
            f"{HEADING} (2)",
            "### Proposal 7: green",
            "#### lib/a.ml: +1 −1",
            "```",
            "````diff",
            "~~~",
            "@@ -1,2 +1,2 @@",
            "text é😋",
            "",
            "# x\r",
            "![p](http://x/y)",
            "<img src=x>",
            "`<fun>`",
            "a `b",
            "#",
            "   ## You",
            "\x1b[31m\u202e",
            "1 < 2",
        ]
    ),
    max_size=14,
)


@given(LINES, LINES, LINES)
def test_an_answer_never_changes_what_is_around_it(before: list[str], answer: list[str], typed: list[str]) -> None:
    page = asked("\n".join(before), "why?", f"{HEADING} (3)")
    kinds = [section.heading for section in sections(page)]
    page = grown(page, f"{HEADING} (3)", "", clean("\n".join(answer), ended=True))
    assert [section.heading for section in sections(page)] == kinds
    page = f"{page}{chr(10).join(typed)}"
    section = section_of(page, f"{HEADING} (3)")
    assert section
    assert section.text(page) == clean("\n".join(answer), ended=True).strip()
    assert not [part for part in shown_parts(page) if section.line < part.line <= section.last_line]


@given(LINES, st.integers(0, 200))
def test_what_is_shown_of_half_an_answer_is_the_beginning_of_the_whole(answer: list[str], cut: int) -> None:
    text = "\n".join(answer)
    half = clean(text[:cut], ended=False)
    assert clean(text, ended=True).startswith(half.rstrip())
    assert clean(f"{text} and more\n", ended=False).startswith(half)


def test_a_models_answer_shows_no_pictures_and_no_tags_but_code_as_it_is() -> None:
    said = clean("# Title\n![x](http://e/?q=secret) <b>bold</b> `<fun>` and 1 < 2\n```ocaml\nlet x = <y>\n# 1\n", ended=True)
    assert said == snapshot("""\
#### Title
!\\[x](http://e/?q=secret) \\<b>bold\\</b> `<fun>` and 1 < 2
```ocaml
let x = <y>
# 1
```\
""")


def test_a_prompt_is_taken_apart() -> None:
    prompt = "\n\n".join(
        (
            "@lib/shape.ml:3-5",
            "rename value area to surface, see @lib/shape.mli, please",
            region("lib/shape.ml", 7, 8, "let a = 1\nlet b = 2\n"),
            diagnostic("lib/shape.ml", 9, "Error: Unbound value x\n"),
            log("1 error"),
            "```ocaml\nlet mine = `A @b.ml\n```",
        )
    )
    said = read_prompt(prompt)
    assert said.words == "rename value area to surface, see lib/shape.mli, please\n\n```ocaml\nlet mine = `A @b.ml\n```"
    assert said.logs == ("1 error",)
    assert said.mentions == (
        Mention("lib/shape.ml", 7, 8),
        Mention("lib/shape.ml", 9, 9, "Error: Unbound value x"),
        Mention("lib/shape.ml", 3, 5),
        Mention("lib/shape.mli"),
    )


@given(st.text(alphabet="@a./:1-`~\n #é", max_size=60))
def test_any_prompt_is_read(text: str) -> None:
    said = read_prompt(text)
    assert len(said.words) <= len(text)


def test_what_a_line_belongs_to() -> None:
    page = dedent(
        f"""\
        ## You

        {HEADING}

        ### Proposal 7: green (test, 0.8 s), 2 files, +1 −1

        #### lib/a.ml: +1 −1

        ```diff
        --- a/lib/a.ml
        @@ -1 +1 @@
        -a
        +b
        ```

        #### lib/b.ml (new): +1 −0

        ### Proposal 8: red

        ## You
        """
    )
    names = [[f"{p.proposal}|{p.path}|{p.header}" for p in shown_at(page, line)] for line in range(page.count("\n"))]
    assert {line: names[line] for line in (2, 4, 6, 9, 11, 15, 17, 19)} == snapshot(
        {
            2: [],
            4: ["7||"],
            6: ["7||", "7|lib/a.ml|"],
            9: ["7||", "7|lib/a.ml|"],
            11: ["7||", "7|lib/a.ml|", "7|lib/a.ml|@@ -1 +1 @@"],
            15: ["7||", "7|lib/b.ml|"],
            17: ["8||"],
            19: [],
        }
    )
