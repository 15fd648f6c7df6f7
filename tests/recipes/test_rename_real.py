"""Renames and new parameters in what real projects have: copied sources, constraints, aliases in tests, printed names."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from aid_lsp.build.verdict import Tier
from tests.recipes.workshop import workshop

pytestmark = pytest.mark.dune

COPIED = {
    "lib/dune": "(library (name base))\n",
    "lib/shelf.ml": "let size n = n + 1\n",
    "lib/shelf.mli": "val size : int -> int\n",
    "test/dune": "(test (name t) (libraries base_private))\n(subdir private\n (library (name base_private))\n (copy_files %{project_root}/lib/*.{ml,mli}))\n",
    "test/t.ml": """
        module Shelf = Base_private.Shelf
        let size = Shelf.size 1
        let () = assert (Base_private.Shelf.size size = 3)
    """,
}


async def test_copies_of_a_file_are_the_file(tmp_path: Path) -> None:
    async with workshop(tmp_path, COPIED) as shop:
        assert await shop.ask("rename Base.Shelf.size to length", at="lib/shelf.ml:size", tier=Tier.TEST) == snapshot("""\
rename value Shelf.size to length: 4 places in 3 files
lib/shelf.ml
  - let size n = n + 1
  + let length n = n + 1
lib/shelf.mli
  - val size : int -> int
  + val length : int -> int
test/t.ml
  - let size = Shelf.size 1
  - let () = assert (Base_private.Shelf.size size = 3)
  + let size = Shelf.length 1
  + let () = assert (Base_private.Shelf.length size = 3)
""")
        assert await shop.ask("add parameter (by : int) to size, passing 2", at="lib/shelf.ml:size") == snapshot("""\
add parameter by : int to value Shelf.size, passing 2: 4 places in 3 files; nothing uses it yet, so its variable is called _by
lib/shelf.ml
  - let size n = n + 1
  + let size n (_by : int) = n + 1
lib/shelf.mli
  - val size : int -> int
  + val size : int -> int -> int
test/t.ml
  - let size = Shelf.size 1
  - let () = assert (Base_private.Shelf.size size = 3)
  + let size = Shelf.size 1 2
  + let () = assert (Base_private.Shelf.size size 2 = 3)
""")
        assert await shop.ask("rename module Shelf to Rack", at="test/t.ml:Shelf", tier=Tier.TEST) == snapshot("""\
rename module T.Shelf to Rack: 2 places in 1 file
test/t.ml
  - module Shelf = Base_private.Shelf
  - let size = Shelf.size 1
  + module Rack = Base_private.Shelf
  + let size = Rack.size 1
""")


CONSTRAINED = {
    "lib/dune": "(library (name union))\n",
    "lib/union.ml": """
        module type S = sig
          type elt
          val find : elt -> elt
        end

        module type UNION = sig
          type elt
          val find : elt -> elt
        end

        module Make (X : sig type t end) = struct
          type elt = X.t
          let find (x : elt) = x
        end

        module Twice (U : UNION with type elt = int) = struct
          let find x = U.find (U.find x)
        end

        module M = Twice (Make (Int))
    """,
    "lib/union.mli": """
        module type S = sig
          type elt
          val find : elt -> elt
        end

        module Make (X : sig type t end) : S with type elt = X.t
        module M : sig val find : int -> int end
    """,
}


async def test_what_with_says_of_a_type_is_called_as_the_type(tmp_path: Path) -> None:
    async with workshop(tmp_path, CONSTRAINED) as shop:
        assert await shop.ask("rename type elt to item", at="lib/union.ml:elt:5") == snapshot("""\
rename type Union.S.elt to item: 13 places in 2 files
lib/union.ml
  -   type elt
  -   val find : elt -> elt
  +   type item
  +   val find : item -> item
  -   type elt
  -   val find : elt -> elt
  +   type item
  +   val find : item -> item
  -   type elt = X.t
  -   let find (x : elt) = x
  +   type item = X.t
  +   let find (x : item) = x
  - module Twice (U : UNION with type elt = int) = struct
  + module Twice (U : UNION with type item = int) = struct
lib/union.mli
  -   type elt
  -   val find : elt -> elt
  +   type item
  +   val find : item -> item
  - module Make (X : sig type t end) : S with type elt = X.t
  + module Make (X : sig type t end) : S with type item = X.t
""")


PRINTED = {
    "lib/dune": "(library (name shop))\n",
    "lib/stock.ml": "exception Empty of int\n",
    "test/dune": "(executable (name t) (libraries shop))\n(rule (with-stdout-to t.out (run ./t.exe)))\n(rule (alias runtest) (action (diff t.expected t.out)))\n",
    "test/t.ml": "let () = print_endline (Printexc.to_string (Shop.Stock.Empty 3))\n",
    "test/t.expected": "Shop.Stock.Empty(3)\n",
}


async def test_a_name_that_tests_print_is_expected_anew(tmp_path: Path) -> None:
    async with workshop(tmp_path, PRINTED) as shop:
        assert await shop.ask("rename exception Empty to Sold_out", tier=Tier.TEST) == snapshot("""\
