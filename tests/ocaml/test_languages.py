"""A language is a folder of queries: one that AID never heard of is outlined, indexed and shown without a line of code."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from aid_lsp.context.index import Index
from aid_lsp.context.strategy import gather
from aid_lsp.edits.lines import Span
from aid_lsp.ocaml import languages
from aid_lsp.ocaml.languages import add_languages, kinds, query
from aid_lsp.ocaml.outline import outline
from aid_lsp.ocaml.references import references
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import Buffer, View
from tests.ocaml.draw import drawn_outline

OUTLINE = """\
; grammar: tree_sitter_c.language
; files: .c, .h
(function_definition declarator: (function_declarator declarator: (identifier) @name)) @definition.value
(type_definition declarator: (type_identifier) @name) @definition.type
(field_declaration declarator: (field_identifier) @name) @definition.field
(comment) @comment
"""
REFERENCES = """\
(function_declarator declarator: (identifier) @definition.value)
(call_expression function: (identifier) @reference.value)
"""
STUBS = """\
#include <caml/mlvalues.h>

/* Adds without overflow. */
CAMLprim value calc_add(value a, value b) {
  return clamp(Long_val(a) + Long_val(b));
}

typedef struct {
  int depth; /* of the stack */
} state;

static value clamp(long n) { return Val_long(n > MAX ? MAX : n); }
"""


@pytest.fixture
def c_stubs(tmp_path: Path) -> Iterator[None]:
    """Adds C by a folder with two queries in it."""
    folder = tmp_path / "grammars" / "c"
    folder.mkdir(parents=True)
    (folder / "outline.scm").write_text(OUTLINE)
    (folder / "references.scm").write_text(REFERENCES)
    add_languages(folder.parent)
    yield
    languages.remove_languages(folder.parent)


@pytest.mark.usefixtures("c_stubs")
def test_a_folder_of_queries_adds_an_outline_and_references() -> None:
    assert drawn_outline("lib/stubs.c", STUBS) == snapshot("""\
value calc_add: /* Adds without overflow. */⏎CAMLprim …a) + Long_val(b));⏎}
type state: typedef struct {⏎  int depth; /* of the stack */⏎} state;
field state.depth: int depth; /* of the stack */
value clamp: static value clamp(long n) { return Va… > MAX ? MAX : n); }\
""")
    used = [seen for seen in references("lib/stubs.c", STUBS, "clamp") if not seen.defines]
    assert [seen.binder and seen.binder.start for seen in used] == [STUBS.index("clamp(long")]


@pytest.mark.usefixtures("c_stubs")
def test_its_definitions_are_found_and_shown() -> None:
    files = {
        "dune-project": "(lang dune 3.17)\n",
        "lib/dune": "(library (name calc) (foreign_stubs (language c) (names stubs)))\n",
        "lib/calc.ml": 'external add : int -> int -> int = "calc_add"\n',
        "lib/stubs.c": STUBS,
    }
    view = View(Path("/workspace"), {}, {path: Buffer(text, None) for path, text in files.items()})
    index = Index()
    index.refresh(view, index.sources(view))
    assert index.items(view, "lib/stubs.c") == outline("lib/stubs.c", STUBS)
    shown = gather(Request("add without overflow", view, Place("lib/calc.ml", Span(0, 0))), 2000, index=index)
    assert any(snippet.path == "lib/stubs.c" and "calc_add" in snippet.text for snippet in shown)
    assert "clamp" not in "".join(s.text for s in shown if s.path == "lib/stubs.c" and "calc_add" not in s.text)


def test_without_the_folder_there_is_no_such_language() -> None:
    assert ".c" not in kinds()


@pytest.mark.parametrize("ending", [".ml", ".mli", ".mll"])
def test_every_query_that_ships_fits_its_grammar(ending: str) -> None:
    for file in {file.stem for file in Path(languages.grammars_folder()).glob("*/*.scm")}:
        query(ending, file)


def test_a_query_that_does_not_fit_says_where(tmp_path: Path) -> None:
    folder = tmp_path / "wrong"
    folder.mkdir()
    (folder / "outline.scm").write_text(
        "; grammar: tree_sitter_ocaml.language_ocaml\n; files: .wrong\n(no_such_node) @definition.value\n"
    )
    add_languages(tmp_path)
    try:
        with pytest.raises(ValueError, match=r"grammars/wrong/outline\.scm"):
            query(".wrong", "outline")
    finally:
        languages.remove_languages(tmp_path)
