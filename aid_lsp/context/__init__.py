"""Picks what a model should see, within a budget, each snippet with its reason."""
