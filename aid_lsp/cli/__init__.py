"""The aid command: the same jobs without an editor."""
