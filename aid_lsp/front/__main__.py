"""`aid lsp`, nothing else imported: `python -m aid_lsp.front`."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the front with the arguments of `aid lsp`; by default those of the process."""
    from aid_lsp.front.front import parse, run

    try:
        options = parse(sys.argv[1:] if arguments is None else arguments)
    except ValueError as error:
        sys.stderr.write(f"aid lsp: {error}\n")
        return 2
    return run(options)


def leave(status: int) -> NoReturn:
    """Ends the process at once: its threads wait for pipes that may never say anything again."""
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    leave(main())
