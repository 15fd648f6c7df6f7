from inline_snapshot import snapshot

from aid_lsp.context.strategy import gather
from aid_lsp.proposals.compose import compose
from tests.context.test_gather import asked
from tests.context.test_head import FILES


def test_heads_of_a_file_stand_together_and_say_what_they_are() -> None:
    request = asked("return it", "lib/user.ml:Pool", FILES)
    prompt = compose(request, [gather(request, 300)], [], "search_replace")
    _, _, files = prompt.turns[0].text.partition("# Files\n\n")
    assert files.partition("\n\n# Place")[0] == snapshot("""\
## lib/user.ml (value go, where the change is asked for)
```ocaml
let go p =
  let n = Pool.take p in
  n + 1
```

## lib/dune (the dune stanza that builds User)
```dune
(library (name l))
```

## lib/pool.mli, lines 1–6 of 9 (Pool.take, used at the place; shares rare names with the place)
```ocaml
type t

val take : t -> int
(** Takes one. *)

val put : t -> int -> unit
```

## lib/pool.mli, only heads of definitions that may be of use
```ocaml
val size : t -> int
```

## lib/pool.ml, only heads of definitions that may be of use
```ocaml
let take seed =
```\
""")
