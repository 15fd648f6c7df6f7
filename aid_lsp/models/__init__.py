"""Asks a language model: any provider, streaming, cancellable; scripted ones for tests."""
