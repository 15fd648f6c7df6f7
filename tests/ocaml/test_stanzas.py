from textwrap import dedent

from inline_snapshot import snapshot

from aid_lsp.ocaml.sexp import Atom, List, complete, read_sexps
from aid_lsp.ocaml.stanzas import stanzas


def check_stanzas(text: str, expect: list[str]) -> None:
    shown: list[str] = []
    for stanza in stanzas(dedent(text)):
        parts = [stanza.kind, *stanza.names]
        parts += [f"public={','.join(stanza.public_names)}"] if stanza.public_names else []
        parts += [f"libraries={','.join(stanza.libraries)}"] if stanza.libraries else []
        parts += [f"ppx={','.join(stanza.preprocessors)}"] if stanza.preprocessors else []
        parts += [word for word, on in (("test", stanza.is_test), ("unwrapped", not stanza.wrapped)) if on]
        parts += [f"in {stanza.folder}"] if stanza.folder else []
        shown.append(" ".join(parts))
    assert shown == expect


def test_what_dune_files_say() -> None:
    check_stanzas(
        """
        ; a comment
        (include_subdirs unqualified)
        (library
         (name shapes)
         (public_name geometry.shapes)
         (libraries base (re_export str) (select x.ml from (unix !win -> x.unix.ml) (-> x.none.ml)))
         (inline_tests)
         (wrapped false)
         (preprocess (per_module ((pps ppx_jane ppx_show -- -flag) a b))))
        #| (executable (name commented)) #| nested |# |#
        #;(executable (name skipped))
        (executables (names one two) (public_names - two) (libraries shapes))
        (tests (names "test a" test_b) (libraries alcotest))
        (subdir deep (subdir er (test (name t))))
        (rule (with-stdout-to x.ml (echo "(library (name fake))")))
        """,
        snapshot(
            [
                "include_subdirs unqualified",
                "library shapes public=geometry.shapes libraries=base,str,unix ppx=ppx_jane,ppx_show test unwrapped",
                "executables one two public=two libraries=shapes",
                "tests test a test_b libraries=alcotest test",
                "test t test in deep/er",
                "rule",
            ]
        ),
    )


def test_a_dune_file_in_ocaml_has_no_stanzas() -> None:
    check_stanzas('(* -*- tuareg -*- *)\nlet () = Jbuild_plugin.V1.send "(library (name a))"\n', [])


def test_a_list_that_is_never_closed_costs_itself_only() -> None:
    check_stanzas("(library (name a))\n(executable (name b)\n(test (name c))\n", snapshot(["library a", "test c test"]))


def owned(modules: str) -> str:
    (stanza,) = stanzas(f"(library (name l) {modules})")
    return " ".join(module for module in ("Foo", "Bar", "Main") if stanza.owns(module))


def test_which_modules_a_stanza_owns() -> None:
    assert owned("") == "Foo Bar Main"
    assert owned("(modules)") == ""
    assert owned("(modules foo Bar)") == "Foo Bar"
    assert owned("(modules :standard \\ main)") == "Foo Bar"
    assert owned("(modules (:standard \\ main bar))") == "Foo"
    assert owned("(modules (foo main) bar \\ (foo))") == "Bar Main"


def test_atoms_strings_and_places() -> None:
    text = '(a "b\\n\\"c" "\\| raw "text"\n   "\\| more\n d;e\n)x'
    read = read_sexps(text)
    assert isinstance(read[0], List)
    assert [item.text for item in read[0].items if isinstance(item, Atom)] == ["a", 'b\n"c', 'raw "text"\nmore', "d"]
    assert [item.span.of(text) for item in read] == [text[:-1], "x"]


def test_whether_all_is_closed() -> None:
    assert complete('(a (b ;)\n) #| ( |# "(" )')
    assert not complete("(a (b)")
    assert not complete("(a))")
