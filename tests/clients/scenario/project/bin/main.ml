open Forest

let tree = { Tree.name = "oak"; children = [ Tree.leaf "acorn"; Tree.leaf "leaf" ] }

let () = Tree.walk print_endline tree
