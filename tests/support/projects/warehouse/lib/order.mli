(** Orders: several lines that are shipped together or not at all. *)

type line = { sku : Sku.t; count : int }
type status = Open | Shipped | Held of Stock.problem list
type t = { id : int; lines : line list; status : status }

val make : id:int -> (string * int) list -> t

val ship : Stock.t -> t -> Stock.t * t
(** Ships an open or held order, or holds it and leaves the stock as it was. *)

val pieces : t -> int
