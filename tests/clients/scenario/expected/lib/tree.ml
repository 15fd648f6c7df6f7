type t = { name : string; children : t list }

let leaf name = { name; children = [] }

let rec size tree = 1 + List.fold_left (fun sum child -> sum + size child) 0 tree.children

(** Visits a tree, parents first. *)
let rec walk ?(depth = 3) visit tree =
  visit tree.name;
  List.iter (walk ~depth visit) tree.children
