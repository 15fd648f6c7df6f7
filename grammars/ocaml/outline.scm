; grammar: tree_sitter_ocaml.language_ocaml
; files: .ml
;
; What the walk through a tree (aid_lsp/ocaml/walk.py) takes each type of node for.

; Definitions with members, `let … and …`, and what their members define.
(value_definition) @chain.value
(type_definition) @chain.type
(module_definition) @chain.module
(class_definition) @chain.class
(class_type_definition) @chain.class_type
[(let_binding) (type_binding) (module_binding) (class_binding) (class_type_binding)] @member

; Definitions of one thing.
(value_specification) @single.value
(external) @single.external
(exception_definition) @single.exception
(module_type_definition) @single.module_type
[(method_definition) (method_specification)] @single.method
[(instance_variable_definition) (instance_variable_specification)] @single.instance_variable

; What holds definitions, and which of that only declares them.
[(compilation_unit) (structure) (signature) (object_expression) (class_body_type)] @container
[(signature) (class_body_type)] @signature

; Items whose structure is that of what they lie in.
[(include_module) (include_module_type) (open_module)] @transparent

; What may stand between an item and the structure, signature or object that is its body.
[(functor) (functor_type) (typed_module_expression) (parenthesized_module_expression) (parenthesized_module_type)
 (module_type_constraint) (package_expression) (class_function) (let_class_expression) (let_open_class_expression)
 (typed_class_expression) (parenthesized_class_expression) (class_function_type) (let_open_class_type)] @through
[(typed_module_expression) (typed_class_expression)] @typed

; Names of items.
[(value_name) (module_name) (module_type_name) (class_name) (class_type_name) (method_name) (instance_variable_name)
 (type_constructor)] @name

; Keywords that begin an item, for texts in which it is not finished.
"let" @begins.value
"val" @begins.value
"type" @begins.type
"module" @begins.module
"class" @begins.class
"external" @begins.external
