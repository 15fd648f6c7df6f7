type item = { name : string; price : int; count : int }

let make ~name ~price ~count = { name; price; count }

(** What all pieces of an item are worth. *)
let value item = item.price * item.count

let total items = List.fold_left (fun sum item -> sum + value item) 0 items
