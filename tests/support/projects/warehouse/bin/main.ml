open Warehouse

let () =
  let stock =
    List.fold_left
      (fun stock (sku, count) -> Stock.receive stock (Sku.of_string sku) ~count)
      Stock.empty
      [ ("AB-1207", 40); ("QX-3", 2) ]
  in
  let stock, first = Order.ship stock (Order.make ~id:1 [ ("AB-1207", 15); ("QX-3", 1) ]) in
  let stock, second = Order.ship stock (Order.make ~id:2 [ ("QX-3", 5) ]) in
  List.iter print_endline (Report.stock_lines stock);
  List.iter (fun order -> print_endline (Report.order_line order)) [ first; second ]