rename exception Stock.Empty to Sold_out: 2 places in 2 files, and what tests expect to be printed
lib/stock.ml
  - exception Empty of int
  + exception Sold_out of int
test/t.expected
  - Shop.Stock.Empty(3)
  + Shop.Stock.Sold_out(3)
test/t.ml
  - let () = print_endline (Printexc.to_string (Shop.Stock.Empty 3))
  + let () = print_endline (Printexc.to_string (Shop.Stock.Sold_out 3))
""")


TAKEN_BY_A_FUNCTOR = {
    "lib/dune": "(library (name shop))\n",
    "lib/till.ml": """
        module type CLOCK = sig
          val now : unit -> int
        end

        module Make (C : CLOCK) = struct
          let later () = C.now () + 1
        end

        module Quick (C : sig val now : unit -> int end) = Make (struct let now = C.now end)
    """,
    "lib/clock.ml": """
        let now () = 3
        let hash n = n

        module Table = Hashtbl.Make (struct
          type t = int
          let equal = Int.equal
          let hash = hash
        end)
    """,
    "lib/use.ml": """
        module T = Till.Make (Clock)
        module Q = Till.Quick (Clock)
    """,
    "lib/key.ml": """
        type t = int
        let equal = Int.equal
        let hash n = n
    """,
    "lib/keys.ml": "include Hashtbl.Make (Key)\n",
}


async def test_what_a_functor_takes_is_found_by_its_uses(tmp_path: Path) -> None:
    async with workshop(tmp_path, TAKEN_BY_A_FUNCTOR) as shop:
        assert await shop.ask("add parameter (zone : int) to now, passing 0", at="lib/clock.ml:now") == snapshot("""\
add parameter zone : int to value Clock.now, passing 0: 4 places in 2 files; nothing uses it yet, so its variable is called _zone
lib/clock.ml
  - let now () = 3
  + let now () (_zone : int) = 3
lib/till.ml
  -   val now : unit -> int
  +   val now : unit -> int -> int
  -   let later () = C.now () + 1
  +   let later () = C.now () 0 + 1
  - module Quick (C : sig val now : unit -> int end) = Make (struct let now = C.now end)
  + module Quick (C : sig val now : unit -> int -> int end) = Make (struct let now = C.now end)
""")
        assert await shop.ask("add labelled argument ~seed:(int) to hash, passing 0", at="lib/clock.ml:hash") == snapshot("""\
add labelled argument ~seed:int to value Clock.hash, passing 0: 2 places in 1 file; nothing uses it yet, so its variable is called _seed
lib/clock.ml
  - let hash n = n
  + let hash ~seed:(_seed : int) n = n
  -   let hash = hash
  +   let hash = hash ~seed:0
""")
        assert await shop.ask("add optional argument ?(seed = 0) to hash", at="lib/key.ml:hash") == snapshot(
            "declined: value Key.hash has to have the type that it has: it is matched with the 'hash' of Stdlib.Hashtbl, which is not part of this workspace. Give the new function another name, and define this one by it."
        )


PARTIAL = {
    "lib/dune": "(library (name shop))\n",
    "lib/split.ml": "let split ?max ~rex s = ignore max; String.split_on_char rex s\n",
    "lib/use.ml": """
        let comma () = ','
        let words = (let split = Split.split ~rex:(comma ()) in split "a,b")
        let all texts = List.map (Split.split ~rex:(comma ())) texts
        let each texts = List.map (Split.split ~rex:' ') texts
        let again = Split.split
        let two = again ~max:2 ~rex:',' "a,b,c"
    """,
}


async def test_a_call_without_all_arguments_computes_them_once(tmp_path: Path) -> None:
    async with workshop(tmp_path, PARTIAL) as shop:
        assert await shop.ask("add parameter (limit : int) to split, passing 9", at="lib/split.ml:split") == snapshot("""\
add parameter limit : int to value Split.split, passing 9: 7 places in 2 files; nothing uses it yet, so its variable is called _limit
lib/split.ml
  - let split ?max ~rex s = ignore max; String.split_on_char rex s
  + let split ?max ~rex s (_limit : int) = ignore max; String.split_on_char rex s
lib/use.ml
  - let words = (let split = Split.split ~rex:(comma ()) in split "a,b")
  - let all texts = List.map (Split.split ~rex:(comma ())) texts
  - let each texts = List.map (Split.split ~rex:' ') texts
  - let again = Split.split
  + let words = (let split = let given = Split.split ~rex:(comma ()) in fun ?max s -> given ?max s 9 in split "a,b")
  + let all texts = List.map (let given = Split.split ~rex:(comma ()) in fun s -> given s 9) texts
  + let each texts = List.map (fun s -> Split.split ~rex:' ' s 9) texts
  + let again = fun ?max ~rex s -> Split.split ?max ~rex s 9
