"""All settings, and the only place that reads the environment."""
