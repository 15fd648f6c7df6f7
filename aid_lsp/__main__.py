"""The `aid` and `aid-lsp` commands, and `python -m aid_lsp`.

`aid lsp` is what editors start: it goes to the front at once, without the imports that every other command needs.
"""

import sys


def main() -> int:
    """`aid`."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["lsp"] and not {"-h", "--help"}.intersection(arguments):
        return _front(arguments[1:])
    from aid_lsp.cli.main import main as run

    return run(arguments)


def lsp() -> int:
    """`aid-lsp`, which is `aid lsp`."""
    arguments = sys.argv[1:]
    if not {"-h", "--help"}.intersection(arguments):
        return _front(arguments)
    from aid_lsp.cli.main import main as run

    return run(["lsp", *arguments])


def _front(arguments: list[str]) -> int:
    from aid_lsp.front.__main__ import leave
    from aid_lsp.front.__main__ import main as run

    return leave(run(arguments))


if __name__ == "__main__":
    raise SystemExit(main())
