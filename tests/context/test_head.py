from inline_snapshot import snapshot

from aid_lsp.context.head import head
from aid_lsp.context.snippet import HEADS, estimate, pieces, prices, reason
from aid_lsp.context.strategy import gather
from aid_lsp.ocaml.outline import outline
from tests.context.test_gather import asked

CODE = """\
(** Finds one. *)
let rec find
    ?(from = 0)
    ~key t =
  if key = 1 then t
  else find ~from ~key:(key - 1) t

and other = 1

let ( <= ) a b = a - b <= 0
type shape =
  | Circle of float
  | Square  (** all sides alike *)

module Make (K : S) : T = struct
  let x = 1
end
let one = 1 let two = function
  | 1 -> 2
external raw : int -> int = "raw"
exception Odd of { n : int }
"""
INTERFACE = """\
(** Takes one. *)
val pop :
  'a t ->
  'a

module type S = sig
  val x : int
end
class c : object
  method m : int
end
"""


def heads(path: str, text: str) -> str:
    return "\n".join(
        "| " + head(text, item).of(text).replace("\n", "\n| ") for item in outline(path, text) if item.parent is None
    )


def test_heads_of_an_implementation() -> None:
    assert heads("a.ml", CODE) == snapshot("""\
| let rec find
|     ?(from = 0)
|     ~key t =
| \n\
| and other = 1
| \n\
| let ( <= ) a b = a - b <= 0
| \n\
| type shape =
|   | Circle of float
|   | Square  (** all sides alike *)
| \n\
| module Make (K : S) : T = struct
| \n\
| let one = 1
| let two = function
| \n\
| external raw : int -> int = "raw"
| \n\
| exception Odd of { n : int }
| \
""")


def test_heads_of_an_interface() -> None:
    assert heads("a.mli", INTERFACE) == snapshot("""\
| val pop :
|   'a t ->
|   'a
| \n\
| module type S = sig
| \n\
| class c : object
| \
""")


def test_a_long_type_is_cut() -> None:
    text = "type t =\n" + "".join(f"  | C{n}\n" for n in range(100))
    (item, *_) = outline("a.ml", text)
    assert head(text, item).of(text).count("\n") == 12


def test_a_head_ends_where_an_unfinished_text_does() -> None:
    for end in range(len(CODE)):
        text = CODE[:end]
        for item in outline("a.ml", text):
            span = head(text, item)
            assert 0 <= span.start <= item.name_span.start
            assert item.name_span.end <= span.end <= len(text)


LONG_BODY = "".join(f"  let x{n} = {n} + seed in\n" for n in range(60))
FILES = {
    "lib/dune": "(library (name l))\n",
    "lib/pool.mli": "type t\n\nval take : t -> int\n(** Takes one. *)\n\nval put : t -> int -> unit\n\n"
    + f"(** {'Long. ' * 500} *)\nval size : t -> int\n",
    "lib/pool.ml": f"type t = int\nlet take seed =\n{LONG_BODY}  x1\nlet put seed _ =\n{LONG_BODY}  ()\nlet size seed =\n{LONG_BODY}  x2\n",
    "lib/user.ml": "let go p =\n  let n = Pool.take p in\n  n + 1\n",
}


def test_what_the_file_speaks_of_is_shown_by_its_heads_where_room_is_scarce() -> None:
    found = gather(asked("return it", "lib/user.ml:Pool", FILES), 300)
    shown = {(snippet.path, snippet.head): snippet for snippet in found}
    assert "val size : t -> int\n" in [snippet.text for snippet in found if snippet.head]
    assert not shown["lib/user.ml", False].head
    piece = next(piece for piece in pieces(found) if piece[0].head)
    assert reason(piece).startswith(f"{HEADS}: ")
    first, *rest = prices(piece, estimate)
    assert first > 20
    assert all(price == estimate(snippet.text) for price, snippet in zip(rest, piece[1:], strict=True))
    assert sum(prices(found, estimate)) <= 300


def test_with_room_a_definition_is_whole_and_not_shown_twice() -> None:
    found = gather(asked("return it", "lib/user.ml:Pool", FILES), 20_000)
    assert "".join(snippet.text for snippet in found).count("val size : t -> int") == 1
