"""How a workspace is built: by dune, or by commands of the user's own (`judge.build`, `judge.test`).

dune        type: @check        build: dune build        test: dune test, as far as a patch reaches
commands                        build: `make`            test: `make check`
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from aid_lsp.build.dune import CHECK, DEFAULT, RUNTEST, Target
from aid_lsp.build.toolchain import Toolchain, find_toolchain
from aid_lsp.build.verdict import Tier
from aid_lsp.workspace.view import View


@dataclass(frozen=True, slots=True)
class BuildSystem:
    """What builds, and in which steps. Equal ones give equal verdicts on equal trees."""

    toolchain: Toolchain
    steps: tuple[tuple[Tier, Target], ...]
    dune: bool = True

    def up_to(self, tier: Tier) -> Iterator[tuple[Tier, Target]]:
        """The steps of a judgement; a command that builds answers for types, too."""
        for step, target in self.steps:
            if step <= max(tier, self.steps[0][0]):
                yield step, target

    def problem(self, view: View) -> str:
        """Why nothing can be built in the view, with what to do; empty where all is well."""
        if not self.dune:
            return ""
        if not self.toolchain.usable:
            return self.toolchain.problem
        if not any(path == "dune" or path.endswith("/dune") for path in view.paths()):
            return (
                f"{view.root} has no dune file, so nothing can be built; AID judges dune projects, others with `judge.build` set."
            )
        return ""


_DUNE = ((Tier.TYPE, CHECK), (Tier.BUILD, DEFAULT), (Tier.TEST, RUNTEST))


async def find_build_system(root: Path, *, dune: str = "", build: str = "", test: str = "") -> BuildSystem:
    """What the settings ask for and what is there."""
    toolchain = await find_toolchain(dune, root)
    if not build:
        return BuildSystem(toolchain, _DUNE)
    steps = [(Tier.BUILD, Target.of_command(build)), *([(Tier.TEST, Target.of_command(test, after=build))] if test else [])]
    return BuildSystem(replace(toolchain, command=("env",), dune_version=(), missing=()), tuple(steps), dune=False)
