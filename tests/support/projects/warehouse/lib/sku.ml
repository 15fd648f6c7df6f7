type t = { family : string; number : int }

exception Malformed of string

let is_capital c = c >= 'A' && c <= 'Z'

let of_string text =
  match String.split_on_char '-' text with
  | [ family; number ]
    when String.length family = 2 && String.for_all is_capital family && String.length number <= 6 -> (
      match int_of_string_opt number with
      | Some number when number >= 0 -> { family; number }
      | Some _ | None -> raise (Malformed text))
  | _ -> raise (Malformed text)

let to_string { family; number } = Printf.sprintf "%s-%d" family number

let compare a b =
  match String.compare a.family b.family with 0 -> Int.compare a.number b.number | order -> order

module Map = Map.Make (struct
  type nonrec t = t

  let compare = compare
end)
