"""The error codes of JSON-RPC and LSP that the front answers with."""

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
NOT_INITIALIZED = -32002
CONTENT_MODIFIED = -32801
"""Editors ask again, or stay silent."""
CANCELLED = -32800
REQUEST_FAILED = -32803
"""With a sentence for the user."""
