"""Writes an OCaml workspace of a given size: layers of libraries, modules that use each other, interfaces, a test for each library.

    libs/l00/m00.ml …   the base: every library links it          test/l00/…   runs in a moment
    libs/l07/m13.ml     uses three modules of lower libraries, and those before it in its own

Every module is 150 to 250 lines of what people write (records, variants, folds, tables, maps, printing); two in three have an `.mli`.
The same seed gives the same tree.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_MODULES = 20
"""In each library; a quarter of that in a small workspace."""


@dataclass(frozen=True, slots=True)
class Tree:
    """What was written."""

    root: Path
    lines: int
    modules: int
    leaf: str
    """A module that nothing but a test links."""
    middle: str
    """An `.mli` in the middle: half of the libraries link it."""
    base: str
    """An `.mli` that everything links."""


def generate(root: Path, lines: int, seed: int) -> Tree:
    """Writes a workspace of about so many lines."""
    dice = random.Random(seed)
    size = _MODULES if lines > 10_000 else _MODULES // 4
    libraries = max(3, round(lines / (size * 210)))
    texts: dict[str, str] = {"dune-project": "(lang dune 3.0)\n"}
    for library in range(libraries):
        _library(texts, library, libraries, size, dice)
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    code = [text for path, text in texts.items() if path.endswith((".ml", ".mli"))]
    return Tree(
        root,
        sum(text.count("\n") for text in code),
        sum(path.endswith(".ml") for path in texts),
        f"libs/l{libraries - 1:02}/m{size - 1:02}.ml",
        f"libs/l{libraries // 2:02}/m00.mli",
        "libs/l00/m00.mli",
    )


def _library(texts: dict[str, str], library: int, libraries: int, size: int, dice: random.Random) -> None:
    lower = range(library)
    links = sorted({*([0] if library else []), *dice.sample(lower, min(len(lower), 3))})
    if library > libraries // 2:
        links = sorted({*links, libraries // 2})
    folder = f"libs/l{library:02}"
    texts[f"{folder}/dune"] = f"(library\n (name l{library:02})\n (libraries {' '.join(f'l{link:02}' for link in links)}))\n"
    for module in range(size):
        used = [f"L{dice.choice(links):02}.M{dice.randrange(size):02}" for _ in range(3)] if links else []
        used += [f"M{other:02}" for other in dice.sample(range(module), min(module, 2))]
        body, interface = _module(used, dice)
        texts[f"{folder}/m{module:02}.ml"] = body
        if module % 3 != 2:
            texts[f"{folder}/m{module:02}.mli"] = interface
    texts[f"test/l{library:02}/dune"] = f"(test\n (name test_l{library:02})\n (libraries l{library:02}))\n"
    checks = "".join(
        f"let () = assert (L{library:02}.M{module:02}.weight L{library:02}.M{module:02}.empty >= 0)\n" for module in range(size)
    )
    texts[f"test/l{library:02}/test_l{library:02}.ml"] = checks


_HEAD = """\
type kind =
  | Plain
  | Named of string
  | Sized of { width : int; height : int }

type t = { id : int; kind : kind; tags : string list; score : float }

let empty = { id = 0; kind = Plain; tags = []; score = 0. }

let weight item =
  match item.kind with
  | Plain -> 1
  | Named name -> String.length name
  | Sized { width; height } -> width * height

"""
_HEAD_INTERFACE = """\
type kind =
  | Plain
  | Named of string
  | Sized of { width : int; height : int }

type t = { id : int; kind : kind; tags : string list; score : float }

val empty : t
val weight : t -> int
"""


def _module(used: list[str], dice: random.Random) -> tuple[str, str]:
    body, interface = [_HEAD], [_HEAD_INTERFACE]
    for index, other in enumerate(dict.fromkeys(used)):
        body.append(f"let reached_{index} item = weight item + {other}.weight {other}.empty + {dice.randrange(90)}\n\n")
        interface.append(f"val reached_{index} : t -> int\n")
    for index in range(dice.randint(14, 19)):
        text, signature = dice.choice(_SHAPES)(f"step_{index:02}", dice)
        body.append(text)
        interface.append(signature)
    return "".join(body), "".join(interface)


def _fold(name: str, dice: random.Random) -> tuple[str, str]:
    return (
        f"""\
