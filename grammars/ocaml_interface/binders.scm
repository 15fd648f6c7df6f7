; The names that patterns, `val` and `external` bind. How far each reaches: aid_lsp/ocaml/scopes.py.
(value_pattern) @binder
(let_binding pattern: (value_name) @binder)
(let_binding pattern: (parenthesized_operator (_) @binder))
(value_specification (value_name) @binder)
(value_specification (parenthesized_operator (_) @binder))
(external (value_name) @binder)
(external (parenthesized_operator (_) @binder))

; Inside a pattern that a `let` binds, names are value_name; nothing else puts one under these.
(tuple_pattern (value_name) @binder)
(cons_pattern (value_name) @binder)
(alias_pattern (value_name) @binder)
(parenthesized_pattern (value_name) @binder)
(typed_pattern (value_name) @binder)
(or_pattern (value_name) @binder)
(constructor_pattern (value_name) @binder)
(tag_pattern (value_name) @binder)
(lazy_pattern (value_name) @binder)
(list_pattern (value_name) @binder)
(array_pattern (value_name) @binder)
(exception_pattern (value_name) @binder)
(labeled_tuple_element_binding_pattern (value_name) @binder)
(field_pattern pattern: (value_name) @binder)

; `{ x }` in a pattern binds x.
(field_pattern . (field_path (field_name) @binder) .)
