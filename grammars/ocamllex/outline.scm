; grammar: tree_sitter_ocamllex.language
; files: .mll
(named_regexp "let" @begin name: (regexp_name) @name) @definition.regexp
(["rule" "and"] @begin . (lexer_entry name: (lexer_entry_name) @name) @definition.rule)
(comment) @comment

; The OCaml in it: structures before and after the rules, expressions in them.
(ocaml) @ocaml
