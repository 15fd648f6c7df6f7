"""The only room that speaks LSP: decodes requests, starts jobs, shows proposals."""
