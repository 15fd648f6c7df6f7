open Forest.Tree

let () =
  let seen = ref [] in
  walk ~depth:5 (fun name -> seen := name :: !seen) { name = "oak"; children = [ leaf "acorn" ] };
  assert (List.rev !seen = [ "oak"; "acorn" ])
