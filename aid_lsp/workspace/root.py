"""Finds the root of an OCaml workspace, by dune's own rule."""

from pathlib import Path


def find_root(start: Path) -> Path:
    """The outermost folder with a `dune-workspace` at or above `start`, else with a `dune-project`, else `start`.

    That is where dune itself would put `_build` (dune manual, "Finding the root").
    """
    start = start.resolve()
    folder = start if start.is_dir() else start.parent
    above = (folder, *folder.parents)
    for marker in ("dune-workspace", "dune-project"):
        marked = [candidate for candidate in above if (candidate / marker).is_file()]
        if marked:
            return marked[-1]
    return folder
