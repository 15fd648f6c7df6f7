"""The judge: shadow trees with a warm dune each, and the tiers a patch climbs."""
