"""Verdicts against the bare tool, and long runs of random patches and kills."""
