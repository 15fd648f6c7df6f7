type t = { name : string; children : t list }

val leaf : string -> t

(** How many nodes a tree has. *)
val size : t -> int

(** Visits a tree, parents first. *)
val walk : ?depth:int -> (string -> unit) -> t -> unit
