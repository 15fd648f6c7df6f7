(** Accounts, such as [asset:bank:savings]. *)

type kind = Asset | Debt | Income | Expense
type t = { kind : kind; path : string list }

val of_string : string -> t option
val to_string : t -> string

val sign : t -> int
(** [-1] where a rising balance is written as a negative amount: debts and income. *)

module Map : Map.S with type key = t
