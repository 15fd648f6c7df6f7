"""How soon an editor shows that a key was pressed."""
