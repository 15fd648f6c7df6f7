type item = { name : string; price : int; count : int }

val make : name:string -> price:int -> count:int -> item

(** What all pieces of an item are worth. *)
val value : item -> int

(** The {!value} of all of them. *)
val total : item list -> int
