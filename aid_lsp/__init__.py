"""AID: an instruction becomes a built, multi-file diff of an OCaml workspace, in any LSP editor."""

__version__ = "0.1.0"
