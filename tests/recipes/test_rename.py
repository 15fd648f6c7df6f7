"""Renames on little projects with the real compiler: what changes, and what is refused."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from aid_lsp.build.artefacts import ArtefactReader
from aid_lsp.build.verdict import Tier
from aid_lsp.recipes.recipe import RecipeProposer
from tests.recipes.workshop import workshop

pytestmark = pytest.mark.dune

SHAPES = {
    "lib/dune": "(library (name shapes) (inline_tests) (preprocess (pps ppx_expect)))\n",
    "lib/shape.mli": """
        type t = { width : float; height : float }
        (** The [width] comes first. *)

        type kind = Circle of float | Rect of t

        val area : kind -> float
        (** [area k] is the surface; see {!scale} and {!Shape.area}. *)

        val scale : by:float -> kind -> kind
        (** Scales the [area]. *)

        exception Bad of string

        module Sub : sig
          val inner : int
        end
    """,
    "lib/shape.ml": """
        type t = { width : float; height : float }
        type kind = Circle of float | Rect of t

        let area = function Circle r -> r *. r | Rect { width; height } -> width *. height

        let scale ~by = function
          | Circle r -> Circle (by *. r)
          | Rect { width; height } ->
              let width = width *. by in
              Rect { width; height }

        exception Bad of string

        module Sub = struct
          let inner = 3
        end

        let%expect_test "area" =
          print_float (area (Circle 1.));
          [%expect {| 1. |}]
    """,
    "lib/stack.ml": """
        type t = { width : int }
        let depth { width } = width
    """,
    "lib/use.ml": """
        open Shape
        module Sh = Shape
        let x = area (Circle 1.)
        let by = 2.
        let y = Shape.(area (Rect { width = 1.; height = 2. })) +. Sh.area (Sh.scale ~by (Circle 3.))
        let é = "é😋" ^ if area (scale ~by:2. (Circle x)) < 0. then raise (Bad "x") else string_of_float y
        include Shape.Sub
    """,
    "bin/dune": "(executable (name main) (libraries shapes))\n",
    "bin/main.ml": """
        let () = print_float (Shapes.Shape.area (Shapes.Shape.Circle Shapes.Use.x)); print_int Shapes.Use.inner
    """,
    "test/dune": "(test (name t) (libraries shapes))\n",
    "test/t.ml": """
        open Shapes
        let area = 1
        let () = assert (Shape.area (Shape.Circle 1.) = float_of_int area)
    """,
}


async def test_everything_with_a_name_is_renamed_everywhere(tmp_path: Path) -> None:
    async with workshop(tmp_path, SHAPES) as shop:
        assert await shop.ask("rename Shape.area to surface", tier=Tier.TEST) == snapshot("""\
rename value Shape.area to surface: 9 places in 5 files
bin/main.ml
  - let () = print_float (Shapes.Shape.area (Shapes.Shape.Circle Shapes.Use.x)); print_int Shapes.Use.inner
  + let () = print_float (Shapes.Shape.surface (Shapes.Shape.Circle Shapes.Use.x)); print_int Shapes.Use.inner
lib/shape.ml
  - let area = function Circle r -> r *. r | Rect { width; height } -> width *. height
  + let surface = function Circle r -> r *. r | Rect { width; height } -> width *. height
  -   print_float (area (Circle 1.));
  +   print_float (surface (Circle 1.));
lib/shape.mli
  - val area : kind -> float
  - (** [area k] is the surface; see {!scale} and {!Shape.area}. *)
  + val surface : kind -> float
  + (** [surface k] is the surface; see {!scale} and {!Shape.surface}. *)
  - (** Scales the [area]. *)
  + (** Scales the [surface]. *)
lib/use.ml
  - let x = area (Circle 1.)
  + let x = surface (Circle 1.)
  - let y = Shape.(area (Rect { width = 1.; height = 2. })) +. Sh.area (Sh.scale ~by (Circle 3.))
  - let é = "é😋" ^ if area (scale ~by:2. (Circle x)) < 0. then raise (Bad "x") else string_of_float y
  + let y = Shape.(surface (Rect { width = 1.; height = 2. })) +. Sh.surface (Sh.scale ~by (Circle 3.))
  + let é = "é😋" ^ if surface (scale ~by:2. (Circle x)) < 0. then raise (Bad "x") else string_of_float y
test/t.ml
  - let () = assert (Shape.area (Shape.Circle 1.) = float_of_int area)
  + let () = assert (Shape.surface (Shape.Circle 1.) = float_of_int area)
""")
        assert await shop.ask("rename field width to w", at="lib/shape.mli:width") == snapshot("""\