""")


MONAD = {
    "lib/dune": "(library (name shop))\n",
    "lib/lazily.ml": """
        let bind x f = f x
        let ( >>= ) = bind
        let ( let* ) = ( >>= )
        let three = let* x = 2 in bind x succ
        let four = bind "4" int_of_string >>= string_of_int
    """,
    "lib/read.mli": "val bind : 'a -> ('a -> 'b) -> 'b\nval word : Lexing.lexbuf -> int\n",
    "lib/read.mll": """
        {
          let bind = Lazily.bind
        }
        rule word = parse _ { bind 1 succ }
    """,
}


async def test_names_for_a_function_keep_their_types(tmp_path: Path) -> None:
    files = MONAD | {"lib/dune": "(library (name shop))\n(ocamllex read)\n"}
    async with workshop(tmp_path, files) as shop:
        assert await shop.ask("add optional argument ?(trace = false) to bind", at="lib/lazily.ml:bind") == snapshot("""\
add optional argument ?(trace = false) to value Lazily.bind: 3 places in 2 files; nothing uses it yet, so its variable is called _trace
lib/lazily.ml
  - let bind x f = f x
  - let ( >>= ) = bind
  + let bind ?trace:(_trace = false) x f = f x
  + let ( >>= ) = fun x f -> bind x f
lib/read.mll
  -   let bind = Lazily.bind
  +   let bind = fun x f -> Lazily.bind x f
""")
        assert await shop.ask("add labelled argument ~trace:(bool) to bind, passing true", at="lib/lazily.ml:bind") == snapshot(
            """\
add labelled argument ~trace:bool to value Lazily.bind, passing true: 5 places in 2 files; nothing uses it yet, so its variable is called _trace
lib/lazily.ml
  - let bind x f = f x
  - let ( >>= ) = bind
  + let bind ~trace:(_trace : bool) x f = f x
  + let ( >>= ) = fun x f -> bind x f ~trace:true
  - let three = let* x = 2 in bind x succ
  - let four = bind "4" int_of_string >>= string_of_int
  + let three = let* x = 2 in bind ~trace:true x succ
  + let four = bind ~trace:true "4" int_of_string >>= string_of_int
lib/read.mll
  -   let bind = Lazily.bind
  +   let bind = fun x f -> Lazily.bind x f ~trace:true
"""
        )
        assert await shop.ask(
            "add parameter (n : int) to bind as the first one, with 3 at the calls", at="lib/lazily.ml:bind"
        ) == snapshot("""\
add parameter n : int to value Lazily.bind, passing 3: 5 places in 2 files; nothing uses it yet, so its variable is called _n
lib/lazily.ml
  - let bind x f = f x
  - let ( >>= ) = bind
  + let bind (_n : int) x f = f x
  + let ( >>= ) = fun x f -> bind 3 x f
  - let three = let* x = 2 in bind x succ
  - let four = bind "4" int_of_string >>= string_of_int
  + let three = let* x = 2 in bind 3 x succ
  + let four = bind 3 "4" int_of_string >>= string_of_int
lib/read.mll
  -   let bind = Lazily.bind
  +   let bind = fun x f -> Lazily.bind 3 x f
""")


OPENED = {
    "lib/dune": "(library (name re))\n",
    "lib/core.ml": "let one = 1\nmodule Deep = struct let two = 2 end\n",
    "lib/re.ml": "include Core\nmodule Core = Core\n",
    "test/dune": "(library (name tools) (libraries re))\n",
    "test/import.ml": "module Re = Re.Core\nlet three = Re.one + 2\n",
    "test/use_one.ml": "open Import\nlet a = Re.one\nlet b = Re.Deep.two\nlet c = Re.(one + Deep.two)\n",
    "test/use_two.ml": """
        let before = Re.Core.one
        open Import
        let after = Re.one + three
        module Re = struct let one = 4 end
        let mine = Re.one
    """,
}


async def test_a_module_that_files_get_by_open(tmp_path: Path) -> None:
    async with workshop(tmp_path, OPENED) as shop:
        assert await shop.ask("rename module Re to Regex", at="test/import.ml:Re") == snapshot("""\
rename module Import.Re to Regex: 5 places in 2 files
test/import.ml
  - module Re = Re.Core
  - let three = Re.one + 2
  + module Regex = Re.Core
  + let three = Regex.one + 2
test/use_one.ml
  - let a = Re.one
  - let b = Re.Deep.two
  - let c = Re.(one + Deep.two)
  + let a = Regex.one
  + let b = Regex.Deep.two
  + let c = Regex.(one + Deep.two)
