"""OCaml projects that nobody here wrote: the sources that come with installed libraries, made into dune projects again.

    real_project("re", to)        Re: 22 implementations, 13 interfaces, 5 kLOC
    real_project("yojson", to)    Yojson: few files, but long ones; 16 kLOC

`./dev test` brings the libraries; under opam they are `re` and `yojson`. Nothing of them is part of this project.
"""

import asyncio
import re
import shutil
from pathlib import Path

_DIRECTIVE = re.compile(r"(?m)^# \d+ \".*\"\n")
_SOURCES = {".ml", ".mli"}


async def real_project(name: str, to: Path) -> Path:
    """Makes a project of the installed library's sources, with an executable that uses it, and answers with its folder."""
    installed = await _installed(name)
    await asyncio.to_thread(_lay_out, name, installed, to)
    return to


def _lay_out(name: str, installed: Path, to: Path) -> None:
    (to / "src").mkdir(parents=True)
    for source in installed.iterdir():
        # `re__.ml` is dune's own: it aliases the library's modules.
        if source.suffix in _SOURCES and not source.stem.endswith("__"):
            # Where a generator left its line directives, the installed text counts as the source.
            text = _DIRECTIVE.sub("", source.read_text("utf-8"))
            (to / "src" / source.name).write_text(text, "utf-8")
    (to / "dune-project").write_text("(lang dune 3.0)\n", "utf-8")
    # Libraries are written for their own flags; warnings are not what is tried here.
    (to / "src" / "dune").write_text(f"(library\n (name {name})\n (flags (:standard -w -a)))\n", "utf-8")
    (to / "bin").mkdir()
    (to / "bin" / "dune").write_text(f"(executable\n (name main)\n (libraries {name}))\n", "utf-8")
    (to / "bin" / "main.ml").write_text(_USES[name], "utf-8")


async def library_path() -> str:
    """The folders where libraries are installed, as seen from here, separated by `:`; what `judge.libraries` would be set to."""
    folders = [Path(line) for line in (await _output("ocamlfind", "printconf", "path")).split()]
    seen = await asyncio.to_thread(lambda: [_as_seen_from_here(folder) for folder in folders])
    return ":".join(str(folder) for folder in seen if folder.is_dir())


async def _installed(name: str) -> Path:
    return await asyncio.to_thread(_as_seen_from_here, Path((await _output("ocamlfind", "query", name)).strip()))


def _as_seen_from_here(folder: Path) -> Path:
    if not folder.is_dir():
        # The toolchain of ./dev runs in a namespace of its own: FOLDER/bin/ocamlfind speaks of paths below FOLDER/root.
        wrapper = Path(shutil.which("ocamlfind") or "").resolve()
        folder = wrapper.parent.parent / "root" / folder.relative_to("/")
    return folder


async def _output(*command: str) -> str:
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(60):
        output, _ = await child.communicate()
    assert child.returncode == 0, command
    return output.decode()


_USES = {
    "re": """let () =
  let date = Re.compile Re.(seq [ group (rep1 digit); char '-'; group (rep1 digit) ]) in
  match Re.exec_opt date "on 11-23" with
  | Some groups -> print_endline (Re.Group.get groups 1)
  | None -> print_endline "no date"
""",
    "yojson": """let () =
  match Yojson.Safe.from_string {|{"answer": [42, null]}|} with
  | `Assoc [ ("answer", `List (`Int answer :: _)) ] -> print_int answer
  | json -> print_endline (Yojson.Safe.to_string json)
""",
}
