"""Does an answer become exactly the edit that it meant."""
