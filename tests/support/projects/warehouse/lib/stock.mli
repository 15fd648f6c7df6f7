(** What lies in the warehouse. Quantities are never negative. *)

type t

(** Why a movement is not possible. *)
type problem = Unknown of Sku.t | Short of { sku : Sku.t; missing : int }

val empty : t
val quantity : t -> Sku.t -> int

val receive : t -> Sku.t -> count:int -> t
(** Puts [count] pieces on the shelf. *)

val take : t -> Sku.t -> count:int -> (t, problem) result
(** Takes [count] pieces off the shelf, all of them or none. *)

val total : t -> int
val fold : (Sku.t -> int -> 'a -> 'a) -> t -> 'a -> 'a
val describe : problem -> string
