"""One file a feature: plain functions from a session and params to an answer."""
