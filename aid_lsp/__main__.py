"""Runs the `aid` command: `python -m aid_lsp`."""

from aid_lsp.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
