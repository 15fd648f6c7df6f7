from inline_snapshot import snapshot

from tests.ocaml.draw import drawn_references


def check_references(text: str, expect: str, name: str | None = None, path: str = "a.ml") -> None:
    assert drawn_references(path, text, name) == expect


def test_what_an_x_means() -> None:
    check_references(
        """\
        let x = 1
        let f ~x ?opt:(o = x) y = let x = x + o in { x; M.y }
        let rec h = function A.B x when x > 1 -> h x | { x; z = w } -> x + w | _ -> x
        module N = struct let x = 2 let y = x end
        let z = for x = x to 3 do print x done; N.x, let* x = x in g ~x
        let x, y = x, 3
        let a = let rec x () = x () in x, Foo.(x)
        """,
        snapshot("""\
1:4 value x defines
2:7 label x defines punned
2:7 value x defines punned local
2:19 value x local → 2:7
2:30 value x defines local
2:34 value x local → 2:7
2:45 field x punned
2:45 value x punned local → 2:30
3:25 value x defines local
3:32 value x local → 3:25
3:43 value x local → 3:25
3:49 field x punned
3:49 value x defines punned local
3:63 value x local → 3:49
3:76 value x → 1:4
4:22 value x defines
4:36 value x → 4:22
5:12 value x defines local
5:16 value x → 1:4
5:32 value x local → 5:12
5:42 value N.x
5:50 value x defines local
5:54 value x → 1:4
5:62 label x punned
5:62 value x punned local → 5:50
6:4 value x defines
6:11 value x → 1:4
7:16 value x defines local
7:23 value x local → 7:16
7:31 value x local → 7:16
7:39 value x local unsure → 7:16\
"""),
        "x",
    )


def test_every_kind_of_name() -> None:
    check_references(
        """\
        open Foo.Bar
        module M = Map.Make (String)
        type t = Foo.t list and 'a u = { a : M.t } constraint 'a = #cls
        let g r = r.M.a <- (C `T : (module S)); obj#meth; new cls; M.{ b }
        class c = object val v = 1 method m = {< v = 2 >} end
        external e : lab:int -> ?opt:t -> int = "x"
        exception E = Foo.E
        """,
        snapshot("""\
1:5 module Foo
1:9 module Foo.Bar
2:7 module M defines
2:11 module Map
2:15 module Map.Make
2:21 module String
3:5 type t defines
3:9 module Foo
3:13 type Foo.t
3:15 type list
3:27 type u defines
3:33 field a defines
3:37 module M
3:39 type M.t
3:60 class type cls
4:4 value g defines
4:6 value r defines local
4:10 value r local → 4:6
4:12 module M
4:14 field M.a
4:20 constructor C
4:22 tag `T
4:35 module type S
4:40 value obj
4:44 method meth
4:54 class cls
4:59 module M
4:63 field b punned
4:63 value b punned
5:6 class c defines
5:21 instance variable v defines
5:34 method m defines
5:41 instance variable v
6:9 value e defines
6:13 label lab defines
6:17 type int
6:25 label opt defines
6:29 type t
6:34 type int
7:10 constructor E defines
7:14 module Foo
7:18 constructor Foo.E\
"""),
    )


def test_operators() -> None:
    check_references(
        """\
        let ( + ) a b = a - b
        let k = 1 + 2
        let m = List.fold_left ( + ) 0 l, Int.( + ) 1 2, M.(1 + 2)
        let neg = - 1, !k, f @@ k
        """,
        snapshot("""\
1:6 value + defines
2:10 value + → 1:6
3:25 value + → 1:6
3:40 value Int.(+)
3:54 value + unsure → 1:6\
"""),
        "+",
    )


def test_mutual_recursion() -> None:
    check_references(
        "let rec f x = g x\nand g x = f x\nlet g = g\n",
        snapshot("""\
1:14 value g → 2:4
2:4 value g defines
3:4 value g defines
3:8 value g → 2:4\
"""),
        "g",
    )


def test_a_name_in_strings_and_comments_is_no_reference() -> None:
    check_references("let x = \"x\" (* x *) {|x|} 'x' x' _x x_ `x\n", snapshot("1:4 value x defines"), "x")


def test_an_interface() -> None:
    check_references(
        "type t\nval area : scale:float -> t -> t M.t\nval t : t\n",
        snapshot("""\
1:5 type t defines
2:26 type t
2:31 type t
2:35 type M.t
3:4 value t defines
3:8 type t\
"""),
        "t",
        path="a.mli",
    )
