"""What people do around a proposal: ask, talk on a Markdown page."""