""")


GENERATED = {
    "lib/dune": "(library (name gen) (flags (:standard -w +a-4-9-26-27-32..70)))\n(ocamllex lexer)\n(ocamlyacc parser)\n",
    "lib/ast.ml": """
        module type S = sig val note : int -> int val again : int -> int end
        type expr = Num of int | Add of expr * expr
        type span = { from : int }
        let add a b = Add (a, b)
    """,
    "lib/lexer.mll": """
        {
          open Parser
          module Early (B : Ast.S) = struct let twice x = B.note (B.note x) end
        }
        rule token = parse
          | [' ' '\\n'] { token lexbuf }
          | ['0'-'9']+ as note
              { let again (module B : Ast.S) = B.again (B.note 1) in
                let module M = Early (struct let note x = x let again x = x end) in
                ignore (M.twice 1 + again (module struct let note x = x let again x = x end));
                INT (int_of_string note) }
          | '+' { PLUS }
          | _ { EOF }
        {
          module Late (B : Ast.S) = struct let thrice note = B.note (B.again (B.note note)) end
        }
    """,
    "lib/parser.mly": """
        %{
          module Make (B : Ast.S) = struct let twice x = B.note (B.note x) end
        %}
        %token <int> INT
        %token <Ast.span> AT
        %token PLUS EOF
        %left PLUS
        %start main
        %type <Ast.expr> main
        %%
        main: note EOF { $1 }
        note:
          | INT { let f (module B : Ast.S) = B.note 1 in ignore f; Ast.Num $1 }
          | AT { Ast.Num $1.Ast.from }
          | note PLUS note { Ast.add $1 $3 }
        %%
        module Late (B : Ast.S) = struct let once = B.note 1 end
    """,
}


async def test_lexers_and_grammars_get_names_through_functors(tmp_path: Path) -> None:
    async with workshop(tmp_path, GENERATED) as shop:
        assert await shop.ask("rename value note to remark", at="lib/ast.ml:note", tier=Tier.TEST) == snapshot("""\
rename value Ast.S.note to remark: 12 places in 3 files
lib/ast.ml
  - module type S = sig val note : int -> int val again : int -> int end
  + module type S = sig val remark : int -> int val again : int -> int end
