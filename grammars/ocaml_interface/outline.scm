; grammar: tree_sitter_ocaml.language_ocaml_interface
; files: .mli
; inherits: ocaml
