"""What the grammar is not shown."""

from aid_lsp.ocaml.syntax import error_spans, parse


def test_lines_for_a_preprocessor_are_no_code() -> None:
    text = "let f ob s =\n  write ob s\n#ifdef é\n  ; close ob\n#else\n#endif\nlet g = 1\n"
    tree = parse("a.ml", text)
    assert not error_spans(text, "a.ml")
    assert [tree.written(node) for node in tree.root.named_children] == [
        "let f ob s =\n  write ob s\n#ifdef é\n  ; close ob",
        "let g = 1",
    ]