lib/lexer.mll
  -   module Early (B : Ast.S) = struct let twice x = B.note (B.note x) end
  +   module Early (B : Ast.S) = struct let twice x = B.remark (B.remark x) end
  -       { let again (module B : Ast.S) = B.again (B.note 1) in
  -         let module M = Early (struct let note x = x let again x = x end) in
  -         ignore (M.twice 1 + again (module struct let note x = x let again x = x end));
  +       { let again (module B : Ast.S) = B.again (B.remark 1) in
  +         let module M = Early (struct let remark x = x let again x = x end) in
  +         ignore (M.twice 1 + again (module struct let remark x = x let again x = x end));
  -   module Late (B : Ast.S) = struct let thrice note = B.note (B.again (B.note note)) end
  +   module Late (B : Ast.S) = struct let thrice note = B.remark (B.again (B.remark note)) end
lib/parser.mly
  -   module Make (B : Ast.S) = struct let twice x = B.note (B.note x) end
  +   module Make (B : Ast.S) = struct let twice x = B.remark (B.remark x) end
  -   | INT { let f (module B : Ast.S) = B.note 1 in ignore f; Ast.Num $1 }
  +   | INT { let f (module B : Ast.S) = B.remark 1 in ignore f; Ast.Num $1 }
  - module Late (B : Ast.S) = struct let once = B.note 1 end
  + module Late (B : Ast.S) = struct let once = B.remark 1 end
""")
        assert await shop.ask("rename type expr to tree", at="lib/ast.ml:expr", tier=Tier.TEST) == snapshot("""\
rename type Ast.expr to tree: 4 places in 2 files
lib/ast.ml
  - type expr = Num of int | Add of expr * expr
  + type tree = Num of int | Add of tree * tree
lib/parser.mly
  - %type <Ast.expr> main
  + %type <Ast.tree> main
""")
        assert await shop.ask("rename type span to stretch", at="lib/ast.ml:span", tier=Tier.TEST) == snapshot("""\
rename type Ast.span to stretch: 2 places in 2 files
lib/ast.ml
  - type span = { from : int }
  + type stretch = { from : int }
lib/parser.mly
  - %token <Ast.span> AT
  + %token <Ast.stretch> AT
""")
        assert await shop.ask("rename from to since", at="lib/ast.ml:from", tier=Tier.TEST) == snapshot("""\
rename field Ast.span.from to since: 2 places in 2 files
lib/ast.ml
  - type span = { from : int }
  + type span = { since : int }
lib/parser.mly
  -   | AT { Ast.Num $1.Ast.from }
  +   | AT { Ast.Num $1.Ast.since }
""")


CALLED = {
    "lib/dune": "(library (name gen) (flags (:standard -w +a-4-9-26-27-32..70)))\n(ocamllex lexer)\n(ocamlyacc parser)\n",
    "lib/ast.ml": """
        type expr = Num of int | Add of expr * expr * int
        let add a b ~at = Add (a, b, at)
        let note _where text = text
    """,
    "lib/lexer.mll": """
        { open Parser
          open Ast }
        rule token = parse
          | [' ' '\\n'] { token lexbuf }
          | ['0'-'9']+ as note { INT (int_of_string (Ast.note lexbuf note)) }
          | '+' { ignore (String.concat (note 1 "-") (List.map (note lexbuf) ["é"])); PLUS }
          | _ { EOF }
        { let again = note () (* é *) "é" }
    """,
    "lib/parser.mly": """
        %{
          open Ast
        %}
        %token <int> INT
        %token PLUS EOF
        %left PLUS
        %start main
        %type <Ast.expr> main
        %%
        main: note EOF { $1 }
        note:
          | INT { Num $1 }
          | note PLUS PLUS PLUS PLUS PLUS PLUS PLUS PLUS note { let at = 1 in add $1 $10 ~at:2 |> add $10 ~at }
    """,
}


async def test_calls_in_lexers_and_grammars(tmp_path: Path) -> None:
    async with workshop(tmp_path, CALLED) as shop:
        at = "lib/ast.ml:note"
        assert await shop.ask("add parameter (n : int) to note, passing 3", at, tier=Tier.TEST) == snapshot("""\
add parameter n : int to value Ast.note, passing 3: 5 places in 2 files
lib/ast.ml
  - let note _where text = text
  + let note _where text (n : int) = text
lib/lexer.mll
  -   | ['0'-'9']+ as note { INT (int_of_string (Ast.note lexbuf note)) }
  -   | '+' { ignore (String.concat (note 1 "-") (List.map (note lexbuf) ["é"])); PLUS }
  +   | ['0'-'9']+ as note { INT (int_of_string (Ast.note lexbuf note 3)) }
  +   | '+' { ignore (String.concat (note 1 "-" 3) (List.map (fun text -> note lexbuf text 3) ["é"])); PLUS }
  - { let again = note () (* é *) "é" }
  + { let again = note () (* é *) "é" 3 }
""")
        assert await shop.ask("add labelled argument ~n:(int) to note, passing 3", at, tier=Tier.TEST) == snapshot("""\
add labelled argument ~n:int to value Ast.note, passing 3: 5 places in 2 files
lib/ast.ml
  - let note _where text = text
  + let note ~(n : int) _where text = text
lib/lexer.mll
  -   | ['0'-'9']+ as note { INT (int_of_string (Ast.note lexbuf note)) }
  -   | '+' { ignore (String.concat (note 1 "-") (List.map (note lexbuf) ["é"])); PLUS }
  +   | ['0'-'9']+ as note { INT (int_of_string (Ast.note ~n:3 lexbuf note)) }
  +   | '+' { ignore (String.concat (note ~n:3 1 "-") (List.map (note ~n:3 lexbuf) ["é"])); PLUS }
  - { let again = note () (* é *) "é" }
  + { let again = note ~n:3 () (* é *) "é" }
""")
        assert await shop.ask("swap the parameters of note", at, tier=Tier.TEST) == snapshot("""\
reorder the parameters of value Ast.note to text, _where: 9 places in 2 files
lib/ast.ml
  - let note _where text = text
  + let note text _where = text
lib/lexer.mll
  -   | ['0'-'9']+ as note { INT (int_of_string (Ast.note lexbuf note)) }
  -   | '+' { ignore (String.concat (note 1 "-") (List.map (note lexbuf) ["é"])); PLUS }
  +   | ['0'-'9']+ as note { INT (int_of_string (Ast.note note lexbuf)) }
  +   | '+' { ignore (String.concat (note "-" 1) (List.map (fun text -> note text lexbuf) ["é"])); PLUS }
  - { let again = note () (* é *) "é" }
  + { let again = note "é" (* é *) () }
""")
        assert await shop.ask("remove parameter _where of note", at, tier=Tier.TEST) == snapshot("""\
remove parameter _where of value Ast.note: 5 places in 2 files
lib/ast.ml
  - let note _where text = text
  + let note text = text
lib/lexer.mll
  -   | ['0'-'9']+ as note { INT (int_of_string (Ast.note lexbuf note)) }
  -   | '+' { ignore (String.concat (note 1 "-") (List.map (note lexbuf) ["é"])); PLUS }
  +   | ['0'-'9']+ as note { INT (int_of_string (Ast.note note)) }
  +   | '+' { ignore (String.concat (note "-") (List.map (note) ["é"])); PLUS }
  - { let again = note () (* é *) "é" }
  + { let again = note (* é *) "é" }
""")
        assert await shop.ask("swap a and b of add", "lib/ast.ml:add", tier=Tier.TEST) == snapshot("""\
reorder the parameters of value Ast.add to b, a, ~at: 5 places in 2 files
lib/ast.ml
  - let add a b ~at = Add (a, b, at)
  + let add b a ~at = Add (a, b, at)
lib/parser.mly
  -   | note PLUS PLUS PLUS PLUS PLUS PLUS PLUS PLUS note { let at = 1 in add $1 $10 ~at:2 |> add $10 ~at }
  +   | note PLUS PLUS PLUS PLUS PLUS PLUS PLUS PLUS note { let at = 1 in add $10 $1 ~at:2 |> (fun b -> add ~at b $10) }
""")
        assert await shop.ask("rename label ~at of add to ~line", "lib/ast.ml:add", tier=Tier.TEST) == snapshot("""\
rename label ~at of Ast.add to ~line: 3 places in 2 files
lib/ast.ml
  - let add a b ~at = Add (a, b, at)
  + let add a b ~line:at = Add (a, b, at)
lib/parser.mly
  -   | note PLUS PLUS PLUS PLUS PLUS PLUS PLUS PLUS note { let at = 1 in add $1 $10 ~at:2 |> add $10 ~at }
  +   | note PLUS PLUS PLUS PLUS PLUS PLUS PLUS PLUS note { let at = 1 in add $1 $10 ~line:2 |> add $10 ~line:at }
""")


NESTED = {
    "lib/dune": "(library (name nest))\n",
    "lib/a.ml": """
        let glue ?(sep = "") left right = left ^ sep ^ right
        let three = glue "a" (glue "b" "c")
        let four = glue "a" ~sep:(glue "-" "+") (glue "b" (glue "c" "d"))
        let more = List.map (glue "a") [ glue "b" "c" ]
        let most = List.map (glue ~sep:"x" "y") [ glue "c" "d" ]
    """,
}


async def test_calls_within_the_arguments_of_calls(tmp_path: Path) -> None:
    async with workshop(tmp_path, NESTED) as shop:
        at = "lib/a.ml:glue"
        assert await shop.ask("swap the parameters left and right of glue", at) == snapshot("""\
reorder the parameters of value A.glue to ?sep, right, left: 14 places in 1 file
lib/a.ml
  - let glue ?(sep = "") left right = left ^ sep ^ right
  - let three = glue "a" (glue "b" "c")
  - let four = glue "a" ~sep:(glue "-" "+") (glue "b" (glue "c" "d"))
  - let more = List.map (glue "a") [ glue "b" "c" ]
  - let most = List.map (glue ~sep:"x" "y") [ glue "c" "d" ]
  + let glue ?(sep = "") right left = left ^ sep ^ right
  + let three = glue (glue "c" "b") "a"
  + let four = glue (glue (glue "d" "c") "b") ~sep:(glue "+" "-") "a"
  + let more = List.map (fun right -> glue right "a") [ glue "c" "b" ]
  + let most = List.map (fun right -> glue ~sep:"x" right "y") [ glue "d" "c" ]
""")
        assert await shop.ask("add parameter (n : int) to glue, passing 3", at) == snapshot("""\
add parameter n : int to value A.glue, passing 3: 11 places in 1 file; nothing uses it yet, so its variable is called _n
lib/a.ml
  - let glue ?(sep = "") left right = left ^ sep ^ right
  - let three = glue "a" (glue "b" "c")
  - let four = glue "a" ~sep:(glue "-" "+") (glue "b" (glue "c" "d"))
  - let more = List.map (glue "a") [ glue "b" "c" ]
  - let most = List.map (glue ~sep:"x" "y") [ glue "c" "d" ]
  + let glue ?(sep = "") left right (_n : int) = left ^ sep ^ right
  + let three = glue "a" (glue "b" "c" 3) 3
  + let four = glue "a" ~sep:(glue "-" "+" 3) (glue "b" (glue "c" "d" 3) 3) 3
  + let more = List.map (fun right -> glue "a" right 3) [ glue "b" "c" 3 ]
  + let most = List.map (fun right -> glue ~sep:"x" "y" right 3) [ glue "c" "d" 3 ]
""")


MADE = {
    "lib/dune": "(library (name gen))\n(ocamllex lexer)\n(ocamlyacc parser)\n",
    "lib/ast.ml": "type expr = Num of int | Add of expr * expr\n",
    "lib/lexer.mli": "val depth : int ref\nval token : Lexing.lexbuf -> Parser.token\n",
    "lib/lexer.mll": """
        {
          open Parser
          let depth = ref 0
        }
        let digit = ['0'-'9']
        rule token = parse
          | [' ' '\\n'] { ignore "Ast.Num" (* of Ast.Num *); token lexbuf }
          | digit+ as num { INT (int_of_string num) }
          | '+' { incr depth; PLUS }
          | "(*" { comment 1 lexbuf }
          | eof { EOF }
        and comment deep = parse
          | "*)" { if deep = 1 then token lexbuf else comment (deep - 1) lexbuf }
          | _ { comment deep lexbuf }
    """,
    "lib/parser.mly": """
        %{
          let both a b = Ast.Add (a, b)
        %}
        %token <int> INT
        %token PLUS EOF
        %left PLUS
        %start main
        %type <Ast.expr> main
        %%
        main: expr EOF { $1 }
        expr:
          | INT { Ast.Num $1 }
          | expr PLUS expr { both $1 $3 }
    """,
    "lib/run.ml": """
        let parse s = Parser.main Lexer.token (Lexing.from_string s)
        let show token = match token with Parser.INT n -> n | Parser.PLUS -> !Lexer.depth | EOF -> 1
        module Own = struct type t = PLUS | INT let expr = PLUS end
    """,
}


async def test_what_lexers_and_grammars_define(tmp_path: Path) -> None:
    async with workshop(tmp_path, MADE) as shop:
        assert await shop.ask("rename rule token to read", tier=Tier.TEST) == snapshot("""\
rename value Lexer.token to read: 5 places in 3 files
lib/lexer.mli
  - val token : Lexing.lexbuf -> Parser.token
  + val read : Lexing.lexbuf -> Parser.token
lib/lexer.mll
  - rule token = parse
  -   | [' ' '\\n'] { ignore "Ast.Num" (* of Ast.Num *); token lexbuf }
  + rule read = parse
  +   | [' ' '\\n'] { ignore "Ast.Num" (* of Ast.Num *); read lexbuf }
  -   | "*)" { if deep = 1 then token lexbuf else comment (deep - 1) lexbuf }
  +   | "*)" { if deep = 1 then read lexbuf else comment (deep - 1) lexbuf }
lib/run.ml
  - let parse s = Parser.main Lexer.token (Lexing.from_string s)
  + let parse s = Parser.main Lexer.read (Lexing.from_string s)
""")
        assert await shop.ask("rename this to level", "lib/lexer.mll:depth", tier=Tier.TEST) == snapshot("""\
rename value Lexer.depth to level: 4 places in 3 files
lib/lexer.mli
  - val depth : int ref
  + val level : int ref
lib/lexer.mll
  -   let depth = ref 0
  +   let level = ref 0
  -   | '+' { incr depth; PLUS }
  +   | '+' { incr level; PLUS }
lib/run.ml
  - let show token = match token with Parser.INT n -> n | Parser.PLUS -> !Lexer.depth | EOF -> 1
  + let show token = match token with Parser.INT n -> n | Parser.PLUS -> !Lexer.level | EOF -> 1
""")
        assert await shop.ask("rename this to digits", "lib/lexer.mll:num", tier=Tier.TEST) == snapshot(
            """\
rename local value num to digits: 2 places in 1 file
lib/lexer.mll
  -   | digit+ as num { INT (int_of_string num) }
  +   | digit+ as digits { INT (int_of_string digits) }
"""
        )
        assert await shop.ask("rename this to nested", "lib/lexer.mll:deep", tier=Tier.TEST) == snapshot(
            """\
rename local value deep to nested: 4 places in 1 file
lib/lexer.mll
  - and comment deep = parse
  -   | "*)" { if deep = 1 then token lexbuf else comment (deep - 1) lexbuf }
  -   | _ { comment deep lexbuf }
  + and comment nested = parse
  +   | "*)" { if nested = 1 then token lexbuf else comment (nested - 1) lexbuf }
  +   | _ { comment nested lexbuf }
"""
        )
        assert await shop.ask("rename digit to cipher", tier=Tier.TEST) == snapshot("""\
rename regexp Lexer.digit to cipher: 2 places in 1 file
lib/lexer.mll
  - let digit = ['0'-'9']
  + let cipher = ['0'-'9']
  -   | digit+ as num { INT (int_of_string num) }
  +   | cipher+ as num { INT (int_of_string num) }
""")
        assert await shop.ask("rename token Parser.PLUS to ADD", tier=Tier.TEST) == snapshot("""\
rename constructor Parser.PLUS to ADD: 5 places in 3 files
lib/lexer.mll
  -   | '+' { incr depth; PLUS }
  +   | '+' { incr depth; ADD }
lib/parser.mly
  - %token PLUS EOF
  - %left PLUS
  + %token ADD EOF
  + %left ADD
  -   | expr PLUS expr { both $1 $3 }
  +   | expr ADD expr { both $1 $3 }
lib/run.ml
  - let show token = match token with Parser.INT n -> n | Parser.PLUS -> !Lexer.depth | EOF -> 1
  + let show token = match token with Parser.INT n -> n | Parser.ADD -> !Lexer.depth | EOF -> 1
""")
        assert await shop.ask("rename Parser.main to program", tier=Tier.TEST) == snapshot("""\
rename value Parser.main to program: 4 places in 2 files
lib/parser.mly
  - %start main
  - %type <Ast.expr> main
  + %start program
  + %type <Ast.expr> program
  - main: expr EOF { $1 }
  + program: expr EOF { $1 }
lib/run.ml
  - let parse s = Parser.main Lexer.token (Lexing.from_string s)
  + let parse s = Parser.program Lexer.token (Lexing.from_string s)
""")
        assert await shop.ask("rename rule expr to sum", "lib/parser.mly:expr:3", tier=Tier.TEST) == snapshot("""\
rename value Parser.expr to sum: 4 places in 1 file
lib/parser.mly
  - main: expr EOF { $1 }
  - expr:
  + main: sum EOF { $1 }
  + sum:
  -   | expr PLUS expr { both $1 $3 }
  +   | sum PLUS sum { both $1 $3 }
""")
        assert await shop.ask("rename Parser.both to sum", tier=Tier.TEST) == snapshot("""\
rename value Parser.both to sum: 2 places in 1 file
lib/parser.mly
  -   let both a b = Ast.Add (a, b)
  +   let sum a b = Ast.Add (a, b)
  -   | expr PLUS expr { both $1 $3 }
  +   | expr PLUS expr { sum $1 $3 }
""")
        assert await shop.ask("rename rule comment to token") == snapshot(
            "declined: 'token' is taken: rule token is defined at lib/lexer.mll:6."
        )
        assert await shop.ask("rename module Ast to Tree", tier=Tier.TEST) == snapshot("""\
rename module Ast to Tree: 3 places in 2 files, lib/ast.ml becomes lib/tree.ml
lib/parser.mly
  -   let both a b = Ast.Add (a, b)
  +   let both a b = Tree.Add (a, b)
  - %type <Ast.expr> main
  + %type <Tree.expr> main
  -   | INT { Ast.Num $1 }
  +   | INT { Tree.Num $1 }
lib/ast.ml -> lib/tree.ml
""")


BUILDERS = {
    "lib/dune": "(library (name graph))\n",
    "lib/builder.ml": """
        module type G = sig type t val add : t -> int -> t val put : t -> int -> unit end
        module type S = sig type t val add : t -> int -> t end
        module P (G : G) = struct type t = G.t let add = G.add end
        module I (G : G) = struct type t = G.t let add g v = G.put g v; g end
        module Use (B : S) = struct let twice b = B.add (B.add b 1) 2 end
        module Both (X : G) = struct module One = Use (P (X)) module Two = Use (I (X)) end
    """,
}


async def test_one_definition_shows_the_parameters_and_another_does_not(tmp_path: Path) -> None:
    async with workshop(tmp_path, BUILDERS) as shop:
        at = "lib/builder.ml:add g v"
        assert await shop.ask("add parameter (extra : bool) to add, passing false", at) == snapshot("""\
add parameter extra : bool to value Builder.S.add, passing false: 6 places in 1 file; nothing uses it yet, so its variable is called _extra
lib/builder.ml
  - module type S = sig type t val add : t -> int -> t end
  - module P (G : G) = struct type t = G.t let add = G.add end
  - module I (G : G) = struct type t = G.t let add g v = G.put g v; g end
  - module Use (B : S) = struct let twice b = B.add (B.add b 1) 2 end
  + module type S = sig type t val add : t -> int -> bool -> t end
  + module P (G : G) = struct type t = G.t let add = fun x1 x2 (_extra : bool) -> G.add x1 x2 end
  + module I (G : G) = struct type t = G.t let add g v (_extra : bool) = G.put g v; g end
  + module Use (B : S) = struct let twice b = B.add (B.add b 1 false) 2 false end
""")
        assert await shop.ask("add labelled argument ~extra:(bool) to add, passing false", at) == snapshot("""\
add labelled argument ~extra:bool to value Builder.S.add, passing false: 5 places in 1 file; nothing uses it yet, so its variable is called _extra
lib/builder.ml
  - module type S = sig type t val add : t -> int -> t end
  - module P (G : G) = struct type t = G.t let add = G.add end
  - module I (G : G) = struct type t = G.t let add g v = G.put g v; g end
  - module Use (B : S) = struct let twice b = B.add (B.add b 1) 2 end
  + module type S = sig type t val add : extra:bool -> t -> int -> t end
  + module P (G : G) = struct type t = G.t let add ~extra:(_extra : bool) = G.add end
  + module I (G : G) = struct type t = G.t let add ~extra:(_extra : bool) g v = G.put g v; g end
  + module Use (B : S) = struct let twice b = B.add ~extra:false (B.add ~extra:false b 1) 2 end
""")
        assert await shop.ask("add optional argument ?(extra = false) to add", at) == snapshot("""\
add optional argument ?(extra = false) to value Builder.S.add: 3 places in 1 file; nothing uses it yet, so its variable is called _extra
lib/builder.ml
  - module type S = sig type t val add : t -> int -> t end
  - module P (G : G) = struct type t = G.t let add = G.add end
  - module I (G : G) = struct type t = G.t let add g v = G.put g v; g end
  + module type S = sig type t val add : ?extra:bool -> t -> int -> t end
  + module P (G : G) = struct type t = G.t let add ?extra:(_extra = false) = G.add end
  + module I (G : G) = struct type t = G.t let add ?extra:(_extra = false) g v = G.put g v; g end
""")
