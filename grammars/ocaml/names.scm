; Every leaf that names something, used or defined. aid_lsp/ocaml/references.py says which and what.
[
  (value_name)
  (value_pattern)
  (label_name)
  (field_name)
  (constructor_name)
  (tag)
  (type_constructor)
  (module_name)
  (module_type_name)
  (class_name)
  (class_type_name)
  (method_name)
  (instance_variable_name)
] @name

; Operators are values too.
(parenthesized_operator (_) @name)
(infix_expression operator: (_) @name)
(prefix_expression operator: (_) @name)
(hash_expression operator: (_) @name)
(let_operator) @name
(let_and_operator) @name
(indexing_operator) @name
