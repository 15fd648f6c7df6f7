(** A book: entries that balance, in the order in which they were written. *)

type t

(** Why an entry is refused. *)
type problem = Unreadable of string | Unbalanced of { memo : string; off : Money.t }

val empty : t
val post : t -> Entry.t -> (t, problem) result
val read : string list -> (t, problem) result

val balance : ?until:string -> t -> Account.t -> Money.t
(** What lies on an account, up to and including the day [until]. *)

val accounts : t -> Account.t list
val explain : problem -> string