rename field Shape.t.width to w: 6 places in 3 files
lib/shape.ml
  - type t = { width : float; height : float }
  + type t = { w : float; height : float }
  - let area = function Circle r -> r *. r | Rect { width; height } -> width *. height
  + let area = function Circle r -> r *. r | Rect { w = width; height } -> width *. height
  -   | Rect { width; height } ->
  +   | Rect { w = width; height } ->
  -       Rect { width; height }
  +       Rect { w = width; height }
lib/shape.mli
  - type t = { width : float; height : float }
  - (** The [width] comes first. *)
  + type t = { w : float; height : float }
  + (** The [w] comes first. *)
lib/use.ml
  - let y = Shape.(area (Rect { width = 1.; height = 2. })) +. Sh.area (Sh.scale ~by (Circle 3.))
  + let y = Shape.(area (Rect { w = 1.; height = 2. })) +. Sh.area (Sh.scale ~by (Circle 3.))
""")
        assert await shop.ask("rename type kind to figure") == snapshot("""\
rename type Shape.kind to figure: 5 places in 2 files
lib/shape.ml
  - type kind = Circle of float | Rect of t
  + type figure = Circle of float | Rect of t
lib/shape.mli
  - type kind = Circle of float | Rect of t
  + type figure = Circle of float | Rect of t
  - val area : kind -> float
  + val area : figure -> float
  - val scale : by:float -> kind -> kind
  + val scale : by:float -> figure -> figure
""")
        assert await shop.ask("rename the constructor `Circle` to `Disc`") == snapshot("""\
rename constructor Shape.kind.Circle to Disc: 11 places in 5 files
bin/main.ml
  - let () = print_float (Shapes.Shape.area (Shapes.Shape.Circle Shapes.Use.x)); print_int Shapes.Use.inner
  + let () = print_float (Shapes.Shape.area (Shapes.Shape.Disc Shapes.Use.x)); print_int Shapes.Use.inner
lib/shape.ml
  - type kind = Circle of float | Rect of t
  + type kind = Disc of float | Rect of t
  - let area = function Circle r -> r *. r | Rect { width; height } -> width *. height
  + let area = function Disc r -> r *. r | Rect { width; height } -> width *. height
  -   | Circle r -> Circle (by *. r)
  +   | Disc r -> Disc (by *. r)
  -   print_float (area (Circle 1.));
  +   print_float (area (Disc 1.));
lib/shape.mli
  - type kind = Circle of float | Rect of t
  + type kind = Disc of float | Rect of t
lib/use.ml
  - let x = area (Circle 1.)
  + let x = area (Disc 1.)
  - let y = Shape.(area (Rect { width = 1.; height = 2. })) +. Sh.area (Sh.scale ~by (Circle 3.))
  - let é = "é😋" ^ if area (scale ~by:2. (Circle x)) < 0. then raise (Bad "x") else string_of_float y
  + let y = Shape.(area (Rect { width = 1.; height = 2. })) +. Sh.area (Sh.scale ~by (Disc 3.))
  + let é = "é😋" ^ if area (scale ~by:2. (Disc x)) < 0. then raise (Bad "x") else string_of_float y
test/t.ml
  - let () = assert (Shape.area (Shape.Circle 1.) = float_of_int area)
  + let () = assert (Shape.area (Shape.Disc 1.) = float_of_int area)
""")
        assert await shop.ask("rename exception Bad to Worse") == snapshot("""\
rename exception Shape.Bad to Worse: 3 places in 3 files
lib/shape.ml
  - exception Bad of string
  + exception Worse of string
lib/shape.mli
  - exception Bad of string
  + exception Worse of string
lib/use.ml
  - let é = "é😋" ^ if area (scale ~by:2. (Circle x)) < 0. then raise (Bad "x") else string_of_float y
  + let é = "é😋" ^ if area (scale ~by:2. (Circle x)) < 0. then raise (Worse "x") else string_of_float y
""")
        assert await shop.ask("rename label ~by to ~factor") == snapshot("""\
rename label ~by of Shape.scale to ~factor: 4 places in 3 files
lib/shape.ml
  - let scale ~by = function
  + let scale ~factor:by = function
lib/shape.mli
  - val scale : by:float -> kind -> kind
  + val scale : factor:float -> kind -> kind
lib/use.ml
  - let y = Shape.(area (Rect { width = 1.; height = 2. })) +. Sh.area (Sh.scale ~by (Circle 3.))
  - let é = "é😋" ^ if area (scale ~by:2. (Circle x)) < 0. then raise (Bad "x") else string_of_float y
  + let y = Shape.(area (Rect { width = 1.; height = 2. })) +. Sh.area (Sh.scale ~factor:by (Circle 3.))
  + let é = "é😋" ^ if area (scale ~factor:2. (Circle x)) < 0. then raise (Bad "x") else string_of_float y
