open Warehouse

let failures = ref 0

let check name condition =
  if not condition then (
    incr failures;
    Printf.printf "FAILED %s\n" name)

let sku = Sku.of_string "AB-7"
let stock = Stock.receive Stock.empty sku ~count:3

let () =
  check "an article number survives a round trip" (Sku.to_string sku = "AB-7");
  check "a malformed article number is refused"
    (match Sku.of_string "ab-7" with exception Sku.Malformed "ab-7" -> true | _ -> false);
  check "what comes in can be taken out" (Stock.take stock sku ~count:3 |> Result.is_ok);
  check "nothing is taken where too little is there"
    (Stock.take stock sku ~count:5 = Error (Stock.Short { sku; missing = 2 }));
  let rest, order = Order.ship stock (Order.make ~id:1 [ ("AB-7", 2); ("ZZ-1", 1) ]) in
  check "an order that cannot be filled is held"
    (order.Order.status = Order.Held [ Stock.Unknown (Sku.of_string "ZZ-1") ]);
  check "a held order leaves the stock alone" (Stock.total rest = 3);
  check "an order counts its pieces" (Order.pieces order = 3);
  check "a report names the problem" (Report.order_line order = "#1 (3 pieces) held: ZZ-1 is not in stock");
  if !failures > 0 then exit 1
