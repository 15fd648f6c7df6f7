"""OCaml edits that need no model: found by rule, and verified like a model's."""
