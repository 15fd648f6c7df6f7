type t = Entry.t list
type problem = Unreadable of string | Unbalanced of { memo : string; off : Money.t }

let empty = []

let post book (entry : Entry.t) =
  let off = Entry.off entry in
  if Money.is_zero off then Ok (entry :: book) else Error (Unbalanced { memo = entry.memo; off })

let read lines =
  let line book text =
    Result.bind book (fun book ->
        match Entry.of_line text with
        | Ok entry -> post book entry
        | Error reason -> Error (Unreadable reason))
  in
  List.fold_left line (Ok empty) lines

let balance ?(until = "9999-12-31") book account =
  let on_account (posting : Entry.posting) = if posting.account = account then Some posting.amount else None in
  let counted (entry : Entry.t) = if entry.date <= until then List.filter_map on_account entry.postings else [] in
  Money.sum (List.concat_map counted book)

let accounts book =
  let note seen (posting : Entry.posting) = Account.Map.add posting.account () seen in
  let seen = List.fold_left (fun seen (entry : Entry.t) -> List.fold_left note seen entry.postings) Account.Map.empty book in
  List.map fst (Account.Map.bindings seen)

let explain = function
  | Unreadable reason -> reason
  | Unbalanced { memo; off } -> Printf.sprintf "%s is off by %s" memo (Money.to_string off)
