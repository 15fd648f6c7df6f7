from inline_snapshot import snapshot

from aid_lsp.ocaml.outline import enclosing, outline
from tests.ocaml.draw import drawn_names, drawn_outline


def check_outline(text: str, expect: str, path: str = "lib/a.ml") -> None:
    assert drawn_outline(path, text) == expect


def check_names(text: str, expect: str, path: str = "lib/a.ml") -> None:
    assert drawn_names(path, text) == expect


def test_values_patterns_and_operators() -> None:
    check_names(
        """
        let a, b = 1, 2
        let ( + ) x y = x
        let ( let* ) a f = f a
        let ( .%{ } ) t i = t
        let x :: (y as z), { k; l = L w; M.n; _ } = foo
        let (p : int) = 1
        let f : type a. a -> a = fun x -> x
        let lazy q = lazy 1
        let () = print_endline "hi"
        let _ = ignore
        let é = 1
        """,
        snapshot("""\
value a
value b
value +
value let*
value .%{ }
value x
value y
value z
value k
value w
value n
value p
value f
value q
toplevel ()
toplevel _
value é\
"""),
    )


def test_the_members_of_a_chain_have_their_own_spans() -> None:
    check_outline(
        """\
        (** Even? *)
        let rec even n = n = 0 || odd (n - 1)
        [@@inline]

        (* and odd *)
        and odd n = n <> 0 && even (n - 1)

        type t = { a : u }
        and u = A | B
        """,
        snapshot("""\
value even: (** Even? *)⏎let rec even n = n = 0 ||…d (n - 1)⏎[@@inline]
value odd: (* and odd *)⏎and odd n = n <> 0 && even (n - 1)
type t: type t = { a : u }
field t.a: a : u
type u: and u = A | B
constructor u.A: A
constructor u.B: B\
"""),
    )


def test_the_group_is_the_whole_chain() -> None:
    text = "let rec f x = g x\nand g x = f x\nlet h = 1\n"
    f, g, h = outline("a.ml", text)
    assert f.group.of(text) == g.group.of(text) == "let rec f x = g x\nand g x = f x"
    assert g.core.of(text) == "and g x = f x"
    assert h.group.of(text) == h.core.of(text) == "let h = 1"


def test_types_with_constructors_fields_and_inline_records() -> None:
    check_outline(
        """\
        type shape =
          | Circle of { radius : float; (** in metres *) colour : string }  (** round *)
          | Square of float
        [@@deriving show]
        (** all of them *)

        type 'a box = { mutable it : 'a; name : string }
        type _ gadt = Int : int -> int gadt | Nothing : _ gadt
        type poly = [ `A | `B of int ]
        type t += Late of int
        exception Bad of { why : string }
        external now : unit -> float = "now" [@@noalloc]
        """,
        snapshot("""\
type shape: type shape =⏎  | Circle of { radius : …]⏎(** all of them *)
constructor shape.Circle: Circle of { radius : float; (** in met…ring }  (** round *)
field shape.Circle.radius: radius : float; (** in metres *)
field shape.Circle.colour: colour : string
constructor shape.Square: Square of float
type box: type 'a box = { mutable it : 'a; name : string }
field box.it: mutable it : 'a;
field box.name: name : string
type gadt: type _ gadt = Int : int -> int gadt | Nothing : _ gadt
constructor gadt.Int: Int : int -> int gadt
constructor gadt.Nothing: Nothing : _ gadt
type poly: type poly = [ `A | `B of int ]
constructor Late: Late of int
exception Bad: exception Bad of { why : string }
field Bad.why: why : string
external now: external now : unit -> float = "now" [@@noalloc]\
"""),
    )


def test_modules_functors_and_signatures_nest() -> None:
    check_names(
        """
        module Parser = struct
          module State : sig
            type t
            val step : t -> t
          end = struct
            type t = int
            let step t = t + 1
          end
          let run () = ()
        end
        module type S = sig
          type t
          val compare : t -> t -> int
          module Inner : sig exception E end
        end
        module Make (X : S) () = functor (Y : S) -> (struct let both = X.compare end : T)
        module rec A : sig val x : int end = struct let x = 1 end
        and B : S = A
        include struct let included = 1 end
        module M = Map.Make (struct type t = int let compare = compare end)
        let f () = let module Local = struct let hidden = 1 end in Local.hidden
        """,
        snapshot("""\
module Parser
module Parser.State
val type Parser.State.t
val value Parser.State.step
type Parser.State.t
value Parser.State.step
value Parser.run
module type S
val type S.t
val value S.compare
val module S.Inner
val exception S.Inner.E
module Make
value Make.both
module A
val value A.x
value A.x
module B
value included
module M
value f\
"""),
    )


