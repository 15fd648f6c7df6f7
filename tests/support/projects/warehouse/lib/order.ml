type line = { sku : Sku.t; count : int }
type status = Open | Shipped | Held of Stock.problem list
type t = { id : int; lines : line list; status : status }

let make ~id lines =
  { id; lines = List.map (fun (sku, count) -> { sku = Sku.of_string sku; count }) lines; status = Open }

let ship stock order =
  let pick (stock, problems) { sku; count } =
    match Stock.take stock sku ~count with
    | Ok rest -> (rest, problems)
    | Error problem -> (stock, problem :: problems)
  in
  match order.status with
  | Shipped -> (stock, order)
  | Open | Held _ -> (
      match List.fold_left pick (stock, []) order.lines with
      | rest, [] -> (rest, { order with status = Shipped })
      | _, problems -> (stock, { order with status = Held (List.rev problems) }))

let pieces order = List.fold_left (fun sum { count; _ } -> sum + count) 0 order.lines
