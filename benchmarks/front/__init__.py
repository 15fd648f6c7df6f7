"""Start and relay times, and what the front bears: kills, restarts, broken streams."""