""")
        assert await shop.ask("rename inner to core") == snapshot("""\
rename value Shape.Sub.inner to core: 3 places in 3 files
bin/main.ml
  - let () = print_float (Shapes.Shape.area (Shapes.Shape.Circle Shapes.Use.x)); print_int Shapes.Use.inner
  + let () = print_float (Shapes.Shape.area (Shapes.Shape.Circle Shapes.Use.x)); print_int Shapes.Use.core
lib/shape.ml
  -   let inner = 3
  +   let core = 3
lib/shape.mli
  -   val inner : int
  +   val core : int
""")
        assert await shop.ask("rename module Sub to Under") == snapshot("""\
rename module Shape.Sub to Under: 3 places in 3 files
lib/shape.ml
  - module Sub = struct
  + module Under = struct
lib/shape.mli
  - module Sub : sig
  + module Under : sig
lib/use.ml
  - include Shape.Sub
  + include Shape.Under
""")
        assert await shop.ask("rename shape.ml to figure.ml") == snapshot("""\
rename module Shape to Figure: 8 places in 5 files, lib/shape.ml becomes lib/figure.ml, lib/shape.mli becomes lib/figure.mli
bin/main.ml
  - let () = print_float (Shapes.Shape.area (Shapes.Shape.Circle Shapes.Use.x)); print_int Shapes.Use.inner
  + let () = print_float (Shapes.Figure.area (Shapes.Figure.Circle Shapes.Use.x)); print_int Shapes.Use.inner
lib/shape.ml -> lib/figure.ml
lib/shape.mli -> lib/figure.mli
lib/use.ml
  - open Shape
  - module Sh = Shape
  + open Figure
  + module Sh = Figure
  - let y = Shape.(area (Rect { width = 1.; height = 2. })) +. Sh.area (Sh.scale ~by (Circle 3.))
  + let y = Figure.(area (Rect { width = 1.; height = 2. })) +. Sh.area (Sh.scale ~by (Circle 3.))
  - include Shape.Sub
  + include Figure.Sub
test/t.ml
  - let () = assert (Shape.area (Shape.Circle 1.) = float_of_int area)
  + let () = assert (Figure.area (Figure.Circle 1.) = float_of_int area)
""")
        assert await shop.ask("rename this to factor", at="lib/shape.ml:by") == snapshot("""\
rename local value by to factor: 3 places in 1 file
lib/shape.ml
  - let scale ~by = function
  -   | Circle r -> Circle (by *. r)
  + let scale ~by:factor = function
  +   | Circle r -> Circle (factor *. r)
  -       let width = width *. by in
  +       let width = width *. factor in
