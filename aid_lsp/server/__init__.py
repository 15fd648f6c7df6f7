"""The only room that speaks LSP: an editor's wishes become requests, proposals become edits."""
