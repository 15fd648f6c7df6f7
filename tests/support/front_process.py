"""The real front with another daemon behind it: python -m tests.support.front_process --launch JSON [--crashes N] [--version V] …"""

import argparse
import json
import shlex
from pathlib import Path

from aid_lsp.front import front
from aid_lsp.front.__main__ import leave


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--launch", type=json.loads, default=None)
    parser.add_argument("--direct", type=json.loads, default=[])
    parser.add_argument("--crashes", type=int, default=5)
    parser.add_argument("--with", dest="beside", default="")
    parser.add_argument("--root", type=Path, default=None)
    given = parser.parse_args()
    options = front.Options(
        beside=tuple(shlex.split(given.beside)), root=given.root, direct=tuple(given.direct), crashes_borne=given.crashes
    )
    if given.launch:
        options = front.Options(options.beside, options.root, options.direct, tuple(given.launch), options.crashes_borne)
    return front.run(options)


if __name__ == "__main__":
    leave(main())
