; How far names reach (aid_lsp/ocaml/scopes.py).

; What an item in one of these defines reaches to its end, and can be meant from outside.
[(compilation_unit) (structure) (signature)] @structure

; A name bound in one of these reaches to its end, and no further.
[(fun_expression) (class_function) (method_definition) (class_binding) (match_case) (object_expression) (comprehension)] @scope
