"""The main job: a request becomes a judged proposal, and the ledger says what became of it."""
