open Tally

let lines_of file =
  let channel = open_in file in
  Fun.protect
    ~finally:(fun () -> close_in channel)
    (fun () ->
      let rec read lines =
        match input_line channel with line -> read (line :: lines) | exception End_of_file -> List.rev lines
      in
      List.filter (fun line -> line <> "") (read []))

let () =
  match Array.to_list Sys.argv with
  | _ :: file :: rest -> (
      let until = match rest with date :: _ -> Some date | [] -> None in
      match Book.read (lines_of file) with
      | Ok book -> List.iter print_endline (Report.table ?until book)
      | Error problem ->
          prerr_endline ("tally: " ^ Book.explain problem);
          exit 1)
  | _ ->
      prerr_endline "usage: tally BOOK [DATE]";
      exit 2