let {name} items =
  let add (count, sum) item =
    if item.score > {dice.randrange(9)}.5 then (count + 1, sum +. item.score)
    else if List.mem "skip" item.tags then (count, sum)
    else (count, sum -. {dice.randrange(5)}.25)
  in
  let count, sum = List.fold_left add (0, 0.) items in
  if count = 0 then None else Some (sum /. float_of_int count)

""",
        f"val {name} : t list -> float option\n",
    )


def _show(name: str, dice: random.Random) -> tuple[str, str]:
    return (
        f"""\
let {name} item =
  let kind =
    match item.kind with
    | Plain -> "plain"
    | Named name -> Printf.sprintf "named %S" name
    | Sized {{ width; height }} when width > {dice.randrange(50)} -> Printf.sprintf "wide %d/%d" width height
    | Sized {{ width; height }} -> Printf.sprintf "%dx%d" width height
  in
  let tags = String.concat ", " (List.sort compare item.tags) in
  Printf.sprintf "#%d %s [%s] %.2f" item.id kind tags item.score

""",
        f"val {name} : t -> string\n",
    )


def _table(name: str, dice: random.Random) -> tuple[str, str]:
    return (
        f"""\
let {name} items =
  let table = Hashtbl.create {dice.randrange(8, 64)} in
  List.iter
    (fun item ->
      let key = match item.kind with Plain -> "" | Named name -> name | Sized _ -> "sized" in
      let before = Option.value (Hashtbl.find_opt table key) ~default:0 in
      Hashtbl.replace table key (before + weight item))
    items;
  Hashtbl.fold (fun key total rows -> (key, total) :: rows) table []
  |> List.sort (fun (_, one) (_, other) -> compare other one)

""",
        f"val {name} : t list -> (string * int) list\n",
    )


def _loop(name: str, dice: random.Random) -> tuple[str, str]:
    return (
        f"""\
let {name} limit =
  let rec go seen number =
    if number > limit then List.rev seen
    else if number mod {dice.randrange(2, 9)} = 0 then go seen (number + 1)
    else
      let next = if number land 1 = 0 then number / 2 else (3 * number) + 1 in
      go ((number, next) :: seen) (number + 1)
  in
  go [] {dice.randrange(9)}

""",
        f"val {name} : int -> (int * int) list\n",
    )


def _update(name: str, dice: random.Random) -> tuple[str, str]:
    return (
        f"""\
let {name} ?(bonus = {dice.randrange(9)}.5) ~tag item =
  let tags = if List.mem tag item.tags then item.tags else tag :: item.tags in
  match item.kind with
  | Plain -> {{ item with tags }}
  | Named name when String.equal name tag -> {{ item with tags; score = item.score +. bonus }}
  | Named _ -> {{ item with tags; score = item.score *. 2. }}
  | Sized {{ width; height }} -> {{ item with kind = Sized {{ width = height; height = width }}; tags }}

""",
        f"val {name} : ?bonus:float -> tag:string -> t -> t\n",
    )


def _map(name: str, dice: random.Random) -> tuple[str, str]:
    return (
        f"""\
let {name} =
  let module Names = Map.Make (String) in
  fun items ->
    let add names item =
      List.fold_left
        (fun names tag -> Names.update tag (function None -> Some [ item.id ] | Some ids -> Some (item.id :: ids)) names)
        names item.tags
    in
    let names = List.fold_left add Names.empty items in
    Names.filter (fun _ ids -> List.length ids > {dice.randrange(4)}) names |> Names.bindings

""",
        f"val {name} : t list -> (string * int list) list\n",
    )


_SHAPES: tuple[Callable[[str, random.Random], tuple[str, str]], ...] = (_fold, _show, _table, _loop, _update, _map)
