"""Arguments that several commands share, and what they mean for the settings."""

import argparse
import sys
from pathlib import Path
from typing import Protocol

from aid_lsp.errors import AidError, NotFound
from aid_lsp.workspace.root import find_root


class Commands(Protocol):
    """What `ArgumentParser.add_subparsers` answers, as far as commands need it; argparse keeps its own name private."""

    def add_parser(
        self,
        name: str,
        *,
        help: str,  # noqa: A002 - argparse names it so
        description: str,
        epilog: str = "",
        formatter_class: type[argparse.HelpFormatter] = argparse.HelpFormatter,
    ) -> argparse.ArgumentParser:
        """Adds one command."""
        ...


def common(parser: argparse.ArgumentParser, *, root: bool = True, json_output: bool = True) -> None:
    """Adds what every command knows."""
    if root:
        parser.add_argument(
            "--root", metavar="DIR", type=Path, help="the workspace; by default dune's root at or above this folder"
        )
    if json_output:
        parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colours (default: on terminals)")
    parser.add_argument("-v", "--verbose", action="store_true", help="say on stderr what is going on")


def judging(parser: argparse.ArgumentParser) -> None:
    """Adds how far a patch has to get."""
    parser.add_argument(
        "--tier",
        choices=("parse", "type", "build", "test"),
        help="how far it has to get (default: test, or `judge.tier` of the settings)",
    )


def model(parser: argparse.ArgumentParser) -> None:
    """Adds which model to ask."""
    parser.add_argument(
        "--model", metavar="NAME", help="the model to ask, e.g. anthropic:claude-sonnet-5-5; `none` for recipes alone"
    )


def overrides(options: argparse.Namespace) -> dict[str, dict[str, object]]:
    """What the arguments say of the settings."""
    values: dict[str, dict[str, object]] = {}
    if name := getattr(options, "model", None):
        values["model"] = {"name": name}
    if tier := getattr(options, "tier", None):
        values["judge"] = {"tier": tier}
    return values


def root_of(options: argparse.Namespace) -> Path:
    """The workspace that the arguments mean. Raises `NotFound` for a folder that is not there."""
    chosen: Path | None = options.root
    if chosen is None:
        return find_root(Path.cwd())
    if not chosen.is_dir():
        raise NotFound(f"{str(chosen)!r} is not a folder; give --root the workspace's folder.")
    return chosen.resolve()


def read_input(name: str) -> str:
    """The text of a file, or of stdin for `-`; bytes that are not UTF-8 survive. Raises `AidError` if it cannot be read."""
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise AidError(f"{name!r} cannot be read: {error.strerror}.") from error
    return data.decode("utf-8", "surrogateescape")
