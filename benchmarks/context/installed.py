"""The OCaml code that a bare machine has: the sources that installed libraries bring along, with what the compiler wrote of them."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

LIBRARIES = ("re", "base", "ppxlib", "yojson", "sexplib0", "stdlib")
"""Those with sources and typed trees; `stdlib` is OCaml's own."""


def library_folder(name: str) -> Path:
    """Where an installed library lies."""
    said = subprocess.run(["ocamlfind", "query", name], check=True, capture_output=True, text=True).stdout.strip()
    folder = Path(said)
    if not folder.is_dir():
        # the toolchain of ./dev runs in a namespace of its own: FOLDER/bin/ocamlfind speaks of paths below FOLDER/root
        folder = Path(shutil.which("ocamlfind") or "").resolve().parent.parent / "root" / folder.relative_to("/")
    return folder


def sources(folder: Path, *, below: bool = False) -> Iterator[Path]:
    """The `.ml` and `.mli` files of a library; dune's alias modules (`re__.ml`) are not its own."""
    for path in sorted(folder.rglob("*.ml*") if below else folder.glob("*.ml*")):
        if path.suffix in (".ml", ".mli") and not path.stem.endswith("__") and path.is_file():
            yield path


def lay_out(folder: Path, to: Path, *, below: bool = False, times: int = 1) -> int:
    """Copies the sources of a folder, so many times, and says how many lines that is."""
    lines = 0
    for number in range(times):
        for path in sources(folder, below=below):
            data = path.read_bytes()
            target = to / (f"copy{number}" if times > 1 else "") / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            lines += data.count(b"\n")
    return lines
