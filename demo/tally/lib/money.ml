type t = int

let zero = 0
let of_cents cents = cents
let add = ( + )
let neg = ( ~- )
let sum = List.fold_left add zero
let is_zero amount = amount = 0

let digits text = text <> "" && String.for_all (fun c -> c >= '0' && c <= '9') text

let of_string text =
  let negative = String.length text > 0 && text.[0] = '-' in
  let unsigned = if negative then String.sub text 1 (String.length text - 1) else text in
  let signed cents = Some (if negative then -cents else cents) in
  match String.split_on_char '.' unsigned with
  | [ units ] when digits units -> signed (100 * int_of_string units)
  | [ units; cents ] when digits units && digits cents && String.length cents = 2 ->
      signed ((100 * int_of_string units) + int_of_string cents)
  | _ -> None

let to_string amount =
  Printf.sprintf "%s%d.%02d" (if amount < 0 then "-" else "") (abs amount / 100) (abs amount mod 100)
