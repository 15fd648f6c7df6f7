"""The server's budgets: keystrokes, code actions, first progress, AID's own time in a proposal, memory."""