""")


async def test_what_is_not_sure_is_asked_or_declined(tmp_path: Path) -> None:
    async with workshop(tmp_path, SHAPES) as shop:
        assert await shop.ask("rename area to surface") == snapshot(
            "declined: Several things are called 'area': value Shape.area (lib/shape.ml:4); value T.area (test/t.ml:2). Put the cursor on one of them, or say it with its module."
        )
        assert await shop.ask("rename width to w") == snapshot(
            "declined: Several things are called 'width': field Shape.t.width (lib/shape.ml:1); field Stack.t.width (lib/stack.ml:1). Put the cursor on one of them, or say it with its module."
        )
        assert await shop.ask("rename Shape.area to scale") == snapshot(
            "declined: 'scale' is taken: value scale is defined at lib/shape.ml:6."
        )
        assert await shop.ask("rename Shape.area to Surface") == snapshot(
            "declined: the name of a value begins with a small letter; 'Surface' does not."
        )
        assert await shop.ask("rename Shape.area to end") == snapshot("declined: 'end' is a keyword of OCaml.")
        assert await shop.ask("rename print_float to print_real") == snapshot(
            "declined: 'print_float' is not defined in this workspace; the 'print_float' that is used here comes from Stdlib, which AID cannot change."
        )
        assert await shop.ask("rename nothing_like_it to something") == snapshot(
            "declined: There is nothing called 'nothing_like_it' in this workspace."
        )
        assert await shop.ask("rename module Main to Start") == snapshot(
            "declined: bin/main.ml is the executable itself that bin/dune names 'main'; renaming it would change that name for everybody."
        )
        assert await shop.ask("rename shape.ml to stack.ml") == snapshot("declined: lib/stack.ml exists already.")
        assert await shop.ask("rename label ~nope of Shape.scale to ~yes") == snapshot(
            "declined: value Shape.scale has no parameter nope."
        )
        assert await shop.ask("rename this to that") == snapshot(
            "declined: There is no name at that place; put the cursor on the name, or say it: `rename area to surface`."
        )


CAPTURES = {
    "lib/dune": "(library (name caps) (flags (:standard -w -a)))\n",
    "lib/order.ml": """
        let smaller a b = a < b
        let compare a b = Int.compare a b
        let twice least = smaller least least
    """,
    "lib/use.ml": """
        open Order
        let max xs = List.sort compare xs
        let min x = x
        let f surface = surface + (if smaller 1 2 then 1 else 0)
        let g x = if smaller x (min x) then x else 0
    """,
    "lib/key.ml": """
        type t = int
        let compare = Int.compare
        module Set = Set.Make (struct type nonrec t = t let compare = compare end)
        module Again = Map.Make (struct type t = string let compare = String.compare end)
    """,
}


async def test_nothing_changes_its_meaning(tmp_path: Path) -> None:
    async with workshop(tmp_path, CAPTURES) as shop:
        assert await shop.ask("rename Order.smaller to least") == snapshot(
            "declined: At lib/order.ml:3, 'least' would mean the local 'least' of lib/order.ml:3 instead."
        )
        assert await shop.ask("rename Order.smaller to surface") == snapshot(
            "declined: At lib/use.ml:4, 'surface' would mean the local 'surface' of lib/use.ml:4 instead."
        )
        assert await shop.ask("rename Order.smaller to min") == snapshot(
            "declined: At lib/use.ml:4, 'min' would mean something else than now; choose another name, or rename that one first."
        )
        assert await shop.ask("rename Use.min to smaller") == snapshot(
            "declined: The 'smaller' at lib/use.ml:4, another thing now, would mean the renamed value Use.min."
        )
        assert await shop.ask("rename Order.compare to cmp") == snapshot("""\
rename value Order.compare to cmp: 2 places in 2 files
lib/order.ml
  - let compare a b = Int.compare a b
  + let cmp a b = Int.compare a b
lib/use.ml
  - let max xs = List.sort compare xs
  + let max xs = List.sort cmp xs
""")
        assert await shop.ask("rename this to order", at="lib/key.ml:compare:4") == snapshot("""\
rename value Key.compare to order: 2 places in 1 file
lib/key.ml
  - let compare = Int.compare
  - module Set = Set.Make (struct type nonrec t = t let compare = compare end)
  + let order = Int.compare
  + module Set = Set.Make (struct type nonrec t = t let compare = order end)
""")


NASTY = {
    "lib/dune": "(library (name nasty) (modules sigs again first ops alias))\n",
    "lib/sigs.ml": """
        module type ORDERED = sig type t val leq : t -> t -> bool end
        module Make (X : ORDERED) = struct
          open X
          let pair a b = leq a b
          let other a b = X.leq b a
        end
        module Ints = struct type t = int let leq a b = a <= b end
        module P = Make (Ints)
        let packed = (module Ints : ORDERED with type t = int)
        let through (module X : ORDERED with type t = int) = X.leq 1 2
    """,
    "lib/again.mli": "type t = First.t = { size : int; name : string }\n\nval make : int -> t\n",
    "lib/again.ml": 'type t = First.t = { size : int; name : string }\n\nlet make size = { size; name = "x" }\n',
    "lib/first.ml": "type t = { size : int; name : string }\ntype color = Red | Green of { depth : int }\n",
    "lib/ops.ml": """
        let ( +! ) a b = a + b
        let ( let* ) = Option.bind
        let sum = 1 +! 2 +! Stdlib.( + ) 1 2
        let fold = List.fold_left ( +! ) 0
        let bound = let* x = Some 1 in Some (x +! 1)
        let (left, right) = (1, 2)
        let both = left + right
    """,
    "lib/alias.ml": 'module First = First\ntype shade = First.color = Red | Green of { depth : int }\nlet r = First.Green { depth = 1 }\nlet f (First.Green { depth } | Green { depth }) = depth [@@warning "-8-12"]\n',
}


async def test_signatures_functors_operators_and_types_declared_again(tmp_path: Path) -> None:
    async with workshop(tmp_path, NASTY) as shop:
        assert await shop.ask("rename leq to before", at="lib/sigs.ml:leq") == snapshot("""\
