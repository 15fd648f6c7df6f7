let row ?until book account =
  let amount = Book.balance ?until book account in
  let shown = if Account.sign account < 0 then Money.neg amount else amount in
  Printf.sprintf "%-24s %12s" (Account.to_string account) (Money.to_string shown)

let table ?until book = List.map (row ?until book) (Book.accounts book)
