; What may bring names in that the text does not show.
(open_module) @open
(include_module) @open
(include_module_type) @open
(local_open_expression) @open
(local_open_pattern) @open
(local_open_type) @open
