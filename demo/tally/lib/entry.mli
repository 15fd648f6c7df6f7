(** One line of a book: postings that add up to nothing.

    {v 2026-11-03 groceries | expense:food 23.90 | asset:bank -23.90 v} *)

type posting = { account : Account.t; amount : Money.t }
type t = { date : string; memo : string; postings : posting list }

val of_line : string -> (t, string) result

val off : t -> Money.t
(** By how much the postings fail to add up. *)