rename value Sigs.ORDERED.leq to before: 5 places in 1 file
lib/sigs.ml
  - module type ORDERED = sig type t val leq : t -> t -> bool end
  + module type ORDERED = sig type t val before : t -> t -> bool end
  -   let pair a b = leq a b
  -   let other a b = X.leq b a
  +   let pair a b = before a b
  +   let other a b = X.before b a
  - module Ints = struct type t = int let leq a b = a <= b end
  + module Ints = struct type t = int let before a b = a <= b end
  - let through (module X : ORDERED with type t = int) = X.leq 1 2
  + let through (module X : ORDERED with type t = int) = X.before 1 2
""")
        assert await shop.ask("rename type t to elt", at="lib/sigs.ml:t val") == snapshot("""\
rename type Sigs.ORDERED.t to elt: 6 places in 1 file
lib/sigs.ml
  - module type ORDERED = sig type t val leq : t -> t -> bool end
  + module type ORDERED = sig type elt val leq : elt -> elt -> bool end
  - module Ints = struct type t = int let leq a b = a <= b end
  + module Ints = struct type elt = int let leq a b = a <= b end
  - let packed = (module Ints : ORDERED with type t = int)
  - let through (module X : ORDERED with type t = int) = X.leq 1 2
  + let packed = (module Ints : ORDERED with type elt = int)
  + let through (module X : ORDERED with type elt = int) = X.leq 1 2
""")
        assert await shop.ask("rename field size to length", at="lib/again.mli:size") == snapshot("""\
rename field Again.t.size to length: 4 places in 3 files
lib/again.ml
  - type t = First.t = { size : int; name : string }
  + type t = First.t = { length : int; name : string }
  - let make size = { size; name = "x" }
  + let make size = { length = size; name = "x" }
lib/again.mli
  - type t = First.t = { size : int; name : string }
  + type t = First.t = { length : int; name : string }
lib/first.ml
  - type t = { size : int; name : string }
  + type t = { length : int; name : string }
""")
        assert await shop.ask("rename constructor Green to Verdant", at="lib/first.ml:Green") == snapshot("""\
rename constructor Alias.shade.Green to Verdant: 5 places in 2 files
lib/alias.ml
  - type shade = First.color = Red | Green of { depth : int }
  - let r = First.Green { depth = 1 }
  - let f (First.Green { depth } | Green { depth }) = depth [@@warning "-8-12"]
  + type shade = First.color = Red | Verdant of { depth : int }
  + let r = First.Verdant { depth = 1 }
  + let f (First.Verdant { depth } | Verdant { depth }) = depth [@@warning "-8-12"]
lib/first.ml
  - type color = Red | Green of { depth : int }
  + type color = Red | Verdant of { depth : int }
""")
        assert await shop.ask("rename depth to level", at="lib/first.ml:depth") == snapshot("""\
rename field Alias.shade.Green.depth to level: 5 places in 2 files
lib/alias.ml
  - type shade = First.color = Red | Green of { depth : int }
  - let r = First.Green { depth = 1 }
  - let f (First.Green { depth } | Green { depth }) = depth [@@warning "-8-12"]
  + type shade = First.color = Red | Green of { level : int }
  + let r = First.Green { level = 1 }
  + let f (First.Green { level = depth } | Green { level = depth }) = depth [@@warning "-8-12"]
lib/first.ml
  - type color = Red | Green of { depth : int }
  + type color = Red | Green of { level : int }
""")
        assert await shop.ask("rename +! to *!") == snapshot(
            "declined: '+!' can only become an infix operator of the same precedence as '+!', and '*!' is none."
        )
        assert await shop.ask("rename +! to +*") == snapshot("""\
rename value Ops.+! to +*: 5 places in 1 file
lib/ops.ml
  - let ( +! ) a b = a + b
  + let ( +* ) a b = a + b
  - let sum = 1 +! 2 +! Stdlib.( + ) 1 2
  - let fold = List.fold_left ( +! ) 0
  - let bound = let* x = Some 1 in Some (x +! 1)
  + let sum = 1 +* 2 +* Stdlib.( + ) 1 2
  + let fold = List.fold_left ( +* ) 0
  + let bound = let* x = Some 1 in Some (x +* 1)
""")
        assert await shop.ask("rename let* to let+") == snapshot("""\
rename value Ops.let* to let+: 2 places in 1 file
lib/ops.ml
  - let ( let* ) = Option.bind
  + let ( let+ ) = Option.bind
  - let bound = let* x = Some 1 in Some (x +! 1)
  + let bound = let+ x = Some 1 in Some (x +! 1)
""")
        assert await shop.ask("rename right to last") == snapshot("""\
rename value Ops.right to last: 2 places in 1 file
lib/ops.ml
  - let (left, right) = (1, 2)
  - let both = left + right
  + let (left, last) = (1, 2)
  + let both = left + last
""")
        assert await shop.ask("rename module First to One") == snapshot(
            """\
