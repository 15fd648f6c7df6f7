open Warehouse

let () =
  let items = [ Stock.make ~name:"bolt" ~price:3 ~count:10; Stock.make ~name:"nut" ~price:2 ~count:7 ] in
  List.iter (fun (item : Stock.item) -> Printf.printf "%s: %d\n" item.name (Stock.value item)) items;
  Printf.printf "total: %d\n" (Stock.total items)
