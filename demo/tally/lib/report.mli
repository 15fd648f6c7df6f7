(** What a person wants to see of a book. *)

val table : ?until:string -> Book.t -> string list
(** One line per account; debts and income are shown as positive amounts. *)
