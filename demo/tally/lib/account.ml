type kind = Asset | Debt | Income | Expense
type t = { kind : kind; path : string list }

let kinds = [ ("asset", Asset); ("debt", Debt); ("income", Income); ("expense", Expense) ]

let of_string text =
  match String.split_on_char ':' text with
  | kind :: (_ :: _ as path) when not (List.mem "" path) ->
      Option.map (fun kind -> { kind; path }) (List.assoc_opt kind kinds)
  | _ -> None

let to_string { kind; path } =
  let name, _ = List.find (fun (_, known) -> known = kind) kinds in
  String.concat ":" (name :: path)

let sign { kind; _ } = match kind with Asset | Expense -> 1 | Debt | Income -> -1

module Map = Map.Make (struct
  type nonrec t = t

  let compare = compare
end)