def test_classes() -> None:
    check_names(
        """
        class virtual ['a] stack (start : 'a list) = object (self)
          inherit base
          val mutable items = start
          method push x = items <- x :: items
          method private virtual size : int
          initializer ignore self
        end
        class type counter = object method count : int val step : int end
        """,
        snapshot("""\
class stack
instance variable stack.items
method stack.push
method stack.size
class type counter
val method counter.count
val instance variable counter.step\
"""),
    )


def test_tests_are_items() -> None:
    check_outline(
        """\
        let%expect_test "adds up" =
          print_int 1;
          [%expect {| 1 |}]

        let%test _ = true
        let%test_unit "unit" = ()
        let%test_module "all" = (module struct
          let%test "inner" = true
        end)
        """,
        snapshot("""\
test adds up: let%expect_test "adds up" =⏎  print_in…⏎  [%expect {| 1 |}]
test _: let%test _ = true
test unit: let%test_unit "unit" = ()
test all: let%test_module "all" = (module struct… "inner" = true⏎end)
test all.inner: let%test "inner" = true\
"""),
    )


def test_tests_that_are_values_are_items_too() -> None:
    check_outline(
        """\
        let adds () = Alcotest.(check int) "two" 2 (1 + 1)
        let () = Alcotest.run "calc" [ ("sums", [ Alcotest.test_case "adds" `Quick adds; test_case "more" `Slow (fun () -> ()) ]) ]
        let suite = "all" >::: [ "first" >:: (fun _ -> ()); "second" >:= lwt ]
        module Properties = struct
          let tests = [ QCheck2.Test.make ~count:10 ~name:"reverses" gen (fun l -> List.rev (List.rev l) = l) ]
        end
        let not_one = Test.make ~print
        """,
        snapshot("""\
value adds: let adds () = Alcotest.(check int) "two" 2 (1 + 1)
toplevel (): let () = Alcotest.run "calc" [ ("sums"… (fun () -> ()) ]) ]
test adds: Alcotest.test_case "adds" `Quick adds
test more: test_case "more" `Slow (fun () -> ())
value suite: let suite = "all" >::: [ "first" >:: (…; "second" >:= lwt ]
test suite.all: "all" >::: [ "first" >:: (fun _ -> ()); "second" >:= lwt ]
test suite.all.first: "first" >:: (fun _ -> ())
test suite.all.second: "second" >:= lwt
module Properties: module Properties = struct⏎  let tests…st.rev l) = l) ]⏎end
value Properties.tests: let tests = [ QCheck2.Test.make ~count… (List.rev l) = l) ]
test Properties.tests.reverses: QCheck2.Test.make ~count:10 ~name:"rev…ev (List.rev l) = l)
value not_one: let not_one = Test.make ~print\
"""),
    )


def test_an_interface() -> None:
    check_outline(
        """\
        (** Shapes. *)

        type t
        (** A shape. *)

        val area : t -> float
        (** Its area. *)

        (** Before it. *)
        val scale : by:float -> t -> t

        external id : 'a -> 'a = "%identity"
        val ( <+> ) : t -> t -> t
        module Set : Set.S with type elt = t
        module Of_list : functor (X : S) -> sig val make : t list -> t end
        exception Empty
        """,
        snapshot("""\
val type t: type t⏎(** A shape. *)
val value area: val area : t -> float⏎(** Its area. *)
val value scale: (** Before it. *)⏎val scale : by:float -> t -> t
val external id: external id : 'a -> 'a = "%identity"
val value <+>: val ( <+> ) : t -> t -> t
val module Set: module Set : Set.S with type elt = t
val module Of_list: module Of_list : functor (X : S) -> si…ke : t list -> t end
val value Of_list.make: val make : t list -> t
val exception Empty: exception Empty\
"""),
        path="lib/a.mli",
    )


