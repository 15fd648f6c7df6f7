"""Reads model answers against small trees, and draws what came out for people: the patch, the rungs, the complaints."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aid_lsp.edits.diff import unified
from aid_lsp.edits.patch import Patch, Reading
from aid_lsp.edits.read import read
from aid_lsp.ocaml.anchor import OCamlAnchor

SHAPES: dict[str, str] = {
    "lib/shape.ml": """\
type t = { width : int; height : int }

let area s =
  s.width * s.width

let perimeter s =
  2 * (s.width + s.height)

module Solid = struct
  let depth = 1

  let volume s =
    area s * depth
end
""",
    "lib/shape.mli": """\
type t = { width : int; height : int }

val area : t -> int
(** The area. *)

val perimeter : t -> int
""",
    "lib/dune": """\
(library
 (name shapes))
""",
    "dune-project": "(lang dune 3.0)\n",
}


@dataclass
class Tree:
    """Files for a reader, in memory."""

    files: Mapping[str, str] = field(default_factory=lambda: dict(SHAPES))

    def text(self, path: str) -> str | None:
        return self.files.get(path)

    def paths(self) -> tuple[str, ...]:
        return tuple(self.files)

    def patched(self, patch: Patch) -> dict[str, str]:
        """The files with a patch, which must have been made for them."""
        files = dict(self.files)
        for change in patch.changes:
            assert files.get(change.path) == change.before
            if change.after is None:
                del files[change.path]
            else:
                files[change.path] = change.after
        return files


def reading(
    answer: str,
    files: Mapping[str, str] = SHAPES,
    format: str = "auto",  # noqa: A002 - the word of the settings
    *,
    named: bool = True,
    path: str | None = None,
) -> Reading:
    """Reads an answer; `named` lends the reader OCaml's names."""
    return read(answer, Tree(files), format, OCamlAnchor() if named else None, path)


def drawn(found: Reading) -> str:
    """The diff without its hashes, the rung of each block, and what was complained of."""
    lines: list[str] = []
    if found.patch is not None:
        lines += [line for line in unified(found.patch).split("\n") if line and not line.startswith(("diff --git", "index "))]
        lines += [f"block {one.block}: {one.rung}" for one in found.placements]
    lines += [f"complaint: {one.message}" for one in found.complaints]
    return "\n".join(lines) + "\n"
