; What each type of node is to references (aid_lsp/ocaml/references.py), which walk the tree anyway.

; Names, and of what.
[(value_name) (value_pattern)] @name.value
(label_name) @name.label
(field_name) @name.field
(constructor_name) @name.constructor
(tag) @name.tag
(type_constructor) @name.type
(module_name) @name.module
(module_type_name) @name.module_type
(class_name) @name.class
(class_type_name) @name.class_type
(method_name) @name.method
(instance_variable_name) @name.instance_variable

; A name in one of these is used, and what stands before it is its path.
[(value_path) (field_path) (constructor_path) (type_constructor_path) (module_path) (extended_module_path) (module_type_path)
 (class_path) (class_type_path)] @path

; A name in one of these is used rather than defined.
[(labeled_argument) (method_invocation) (instance_variable_expression) (set_expression)] @use