rename module First to One: 8 places in 5 files, lib/first.ml becomes lib/one.ml
lib/again.ml
  - type t = First.t = { size : int; name : string }
  + type t = One.t = { size : int; name : string }
lib/again.mli
  - type t = First.t = { size : int; name : string }
  + type t = One.t = { size : int; name : string }
lib/alias.ml
  - module First = First
  - type shade = First.color = Red | Green of { depth : int }
  - let r = First.Green { depth = 1 }
  - let f (First.Green { depth } | Green { depth }) = depth [@@warning "-8-12"]
  + module One = One
  + type shade = One.color = Red | Green of { depth : int }
  + let r = One.Green { depth = 1 }
  + let f (One.Green { depth } | Green { depth }) = depth [@@warning "-8-12"]
lib/dune
  - (library (name nasty) (modules sigs again first ops alias))
  + (library (name nasty) (modules sigs again one ops alias))
lib/first.ml -> lib/one.ml
"""
        )


async def test_odd_texts_and_unsaved_buffers(tmp_path: Path) -> None:
    files = {
        "lib/dune": "(library (name odd))\n",
        "lib/a.ml": 'let area x = x\r\nlet s = "é😋" \f let y = area 1\r\nlet z = (* area *) area y\r\n',
        "lib/b.ml": "let t = A.area 2\n",
    }
    async with workshop(tmp_path, files) as shop:
        buffer = {"lib/b.ml": "(* typed, not saved *)\nlet t = A.area 2 + A.area 3\n"}
        assert await shop.ask("rename area to surface", buffers=buffer) == snapshot("""\
rename value A.area to surface: 5 places in 2 files
lib/a.ml
  - 'let area x = x\\r\\n'
  - 'let s = "é😋" \\x0c let y = area 1\\r\\n'
  - 'let z = (* area *) area y\\r\\n'
  + 'let surface x = x\\r\\n'
  + 'let s = "é😋" \\x0c let y = surface 1\\r\\n'
  + 'let z = (* area *) surface y\\r\\n'
lib/b.ml
  - let t = A.area 2 + A.area 3
  + let t = A.surface 2 + A.surface 3
""")


async def test_a_red_workspace_is_renamed_in_as_far_as_it_is_understood(tmp_path: Path) -> None:
    files = {
        "lib/dune": "(library (name red))\n",
        "lib/a.ml": "let area x = x + 0\n",
        "lib/b.ml": "let t : string = A.area 2\nlet u = A.area 3\nlet v = let area = 1 in area\n",
        "lib/c.ml": "open A\nlet w = area 2\nlet area = 3\nlet x = area\n",
    }
    async with workshop(tmp_path, files) as shop:
        assert await shop.ask("rename A.area to surface") == snapshot("""\
rename value A.area to surface: 4 places in 3 files
lib/a.ml
  - let area x = x + 0
  + let surface x = x + 0
lib/b.ml
  - let t : string = A.area 2
  - let u = A.area 3
  + let t : string = A.surface 2
  + let u = A.surface 3
lib/c.ml
  - let w = area 2
  + let w = surface 2
unknown: lib/b.ml:1: This expression has type "int" but an expression was expected of type
""")


async def test_generated_code_and_other_languages(tmp_path: Path) -> None:
    files = {
        "dune-project": "(lang dune 3.0)\n",
        "lib/dune": '(library (name gen))\n(ocamllex lexer)\n(rule (with-stdout-to made.ml (echo "let fixed = 1")))\n',
        "lib/lexer.mll": "{ let count = ref 0 }\nrule token = parse\n  | ' ' { incr count; Helper.note lexbuf; token lexbuf }\n  | eof { !count }\n",
        "lib/helper.ml": "let note (_ : Lexing.lexbuf) = ()\nlet made = Made.fixed\n",
    }
    async with workshop(tmp_path, files) as shop:
        assert await shop.ask("rename note to remember") == snapshot("""\
rename value Helper.note to remember: 2 places in 2 files
lib/helper.ml
  - let note (_ : Lexing.lexbuf) = ()
  + let remember (_ : Lexing.lexbuf) = ()
lib/lexer.mll
  -   | ' ' { incr count; Helper.note lexbuf; token lexbuf }
  +   | ' ' { incr count; Helper.remember lexbuf; token lexbuf }
