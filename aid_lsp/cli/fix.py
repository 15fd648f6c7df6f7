"""`aid fix`: makes build errors go away; it is `aid change` with the instruction left out."""

import argparse

from aid_lsp.cli import arguments, change

_EXAMPLES = """examples:
  aid fix --all                       every error that can be repaired
  aid fix --at lib/shape.ml:12        the error on that line
  aid fix --at lib/shape.ml --apply   those of a file, written if all is green
  aid fix --warnings                  what the compiler warns of, once there are no errors
  aid fix --all --side interface      where an interface disagrees, it follows the implementation"""


def add(commands: arguments.Commands) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "fix",
        help="repair build errors, each repair built before you see it",
        description="Repairs what the compiler and dune complain of, one error after the other, in a shadow of the workspace, and prints "
        "the diff and the verdict. Code is never deleted, warnings are never switched off; where a case is missing it is put in with a "
        "hole that says TODO. Your own tree is written only with --apply, and only if the verdict is green.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--at",
        metavar="PLACE",
        help="the errors, or else the warnings, there: FILE[:LINE[:COL]][-LINE[:COL]], lines and columns from 1",
    )
    which.add_argument("--all", action="store_true", help="the errors of the whole workspace")
    which.add_argument(
        "--warnings", action="store_true", help="what the compiler warns of where that is no error; compiles every file anew"
    )
    parser.add_argument(
        "--side",
        choices=("interface", "implementation"),
        help="which of the two changes where they disagree (default: what was edited since the last commit, if that can be told)",
    )
    parser.add_argument("--apply", action="store_true", help="write the files if the verdict is green")
    parser.add_argument("--force", action="store_true", help="with --apply: write them even if it is not green")
    arguments.model(parser)
    arguments.judging(parser)
    arguments.common(parser)
    parser.set_defaults(run=run, refine=None)


async def run(options: argparse.Namespace) -> int:
    """Does what `aid change` does for such an instruction."""
    options.instruction = "fix this error" if options.at else "fix the warnings" if options.warnings else "fix the build"
    if options.side:
        options.instruction += f" in the {options.side}"
    return await change.run(options)
