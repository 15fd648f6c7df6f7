"""The append-only journal of what was offered and what became of it."""
