type t = int Sku.Map.t
type problem = Unknown of Sku.t | Short of { sku : Sku.t; missing : int }

let empty = Sku.Map.empty
let quantity stock sku = Option.value (Sku.Map.find_opt sku stock) ~default:0

let receive stock sku ~count =
  if count < 0 then invalid_arg "Stock.receive: negative count";
  Sku.Map.add sku (quantity stock sku + count) stock

let take stock sku ~count =
  if not (Sku.Map.mem sku stock) then Error (Unknown sku)
  else
    let missing = count - quantity stock sku in
    if missing > 0 then Error (Short { sku; missing }) else Ok (Sku.Map.add sku (-missing) stock)

let fold f stock start = Sku.Map.fold f stock start
let total stock = fold (fun _ count sum -> sum + count) stock 0

let describe = function
  | Unknown sku -> Printf.sprintf "%s is not in stock" (Sku.to_string sku)
  | Short { sku; missing } -> Printf.sprintf "%s: %d missing" (Sku.to_string sku) missing
