; when: test_case >:: >:= Test.make Test.register Crowbar.add_test
;
; Tests that are values: alcotest's `test_case "name"`, OUnit's `"name" >:: f`, QCheck's `Test.make ~name:"name"`.
((application_expression
   function: (value_path (value_name) @_function)
   . argument: (string (string_content) @name)) @test
 (#eq? @_function "test_case"))

((infix_expression left: (string (string_content) @name) operator: (_) @_operator) @test
 (#match? @_operator "^>:[:=][:=]?$"))

((application_expression
   function: (value_path (module_path) @_module (value_name) @_function)
   argument: (labeled_argument (label_name) @_label expression: (string (string_content) @name))) @test
 (#match? @_module "(^|[.])(Test|Crowbar)$")
 (#any-of? @_function "make" "make_cell" "register" "add_test" "make_neg")
 (#any-of? @_label "name" "title"))
