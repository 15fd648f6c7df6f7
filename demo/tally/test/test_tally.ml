open Tally

let failed = ref false

let check name condition =
  if not condition then (
    failed := true;
    prerr_endline ("FAILED: " ^ name))

let bank : Account.t = { kind = Asset; path = [ "bank" ] }
let card : Account.t = { kind = Debt; path = [ "card" ] }
let cents = Money.of_cents

let book =
  [
    "2026-11-01 salary | asset:bank 2500 | income:work -2500";
    "2026-11-03 groceries | expense:food 23.90 | asset:bank -23.90";
    "2026-11-09 shoes | expense:clothes 89.00 | debt:card -89.00";
  ]

let read = Result.get_ok (Book.read book)

let () =
  check "an amount survives a round trip" (Option.map Money.to_string (Money.of_string "-0.07") = Some "-0.07");
  check "cents have two digits" (Money.of_string "1.5" = None);
  check "an account survives a round trip" (Account.of_string "asset:bank" = Some bank);
  check "a posting is read"
    (match Entry.of_line "2026-11-03 tea | expense:food 2.50 | asset:bank -2.50" with
    | Ok { postings = [ { amount; _ }; second ]; _ } -> amount = cents 250 && second.amount = cents (-250)
    | _ -> false);
  check "what is on an account" (Book.balance read bank = cents 247610);
  check "what was on an account" (Book.balance ~until:"2026-11-02" read bank = cents 250000);
  check "an entry that does not add up is refused"
    (match Book.read [ "2026-11-03 tea | expense:food 2.50 | asset:bank -2.00" ] with
    | Error (Book.Unbalanced { memo = "tea"; off }) -> off = cents 50
    | _ -> false);
  check "debts are shown as positive amounts"
    (List.mem (Printf.sprintf "%-24s %12s" (Account.to_string card) "89.00") (Report.table read));
  if !failed then exit 1
