open Warehouse.Stock

let bolt = make ~name:"bolt" ~price:3 ~count:10

let () =
  assert (value bolt = 30);
  assert (total [ bolt; bolt ] = 60)