""")
        assert await shop.ask("rename fixed to broken") == snapshot(
            "declined: 'fixed' is defined in lib/made.ml, which the build generates; AID renames only in files of yours."
        )


async def test_what_is_derived_from_a_type_changes_its_name_with_it(tmp_path: Path) -> None:
    files = {
        "lib/dune": "(library (name gen) (preprocess (pps ppx_compare ppx_enumerate)))\n",
        "lib/a.ml": """
            type kind = A | B [@@deriving compare, enumerate]
            type t = { k : kind } [@@deriving compare]
            let sorted l = List.sort compare_kind l
        """,
        "lib/a.mli": """
            type kind = A | B [@@deriving compare, enumerate]
            type t = { k : kind } [@@deriving compare]
            val sorted : kind list -> kind list
        """,
        "lib/b.ml": "let x = List.length A.all_of_kind + A.compare A.{ k = A } A.{ k = B }\n",
    }
    async with workshop(tmp_path, files) as shop:
        assert await shop.ask("rename type kind to figure") == snapshot("""\
rename type A.kind to figure: 8 places in 3 files
lib/a.ml
  - type kind = A | B [@@deriving compare, enumerate]
  - type t = { k : kind } [@@deriving compare]
  - let sorted l = List.sort compare_kind l
  + type figure = A | B [@@deriving compare, enumerate]
  + type t = { k : figure } [@@deriving compare]
  + let sorted l = List.sort compare_figure l
lib/a.mli
  - type kind = A | B [@@deriving compare, enumerate]
  - type t = { k : kind } [@@deriving compare]
  - val sorted : kind list -> kind list
  + type figure = A | B [@@deriving compare, enumerate]
  + type t = { k : figure } [@@deriving compare]
  + val sorted : figure list -> figure list
lib/b.ml
  - let x = List.length A.all_of_kind + A.compare A.{ k = A } A.{ k = B }
  + let x = List.length A.all_of_figure + A.compare A.{ k = A } A.{ k = B }
""")
        assert await shop.ask("rename type A.t to pair") == snapshot("""\
rename type A.t to pair: 3 places in 3 files
lib/a.ml
  - type t = { k : kind } [@@deriving compare]
  + type pair = { k : kind } [@@deriving compare]
lib/a.mli
  - type t = { k : kind } [@@deriving compare]
  + type pair = { k : kind } [@@deriving compare]
lib/b.ml
  - let x = List.length A.all_of_kind + A.compare A.{ k = A } A.{ k = B }
  + let x = List.length A.all_of_kind + A.compare_pair A.{ k = A } A.{ k = B }