def test_comments_go_to_the_item_that_they_touch() -> None:
    check_outline(
        """\
        (* A header. *)

        (* of a *)
        (** also of a *)
        let a = 1 (* behind a *)
        let b = 2
        (** after b *)

        (* nobody's *)

        let c = 3
        (**/**)
        let d = 4
        """,
        snapshot("""\
value a: (* of a *)⏎(** also of a *)⏎let a = 1 (* behind a *)
value b: let b = 2⏎(** after b *)
value c: let c = 3
value d: let d = 4\
"""),
    )


def test_attributes_and_comments_of_constructors_and_fields() -> None:
    check_outline(
        """\
        type t =
          | A of int [@name "a"]  (** the a *)
          | (** before b *)
            B
          (** under b *)
          | C (* behind c *)
          (* of d *)
          | D
        and r = {
          a : int;  (** the a *)
          (** before b *)
          b : int;
              (** under b *)
          c : int [@default 1];
        }
        """,
        snapshot("""\
type t: type t =⏎  | A of int [@name "a"]  (**…)⏎  (* of d *)⏎  | D
constructor t.A: A of int [@name "a"]  (** the a *)
constructor t.B: (** before b *)⏎    B⏎  (** under b *)
constructor t.C: C (* behind c *)
constructor t.D: (* of d *)⏎  | D
type r: and r = {⏎  a : int;  (** the a *)⏎  (… int [@default 1];⏎}
field r.a: a : int;  (** the a *)
field r.b: (** before b *)⏎  b : int;⏎      (** under b *)
field r.c: c : int [@default 1];\
"""),
    )


def test_crlf_and_wide_characters() -> None:
    text = '(** é😋 *)\r\nlet s = "é😋"\r\nlet after = 1 (* ü *)\r\n' * 200
    items = outline("a.ml", text)
    assert [item.name for item in items] == ["s", "after"] * 200
    assert all(item.name_span.of(text) == item.name for item in items)
    assert items[-1].span.of(text) == "let after = 1 (* ü *)"


def test_bytes_that_are_not_utf8_count_as_letters() -> None:
    text = b"let caf\xe9 = '\xe9'\nlet next = 1\n".decode("utf-8", "surrogateescape")
    assert [item.name for item in outline("a.ml", text)] == ["caf\udce9", "next"]


def check_survives(broken: str, expect: str) -> None:
    """Puts a broken definition between good ones; shows which names are still found."""
    text = f"let first = 1\n\n(** doc *)\nlet second = 2\n{broken}\nlet third = 3\n\n(** fourth's *)\nlet fourth x =\n  x\n"
    items = outline("a.ml", text)
    assert " ".join(item.name for item in items) == expect
    assert {item.name: item.span.of(text) for item in items}["fourth"] == "(** fourth's *)\nlet fourth x =\n  x"


def test_an_open_parenthesis_hides_nothing() -> None:
    check_survives("let broken = (", "first second broken third fourth")


def test_an_open_string_hides_nothing() -> None:
    check_survives('let broken = "oops', "first second broken third fourth")


def test_an_open_module_hides_nothing() -> None:
    check_survives("module M = struct\n  let inner = 1", "first second M inner third fourth")


def test_half_a_match_hides_nothing() -> None:
    check_survives("let broken = match x with\n  | A ->", "first second broken third fourth")


def test_a_lonely_keyword_hides_nothing() -> None:
    check_survives("let", "first second third fourth")


def test_garbage_hides_nothing() -> None:
    check_survives("]] )) end |} let let = = x", "first second third fourth")


def test_the_innermost_item_encloses() -> None:
    text = "module M = struct\n  type t = A | B of { x : int }\n\n  let f y =\n    y\nend\n\nlet () = M.f 1\n"

    def around(needle: str) -> str | None:
        item = enclosing("a.ml", text, text.index(needle))
        return item and f"{item.kind} {item.dotted}"

    assert around("y\nend") == "value M.f"
    assert around("x : int") == "type M.t"
    assert around("end") == "module M"
    assert around("M.f 1") == "toplevel ()"
    assert enclosing("a.ml", text, len(text)) is None or around("\n\nlet ()") == "module M"
    assert enclosing("a.ml", "\n\n\nlet x = 1", 0) is None
