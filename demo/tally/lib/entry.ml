type posting = { account : Account.t; amount : Money.t }
type t = { date : string; memo : string; postings : posting list }

let posting text =
  match String.split_on_char ' ' (String.trim text) with
  | [ account; amount ] -> (
      match (Account.of_string account, Money.of_string amount) with
      | Some account, Some amount -> Ok { account; amount }
      | None, _ -> Error (Printf.sprintf "%s is no account" account)
      | _, None -> Error (Printf.sprintf "%s is no amount" amount))
  | _ -> Error (Printf.sprintf "%S is no posting" text)

let rec all = function
  | [] -> Ok []
  | first :: rest -> Result.bind first (fun first -> Result.map (List.cons first) (all rest))

let of_line line =
  match String.split_on_char '|' line with
  | head :: (_ :: _ as postings) when String.length head > 11 ->
      let date = String.sub head 0 10 and memo = String.trim (String.sub head 10 (String.length head - 10)) in
      Result.map (fun postings -> { date; memo; postings }) (all (List.map posting postings))
  | _ -> Error (Printf.sprintf "%S is no entry" line)

let off entry = Money.sum (List.map (fun { amount; _ } -> amount) entry.postings)
