open Forest.Tree

let () =
  let seen = ref [] in
  walk (fun name -> seen := name :: !seen) { name = "oak"; children = [ leaf "acorn" ] };
  assert (List.rev !seen = [ "oak"; "acorn" ])
