"""The process that an editor starts: relays, restarts and replays. Standard library only, so that it starts at once."""
