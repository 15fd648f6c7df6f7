"""Asks dune about a tree: version, RPC, one-shot builds, diagnostics, and what a verdict is."""
