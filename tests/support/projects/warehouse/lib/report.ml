(* No interface: everything here is public. *)

let stock_lines stock =
  List.rev (Stock.fold (fun sku count lines -> Printf.sprintf "%-10s %6d" (Sku.to_string sku) count :: lines) stock [])

let order_line (order : Order.t) =
  let state =
    match order.status with
    | Open -> "open"
    | Shipped -> "shipped"
    | Held problems -> "held: " ^ String.concat ", " (List.map Stock.describe problems)
  in
  Printf.sprintf "#%d (%d pieces) %s" order.id (Order.pieces order) state
