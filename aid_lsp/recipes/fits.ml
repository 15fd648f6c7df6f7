(* What fits a hole: asked of the compiler's own library, run by `ocaml` on the .cmt of a file with `assert false` in the place.

     ocaml -I +compiler-libs ocamlcommon.cma fits.ml FILE.cmt LINE COLUMN [NAME]      lines from 1, columns in bytes

   Prints, tab-separated: `type T`, `local NAME TYPE unused|used`, `fit KIND UNUSED-COVERED TEXT HOLE…` (the types of what is left),
   and for NAME `split HEAD PATTERN…`: the patterns of its type. *)

open Types

(* The elements of a tuple, whose own representation differs between versions of the library. *)
let elements tuple = List.rev (Btype.fold_type_expr (fun found ty -> ty :: found) [] tuple)
let say fields = print_endline (String.concat "\t" fields)
let flat text = String.concat " " (List.filter (( <> ) "") (String.split_on_char ' ' (String.map (function '\n' | '\t' -> ' ' | c -> c) text)))

let written env ty =
  let print () = Format.asprintf "%a" Printtyp.type_expr ty in
  flat (Printtyp.wrap_printing_env ~error:false env print)

(* One term: its text, the locals in it, and the types of the holes in it. *)
type term = { text : string; used : string list; left : string list }
type local = { name : string; ty : type_expr; unused : bool }

let atomic text =
  let last = String.length text - 1 in
  (not (String.contains text ' ')) || (match (text.[0], text.[last]) with '(', ')' | '{', '}' | '[', ']' -> true | _ -> false)

let atom text = if atomic text then text else "(" ^ text ^ ")"
let todo = "failwith \"TODO\""
let hole env ty = { text = todo; used = []; left = [ written env ty ] }