""")


async def test_a_compiler_without_an_index_is_asked_by_building(tmp_path: Path) -> None:
    """Before OCaml 5.2 syntax decides, and the build's errors show what it missed."""
    async with workshop(tmp_path, SHAPES) as shop:
        shop.recipe = RecipeProposer(shop.judge, ArtefactReader(program="false"))
        assert await shop.ask("rename Shape.area to surface") == snapshot("""\
rename value Shape.area to surface: 9 places in 5 files
bin/main.ml
  - let () = print_float (Shapes.Shape.area (Shapes.Shape.Circle Shapes.Use.x)); print_int Shapes.Use.inner
  + let () = print_float (Shapes.Shape.surface (Shapes.Shape.Circle Shapes.Use.x)); print_int Shapes.Use.inner
lib/shape.ml
  - let area = function Circle r -> r *. r | Rect { width; height } -> width *. height
  + let surface = function Circle r -> r *. r | Rect { width; height } -> width *. height
  -   print_float (area (Circle 1.));
  +   print_float (surface (Circle 1.));
lib/shape.mli
  - val area : kind -> float
  - (** [area k] is the surface; see {!scale} and {!Shape.area}. *)
  + val surface : kind -> float
  + (** [surface k] is the surface; see {!scale} and {!Shape.surface}. *)
  - (** Scales the [area]. *)
  + (** Scales the [surface]. *)
lib/use.ml
  - let x = area (Circle 1.)
  + let x = surface (Circle 1.)
  - let y = Shape.(area (Rect { width = 1.; height = 2. })) +. Sh.area (Sh.scale ~by (Circle 3.))
  - let é = "é😋" ^ if area (scale ~by:2. (Circle x)) < 0. then raise (Bad "x") else string_of_float y
  + let y = Shape.(surface (Rect { width = 1.; height = 2. })) +. Sh.surface (Sh.scale ~by (Circle 3.))
  + let é = "é😋" ^ if surface (scale ~by:2. (Circle x)) < 0. then raise (Bad "x") else string_of_float y
test/t.ml
  - let () = assert (Shape.area (Shape.Circle 1.) = float_of_int area)
  + let () = assert (Shape.surface (Shape.Circle 1.) = float_of_int area)
""")
        assert await shop.ask("rename constructor Circle to Disc") == snapshot("""\
rename constructor Shape.kind.Circle to Disc: 11 places in 5 files
bin/main.ml
  - let () = print_float (Shapes.Shape.area (Shapes.Shape.Circle Shapes.Use.x)); print_int Shapes.Use.inner
  + let () = print_float (Shapes.Shape.area (Shapes.Shape.Disc Shapes.Use.x)); print_int Shapes.Use.inner
lib/shape.ml
  - type kind = Circle of float | Rect of t
  + type kind = Disc of float | Rect of t
  - let area = function Circle r -> r *. r | Rect { width; height } -> width *. height
  + let area = function Disc r -> r *. r | Rect { width; height } -> width *. height
  -   | Circle r -> Circle (by *. r)
  +   | Disc r -> Disc (by *. r)
  -   print_float (area (Circle 1.));
  +   print_float (area (Disc 1.));
lib/shape.mli
  - type kind = Circle of float | Rect of t
  + type kind = Disc of float | Rect of t
lib/use.ml
  - let x = area (Circle 1.)
  + let x = area (Disc 1.)
  - let y = Shape.(area (Rect { width = 1.; height = 2. })) +. Sh.area (Sh.scale ~by (Circle 3.))
  - let é = "é😋" ^ if area (scale ~by:2. (Circle x)) < 0. then raise (Bad "x") else string_of_float y
  + let y = Shape.(area (Rect { width = 1.; height = 2. })) +. Sh.area (Sh.scale ~by (Disc 3.))
  + let é = "é😋" ^ if area (scale ~by:2. (Disc x)) < 0. then raise (Bad "x") else string_of_float y
test/t.ml
  - let () = assert (Shape.area (Shape.Circle 1.) = float_of_int area)
  + let () = assert (Shape.area (Shape.Disc 1.) = float_of_int area)
""")
        assert await shop.ask("rename field width to w", at="lib/shape.mli:width") == snapshot("""\
rename field Shape.t.width to w: 6 places in 3 files
lib/shape.ml
  - type t = { width : float; height : float }
  + type t = { w : float; height : float }
  - let area = function Circle r -> r *. r | Rect { width; height } -> width *. height
  + let area = function Circle r -> r *. r | Rect { w = width; height } -> width *. height
  -   | Rect { width; height } ->
  +   | Rect { w = width; height } ->
  -       Rect { width; height }
  +       Rect { w = width; height }
lib/shape.mli
  - type t = { width : float; height : float }
  - (** The [width] comes first. *)
  + type t = { w : float; height : float }
  + (** The [w] comes first. *)
lib/use.ml
  - let y = Shape.(area (Rect { width = 1.; height = 2. })) +. Sh.area (Sh.scale ~by (Circle 3.))
  + let y = Shape.(area (Rect { w = 1.; height = 2. })) +. Sh.area (Sh.scale ~by (Circle 3.))
""")
        assert await shop.ask("rename inner to core") == snapshot("""\
rename value Shape.Sub.inner to core: 3 places in 3 files
bin/main.ml
  - let () = print_float (Shapes.Shape.area (Shapes.Shape.Circle Shapes.Use.x)); print_int Shapes.Use.inner
  + let () = print_float (Shapes.Shape.area (Shapes.Shape.Circle Shapes.Use.x)); print_int Shapes.Use.core
lib/shape.ml
  -   let inner = 3
  +   let core = 3
lib/shape.mli
  -   val inner : int
  +   val core : int
""")
        assert await shop.ask("rename shape.ml to figure.ml") == snapshot("""\
rename module Shape to Figure: 8 places in 5 files, lib/shape.ml becomes lib/figure.ml, lib/shape.mli becomes lib/figure.mli
bin/main.ml
  - let () = print_float (Shapes.Shape.area (Shapes.Shape.Circle Shapes.Use.x)); print_int Shapes.Use.inner
  + let () = print_float (Shapes.Figure.area (Shapes.Figure.Circle Shapes.Use.x)); print_int Shapes.Use.inner
lib/shape.ml -> lib/figure.ml
lib/shape.mli -> lib/figure.mli
lib/use.ml
  - open Shape
  - module Sh = Shape
  + open Figure
  + module Sh = Figure
  - let y = Shape.(area (Rect { width = 1.; height = 2. })) +. Sh.area (Sh.scale ~by (Circle 3.))
  + let y = Figure.(area (Rect { width = 1.; height = 2. })) +. Sh.area (Sh.scale ~by (Circle 3.))
  - include Shape.Sub
  + include Figure.Sub
test/t.ml
  - let () = assert (Shape.area (Shape.Circle 1.) = float_of_int area)
  + let () = assert (Figure.area (Figure.Circle 1.) = float_of_int area)
""")
