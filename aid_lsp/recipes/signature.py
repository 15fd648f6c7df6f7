"""What the compiler inferred of a module that has no interface: its signature, as `ocamlc -i` prints it.

The module is not compiled again: its `.cmi` in the build folder is asked, so that flags, preprocessors and libraries are the project's.
"""

import asyncio
import re
import shutil
import tempfile
import textwrap
from pathlib import Path

from aid_lsp.build.process import ask
from aid_lsp.ocaml.names import module_name
from aid_lsp.ocaml.syntax import parse

_DEADLINE_S = 30.0


async def inferred_signature(build: Path, path: str, *, short: bool = True) -> str:
    """The signature of a file's module in `_build/default`; empty where it is not to be had.

    Names types by the shortest path that leads to them, else by the modules that define them: those the file depends on anyway.
    """
    program = shutil.which("ocamlc.opt") or shutil.which("ocamlc")
    found = await asyncio.to_thread(compiled, build, path)
    if program is None or found is None:
        return ""
    unit, folders, opened = found
    folder = await asyncio.to_thread(_asked, unit)
    arguments = [part for place in folders for part in ("-I", str(place))]
    try:
        command = (program, "-i", *(["-short-paths"] if short else []), "-w", "-a", *arguments, *opened, "asked.ml")
        said = await ask(command, folder=folder, deadline_s=_DEADLINE_S)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return await asyncio.to_thread(_items, (said or "").rstrip(), "" if short else unit.rpartition("__")[0])


def _items(printed: str, wrapper: str) -> str:
    """The items of the signature that was printed, an item at the beginning of a line; without the wrapper's name."""
    match = re.match(r"module type S =\s*sig\b(.*)\bend$", printed, re.DOTALL)
    if match is None:
        return ""
    tree = parse(".mli", textwrap.dedent(match[1].strip("\n")))
    items = [child for child in tree.root.children if child.type != "comment"]
    written = "\n".join(textwrap.dedent(" " * node.start_point.column + tree.written(node)) for node in items)
    return re.sub(rf"(?<![\w.]){wrapper}(?:(?:__)?(?:/\d+)?\.|__)(?=[A-Z])", "", written) if wrapper else written


def _asked(unit: str) -> Path:
    """A folder of its own with the question in it."""
    folder = Path(tempfile.mkdtemp(prefix="aid-"))
    (folder / "asked.ml").write_text(f"module type S = module type of {unit}\n")
    return folder


def compiled(build: Path, path: str) -> tuple[str, list[Path], list[str]] | None:
    """The unit of a source file, the folders with compiled interfaces (its own first), and the wrapper that its code is compiled in."""
    module = module_name(path)
    folders = sorted(folder for folder in build.rglob("byte") if folder.parent.suffix in (".objs", ".eobjs"))
    for above in (Path(path).parent, *Path(path).parent.parents):
        for folder in folders:
            if folder.parent.parent != build / above:
                continue
            for made in folder.glob("*.cm[it]"):  # what has a type error has no .cmi
                unit = made.stem[:1].upper() + made.stem[1:]
                if unit == module or unit.endswith(f"__{module}"):
                    wrapper = unit.rpartition("__")[0]
                    names = [
                        name
                        for name in (f"{wrapper}__", wrapper)
                        if wrapper and (folder / f"{name[:1].lower()}{name[1:]}.cmi").is_file()
                    ]
                    opened = ["-open", names[0]] if names else []
                    return unit, [folder, *(other for other in folders if other != folder)], opened
    return None
