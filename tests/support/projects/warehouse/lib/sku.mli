(** Article numbers: two capital letters and up to six digits, such as [AB-1207]. *)

type t

exception Malformed of string

val of_string : string -> t
(** Raises {!Malformed}. *)

val to_string : t -> string
val compare : t -> t -> int

module Map : Map.S with type key = t
