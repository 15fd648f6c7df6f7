"""What OCaml source says about itself, read with tree-sitter: outline, names, comments, dune stanzas; no IO."""
