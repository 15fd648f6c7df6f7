; The first name of `let name = …` and those in `as name` come into being, all others are used.
(named_regexp name: (regexp_name) @definition.regexp)
(lexer_entry name: (lexer_entry_name) @definition.value)
(lexer_argument) @local.definition
(aliased_regexp "as" (regexp_name) @local.definition)
(regexp_name) @reference.regexp

; How far `as name` and a rule's arguments reach.
[(lexer_case) (lexer_entry)] @local.scope