(* Unification that leaves no trace, and binds no type variable that is another's to choose. *)
let rigid : type_expr list ref = ref []
let is_variable ty = match get_desc ty with Tvar _ -> true | _ -> false

let free () =
  let rec apart = function [] -> true | v :: vs -> is_variable v && (not (List.exists (eq_type v) vs)) && apart vs in
  apart !rigid

let attempt otherwise f =
  let before = Btype.snapshot () in
  let found = try f () with _ -> otherwise in
  Btype.backtrack before;
  found

let unifies env a b = Ctype.unify env a b; free ()

module Unit_name = struct
  (* The parts of a unit's name: `Shapes__Shape` is Shapes and Shape. *)
  let parts name =
    let rec go start at found =
      if at + 1 >= String.length name then List.rev (String.sub name start (String.length name - start) :: found)
      else if at > start && name.[at] = '_' && name.[at + 1] = '_' then go (at + 2) (at + 2) (String.sub name start (at - start) :: found)
      else go start (at + 1) found
    in
    List.filter (( <> ) "") (go 0 0 [])
end

let lident text = Longident.unflatten (String.split_on_char '.' text)

(* A module's path as it is written from here: as short as it may be. *)
let home env path =
  let last part = match List.rev (Unit_name.parts part) with last :: _ -> last | [] -> part in
  let normal path = try Env.normalize_module_path None env path with _ -> path in
  let means text =
    match lident text with
    | Some name -> (try Path.same (normal (fst (Env.find_module_by_name name env))) (normal path) with _ -> false)
    | None -> false
  in
  let rec suffixes = function [] -> [] | _ :: inner as parts -> suffixes inner @ [ String.concat "." parts ] in
  let written = suffixes (List.map last (String.split_on_char '.' (Path.name path))) in
  match List.find_opt means written with Some short -> short | None -> Path.name path

let qualified env ~path ~resolves name =
  match path with
  | Path.Pdot (inside, _) when not (resolves (Longident.Lident name)) -> home env inside ^ "." ^ name
  | _ -> name

let head env ty = Ctype.expand_head env ty
let constructor_path ty = match get_desc ty with Tconstr (path, _, _) -> Some path | _ -> None

let constructor env path declared =
  let resolves name =
    match Env.find_constructor_by_name name env with
    | found -> (match constructor_path found.cstr_res with Some other -> Path.same path other | None -> false)
    | exception _ -> false
  in
  qualified env ~path ~resolves (Ident.name declared.cd_id)

let label env path declared =
  let resolves name =
    match Env.find_label_by_name name env with
    | found -> (match constructor_path found.lbl_res with Some other -> Path.same path other | None -> false)
    | exception _ -> false
  in
  qualified env ~path ~resolves (Ident.name declared.ld_id)

(* The types of some parts of a declaration, for these arguments of the type; None where a GADT's constructor cannot be meant. *)
let instantiated env declaration arguments ?result whole parts =
  let count = List.length declaration.type_params in
  let many = declaration.type_params @ Option.to_list result @ parts in
  let fresh = Ctype.instance_list many in
  let rec after n list = if n = 0 then list else after (n - 1) (List.tl list) in
  match result with
  | None ->
    List.iteri (fun index ty -> if index < count then Ctype.unify env ty (List.nth arguments index)) fresh;
    Some (after count fresh)
  | Some _ -> (
    match after count fresh with
    | ret :: rest -> (try Ctype.unify env ret whole; if free () then Some rest else None with _ -> None)
    | [] -> None)


let name_of_type env taken ty =
  let base =
    match get_desc (head env ty) with
    | Tarrow _ -> "f"
    | Tconstr (path, _, _) -> (
      match Path.last path with
      | "int" -> "n" | "string" -> "s" | "char" -> "c" | "bool" -> "b" | "float" -> "x" | "list" -> "l" | "unit" -> "()" | "t" -> (
        match path with
        | Path.Pdot (inside, _) -> String.uncapitalize_ascii (List.hd (List.rev (String.split_on_char '.' (home env inside))))
        | _ -> "t")
      | other -> other)
    | _ -> "x"
  in
  let rec fresh n = let name = if n = 1 then base else base ^ string_of_int n in if List.mem name taken then fresh (n + 1) else name in
  if base = "()" then base else fresh 1

type value = { path : string; scheme : type_expr }

let most = 6
(* A parameter of which nothing is known: it could be anything, so only its name can say that it is meant. *)
let unknown local = is_variable local.ty && not (List.exists (eq_type local.ty) !rigid)
let rec first n = function [] -> [] | _ when n = 0 -> [] | x :: xs -> x :: first (n - 1) xs

(* Arguments out of the locals, each local once; what has none is a hole, where holes are allowed. *)
let rec arguments env locals ~holes ~used given = function
  | [] -> [ List.rev given ]
  | (named, ty) :: rest ->
    let whole = head env ty in
    if (match constructor_path whole with Some path -> Path.same path Predef.path_unit | None -> false) then
      arguments env locals ~holes ~used ({ text = "()"; used = []; left = [] } :: given) rest
    else
      let fitting = if is_variable whole && not (List.exists (eq_type whole) !rigid) then [] else List.filter (fun l -> not (List.mem l.name used || unknown l)) locals in
      let fitting = List.filter (fun l -> attempt false (fun () -> unifies env ty l.ty)) fitting in
      let fitting = match List.filter (fun l -> l.name = named) (fitting @ if holes then List.filter unknown locals else []) with [] -> fitting | same -> same in
      let next l =
        attempt [] (fun () ->
          if unifies env ty l.ty then
            arguments env locals ~holes ~used:(l.name :: used) ({ text = l.name; used = [ l.name ]; left = [] } :: given) rest
          else [])
      in
      if fitting = [] then if holes then arguments env locals ~holes ~used (hole env ty :: given) rest else []
      else List.concat_map next (first most fitting)

let merged parts text = { text; used = List.concat_map (fun p -> p.used) parts; left = List.concat_map (fun p -> p.left) parts }

(* What a function takes, and its result: optional arguments are left out. *)
let rec taken env given ty =
  match get_desc (head env ty) with
  | Tarrow (label, domain, codomain, _) -> taken env (if Btype.is_optional label then given else (label, domain) :: given) codomain
  | _ -> (List.rev given, ty)

let calls env locals expected value =
  attempt [] (fun () ->
    let parameters, result = taken env [] (Ctype.instance value.scheme) in
    if parameters = [] || List.length parameters > 4 || is_variable (head env result) then []
    else if not (unifies env result expected) then []
    else
      let wanted = List.map (fun (label, ty) -> ((match label with Asttypes.Labelled name -> name | _ -> ""), ty)) parameters in
      let write arguments =
        let one (label, _) part = match label with
          | Asttypes.Labelled name when name = part.text -> "~" ^ name
          | Asttypes.Labelled name -> "~" ^ name ^ ":" ^ atom part.text
          | _ -> atom part.text
        in
        merged arguments (String.concat " " (value.path :: List.map2 one parameters arguments))
      in
      List.map write (first most (arguments env locals ~holes:false ~used:[] [] wanted)))

(* Fields of locals. *)
let fields env locals expected =
  let of_local l =
    let whole = head env l.ty in
    match get_desc whole with
    | Tconstr (path, given, _) -> (
      match (Env.find_type path env).type_kind with
      | Type_record (labels, _) ->
        List.filter_map (fun declared ->
          attempt None (fun () ->
            match instantiated env (Env.find_type path env) given whole [ declared.ld_type ] with
            | Some [ ty ] when (not (is_variable (head env ty))) && unifies env ty expected ->
              Some { text = l.name ^ "." ^ label env path declared; used = [ l.name ]; left = [] }
            | _ -> None))
          labels
      | _ -> []
      | exception _ -> [])
    | _ -> []
  in
  List.concat_map of_local locals

let values env values expected =
  List.filter_map (fun value ->
    attempt None (fun () ->
      let ty = Ctype.instance value.scheme in
      if (not (is_variable (head env ty))) && unifies env ty expected then Some { text = value.path; used = []; left = [] } else None))
    values

let rec makes env locals depth expected =
  let whole = head env expected in
  match get_desc whole with
  | Tarrow (_, _, _, _) when depth > 0 ->
    let rec parameters names ty = match get_desc (head env ty) with
      | Tarrow (label, domain, codomain, _) ->
        let name = match label with Asttypes.Nolabel -> name_of_type env (names @ List.map (fun l -> l.name) locals) domain | Asttypes.Labelled n | Asttypes.Optional n -> n in
        let rest, result = parameters (name :: names) codomain in
        ((label, name, domain) :: rest, result)
      | _ -> ([], ty)
    in
    let bound, result = parameters [] whole in
    let inner = List.filter_map (fun (label, name, ty) -> if name = "()" || Btype.is_optional label then None else Some { name; ty; unused = true }) bound in
    let outer = List.filter (fun l -> not (List.exists (fun (_, name, _) -> name = l.name) bound)) locals in
    let bodies = List.filter (fun l -> (not (unknown l)) && attempt false (fun () -> unifies env l.ty result)) (inner @ outer) in
    let bodies = List.map (fun l -> { text = l.name; used = [ l.name ]; left = [] }) bodies in
    let bodies = if bodies = [] then List.filter (fun t -> t.left = []) (makes env (inner @ outer) (depth - 1) result) else bodies in
    let write body =
      let one (label, name, _) =
        let unused = name <> "()" && not (List.mem name body.used) in
        match label with
        | Asttypes.Nolabel -> if unused then "_" else name
        | Asttypes.Labelled _ -> if unused then "~" ^ name ^ ":_" else "~" ^ name
        | Asttypes.Optional _ -> "?" ^ name ^ ":_"
      in
      let own = List.filter (fun name -> not (List.exists (fun (_, bound, _) -> bound = name) bound)) body.used in
      { body with text = "fun " ^ String.concat " " (List.map one bound) ^ " -> " ^ body.text; used = own }
    in
    List.map write (if bodies = [] then [ hole env result ] else bodies)
  | Ttuple _ ->
    let parts = List.map (fun ty -> ("", ty)) (elements whole) in
    let write parts = merged parts ("(" ^ String.concat ", " (List.map (fun p -> p.text) parts) ^ ")") in
    List.map write (first most (arguments env locals ~holes:true ~used:[] [] parts))
  | Tconstr (path, given, _) -> (
    match (Env.find_type path env).type_kind with
    | exception _ -> []
    | Type_record (labels, _) ->
      attempt [] (fun () ->
        match instantiated env (Env.find_type path env) given whole (List.map (fun l -> l.ld_type) labels) with
        | None -> []
        | Some types ->
          let wanted = List.map2 (fun l ty -> (Ident.name l.ld_id, ty)) labels types in
          let write parts =
            let one index part =
              let declared = List.nth labels index in
              let plain = Ident.name declared.ld_id in
              let name = if index = 0 then label env path declared else plain in
              if part.text = plain then name else name ^ " = " ^ part.text
            in
            merged parts ("{ " ^ String.concat "; " (List.mapi one parts) ^ " }")
          in
          List.map write (first most (arguments env locals ~holes:true ~used:[] [] wanted)))
    | Type_variant (constructors, _) when depth > 0 ->
      List.concat_map (fun declared ->
        attempt [] (fun () ->
          let name = constructor env path declared in
          let parts, labels = match declared.cd_args with
            | Cstr_tuple types -> (types, None)
            | Cstr_record labels -> (List.map (fun l -> l.ld_type) labels, Some (List.map (fun l -> Ident.name l.ld_id) labels))
          in
          match instantiated env (Env.find_type path env) given ?result:declared.cd_res whole parts with
          | None -> []
          | Some types ->
            let wanted = List.mapi (fun i ty -> ((match labels with Some names -> List.nth names i | None -> ""), ty)) types in
            let write parts =
              let texts = List.map (fun p -> p.text) parts in
              merged parts (match (name, labels, texts) with
                | "::", _, [ x; l ] -> atom x ^ " :: " ^ atom l
                | _, _, [] -> name
                | _, Some names, _ -> name ^ " { " ^ String.concat "; " (List.map2 (fun n t -> if n = t then n else n ^ " = " ^ t) names texts) ^ " }"
                | _, None, [ one ] -> name ^ " " ^ atom one
                | _, None, several -> name ^ " (" ^ String.concat ", " several ^ ")")
            in
            List.map write (first most (arguments env locals ~holes:true ~used:[] [] wanted))))
        constructors
    | _ -> [])
  | _ -> []

(* The patterns of a type, each with `_` for what it holds. *)
let patterns env ty =
  let whole = head env ty in
  match get_desc whole with
  | Ttuple _ ->
    let rec names taken = function [] -> [] | ty :: rest -> (match name_of_type env taken ty with "()" -> "()" :: names taken rest | name -> name :: names (name :: taken) rest) in
    Some ("let", [ "(" ^ String.concat ", " (names [] (elements whole)) ^ ")" ])
  | Tvariant row ->
    let tag (name, field) = match row_field_repr field with
      | Rpresent None | Reither (true, _, _) -> [ "`" ^ name ]
      | Rpresent (Some _) | Reither (false, _, _) -> [ "`" ^ name ^ " _" ]
      | Rabsent -> []
    in
    Some ("match", List.concat_map tag (row_fields row) @ if row_closed row then [] else [ "_" ])
  | Tconstr (path, given, _) -> (
    match (Env.find_type path env).type_kind with
    | exception _ -> None
    | Type_record (labels, _) ->
      let one index declared = if index = 0 then label env path declared else Ident.name declared.ld_id in
      Some ("let", [ "{ " ^ String.concat "; " (List.mapi one labels) ^ " }" ])
    | Type_variant (constructors, _) ->
      let one declared =
        let possible = match declared.cd_res with
          | None -> true
          | Some _ -> attempt false (fun () -> instantiated env (Env.find_type path env) given ?result:declared.cd_res whole [] <> None)
        in
        let name = constructor env path declared in
        if not possible then []
        else match (name, declared.cd_args) with
          | "::", _ -> [ "_ :: _" ]
          | _, Cstr_tuple [] -> [ name ]
          | _ -> [ name ^ " _" ]
      in
      Some ("match", List.concat_map one constructors)
    | _ -> None)
  | _ -> None

(* The place: the `assert false` there, with the item of the file around it and what that item uses. *)
let line, column = (int_of_string Sys.argv.(2), int_of_string Sys.argv.(3))
let found : (Typedtree.expression * Location.t) option ref = ref None
let uses : (Location.t * string) list ref = ref []
let around = ref Location.none
let newest = ref 0

let iterator =
  let open Tast_iterator in
  let expr self (e : Typedtree.expression) =
    let here (at : Lexing.position) = (at.pos_lnum, at.pos_cnum - at.pos_bol) in
    newest := max !newest (get_id e.exp_type);
    (match e.exp_desc with
     | Texp_assert _ when here e.exp_loc.loc_start <= (line, column) && (line, column) < here e.exp_loc.loc_end -> found := Some (e, !around)
     | Texp_ident (Path.Pident id, _, _) -> uses := (e.exp_loc, Ident.name id) :: !uses
     | _ -> ());
    default_iterator.expr self e
  in
  let structure_item self (item : Typedtree.structure_item) =
    let outer = !around in
    (match item.str_desc with Tstr_value _ | Tstr_eval _ -> around := item.str_loc | _ -> ());
    default_iterator.structure_item self item;
    around := outer
  in
  { default_iterator with expr; structure_item }

let within (inner : Location.t) (outer : Location.t) =
  inner.loc_start.pos_cnum >= outer.loc_start.pos_cnum && inner.loc_end.pos_cnum <= outer.loc_end.pos_cnum && inner.loc_start.pos_fname = outer.loc_start.pos_fname

let bound_by_item (item : Typedtree.structure_item) =
  match item.str_desc with Tstr_value (_, bindings) -> List.map Ident.name (Typedtree.let_bound_idents bindings) | _ -> []

let () =
  let cmt = Cmt_format.read_cmt Sys.argv.(1) in
  let rec folders = function
    | ("-I" | "-H") :: folder :: rest -> folder :: folders rest
    | _ :: rest -> folders rest
    | [] -> []
  in
  Clflags.include_dirs := folders (Array.to_list cmt.cmt_args);
  Clflags.real_paths := false;
  Compmisc.init_path ();
  Envaux.reset_cache ();
  let own = ref [] in
  let item (i : Typedtree.structure_item) = iterator.structure_item iterator i; match !found with Some (_, at) when at = i.str_loc -> own := bound_by_item i | _ -> () in
  (match cmt.cmt_annots with
   | Implementation structure -> List.iter item structure.str_items
   | Partial_implementation parts ->
     Array.iter (function
       | Cmt_format.Partial_structure s -> List.iter item s.str_items
       | Partial_structure_item i -> item i
       | Partial_expression e -> iterator.expr iterator e
       | _ -> ()) parts
   | _ -> ());
  match !found with
  | None -> say [ "none" ]
  | Some (e, scope) ->
    (* Only what is older than a snapshot is taken back, and the types of the file are numbered by another process. *)
    while get_id (Btype.newgenvar ()) < !newest + 100_000 do () done;
    let env = Envaux.env_of_only_summary e.exp_env in
    let expected = e.exp_type in
    say [ "type"; written env expected ];
    let named = List.filter_map (fun (at, name) -> if within at scope then Some name else None) !uses in
    let visible name path = match Env.find_value_by_name (Longident.Lident name) env with other, _ -> Path.same path other | exception _ -> false in
    let plain name = match name.[0] with 'a' .. 'z' | '_' -> true | _ -> false in
    let locals, tops =
      Env.fold_values (fun name path declared (locals, tops) ->
        if not (plain name && visible name path) then (locals, tops)
        else match path with
          | Path.Pident _ when within declared.val_loc scope ->
            if List.mem name !own then (locals, tops) else ({ name; ty = declared.val_type; unused = not (List.mem name named) } :: locals, tops)
          | Path.Pdot (Path.Pident inside, _) when Ident.name inside = "Stdlib" -> (locals, tops)
          | _ -> (locals, { path = name; scheme = declared.val_type } :: tops))
        None env ([], [])
    in
    let locals = List.filter (fun l -> not (String.length l.name > 0 && l.name.[0] = '_')) locals in
    List.iter (fun l -> say [ "local"; l.name; written env l.ty; (if l.unused then "unused" else "used") ]) locals;
    let is_function ty = match get_desc (head env ty) with Tarrow _ -> true | _ -> false in
    rigid := List.sort_uniq (fun a b -> compare (get_id a) (get_id b)) (List.concat_map (fun ty -> Ctype.free_variables ty) (expected :: List.filter_map (fun l -> if is_function l.ty || is_variable l.ty then None else Some l.ty) locals));
    if Array.length Sys.argv > 4 then (
      let name = Sys.argv.(4) in
      let ty = match List.find_opt (fun l -> l.name = name) locals with
        | Some l -> Some l.ty
        | None -> (match lident name with Some path -> (try Some (Ctype.instance (snd (Env.find_value_by_name path env)).val_type) with _ -> None) | None -> None)
      in
      match ty with
      | None -> say [ "unknown"; name ]
      | Some ty -> (match patterns env ty with Some (how, cases) -> say ("split" :: how :: cases) | None -> say [ "whole"; written env ty ]))
    else if not (is_variable (head env expected) && not (List.exists (fun l -> attempt false (fun () -> eq_type l.ty expected)) locals)) then (
      let rec homes depth ty = if depth = 0 then [] else match get_desc ty with
        | Tconstr (Path.Pdot (inside, _), args, _) -> home env inside :: List.concat_map (homes (depth - 1)) args
        | Tconstr (_, args, _) -> List.concat_map (homes (depth - 1)) args
        | Tarrow (_, a, b, _) -> homes (depth - 1) a @ homes (depth - 1) b
        | _ -> []
      in
      let units = Unit_name.parts cmt.cmt_modname in
      let modules = Env.fold_modules (fun name path _ found -> if String.length (Path.name path) >= 6 && String.sub (Path.name path) 0 6 = "Stdlib" then found else name :: found) None env [] in
      let modules = List.sort_uniq compare (modules @ List.concat_map (homes 4) (expected :: List.map (fun l -> l.ty) locals)) in
      let modules = List.filter (fun m -> not (List.mem m units) && m <> "Stdlib" && m <> "CamlinternalFormatBasics" && Unit_name.parts m = [ m ]) modules in
      let inside m = match lident m with
        | None -> []
        | Some name -> (try Env.fold_values (fun v _ declared found -> if plain v then { path = m ^ "." ^ v; scheme = declared.val_type } :: found else found) (Some name) env [] with _ -> [])
      in
      let tops = List.filter (fun v -> not (List.mem v.path !own)) tops @ List.concat_map inside modules in
      let unused used = List.length (List.filter (fun l -> l.unused && List.mem l.name used) locals) in
      let seen = Hashtbl.create 16 in
      let fit kind term =
        if not (Hashtbl.mem seen term.text) then (
          Hashtbl.add seen term.text ();
          say ("fit" :: kind :: string_of_int (unused term.used) :: term.text :: term.left))
      in
      List.iter (fun l -> if (not (unknown l)) && attempt false (fun () -> unifies env l.ty expected) then fit "local" { text = l.name; used = [ l.name ]; left = [] }) locals;
      List.iter (fit "field") (fields env locals expected);
      List.iter (fit "value") (values env tops expected);
      let functions = tops @ List.filter_map (fun l -> if is_function l.ty then Some { path = l.name; scheme = l.ty } else None) locals in
      List.iter (fun value -> List.iter (fit "call") (calls env locals expected value)) functions;
      List.iter (fit "make") (makes env locals 2 expected))
