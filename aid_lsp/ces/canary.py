"""Canaries: questions whose answer is known, put to a lane between judgements. A lane that answers one wrongly is not believed any more.

a tree that was green, with a type error in a module        has to be red, there
the same tree without                                       has to be green
"""

import itertools

from aid_lsp.build.dune import CHECK, Lost
from aid_lsp.ces.build_system import BuildSystem
from aid_lsp.ces.lane import Lane
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.workspace.view import View

_numbers = itertools.count(1)


async def wrong_answer(lane: Lane, system: BuildSystem, green: View, module: str, deadline_s: float) -> str:
    """What the lane got wrong, as a clause; empty where its answers are right, or where it has none. Raises OSError.

    `green` is a tree that was found green, `module` an `.ml` of it that compiles.
    """
    text = green.text(module)
    if text is None:
        return ""
    bad = Patch.of([FileChange(module, text, f'{text}\n;;\nlet (_ : int) = "canary {next(_numbers)}"\n')])
    await lane.sync(green.patched(bad))
    outcome = await lane.build(system.toolchain, CHECK, deadline_s=deadline_s)
    if isinstance(outcome, Lost):
        return ""
    if outcome.success or not any(one.path == module and one.severity == "error" for one in outcome.diagnostics):
        return f"a type error in {module} was not found"
    await lane.sync(green)
    outcome = await lane.build(system.toolchain, CHECK, deadline_s=deadline_s)
    return "" if isinstance(outcome, Lost) or outcome.success else "a tree that was green is found red"
