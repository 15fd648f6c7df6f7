(** Amounts of money, exact to the cent. *)

type t

val zero : t
val of_cents : int -> t

val of_string : string -> t option
(** Reads ["12.30"], ["-7"] and the like. *)

val to_string : t -> string
val add : t -> t -> t
val neg : t -> t
val sum : t list -> t
val is_zero : t -> bool
