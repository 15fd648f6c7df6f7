"""The facts about a place that models get wrong: which OCaml, which libraries, which standard library.

dune 3.17.2, OCaml 5.3.0 · lib/shape.ml belongs to library shapes (lib/dune) · libraries: base v0.17.1, str 5.3.0 · ppx: ppx_jane ·
Base replaces Stdlib here (…) · dune lang 3.17
"""

from aid_lsp.context.libraries import Linked
from aid_lsp.context.opened import always_opened
from aid_lsp.context.scene import Scene
from aid_lsp.ocaml.names import is_module
from aid_lsp.ocaml.sexp import List, read_sexps
from aid_lsp.ocaml.triads import owner
from aid_lsp.workspace.request import Request

_STANDARD = {"core": "Core", "core_kernel": "Core_kernel", "base": "Base", "containers": "Containers", "stdcompat": "Stdcompat"}
"""Libraries whose module, once opened, stands before the standard library."""
_LABELLED = ("Core", "Core_kernel", "Base")
_CONCURRENT = ("lwt", "async", "eio", "miou")


def facts(request: Request, toolchain: str = "", linked: Linked = Linked()) -> str:  # noqa: B008 frozen
    """One line of facts for a prompt; empty where nothing is known. `toolchain` is its name: `dune 3.17.2, OCaml 5.3.0`."""
    scene = Scene(request, 0)
    found: list[str] = [toolchain] if toolchain else []
    place = request.place
    if place is not None and is_module(place.path):
        dune, stanza = owner(place.path, frozenset(scene.paths), scene.text)
        if dune is not None and stanza is not None:
            found.append(f"{place.path} belongs to {stanza.kind} {' '.join(stanza.names)} ({dune})")
            libraries = [f"{name} {linked.version(name)}".rstrip() for name in stanza.libraries]
            found.append(f"libraries: {', '.join(libraries) or 'none'}")
            if stanza.preprocessors:
                found.append(f"ppx: {', '.join(stanza.preprocessors)}")
            always = always_opened(scene, dune, stanza)
            found.append(_standard_library(stanza.libraries, scene.text(place.path) or "", always))
            if others := [module for module in always if module not in _STANDARD.values()]:
                found.append(f"opened by flags: {', '.join(others)}")
            found.extend(
                f"concurrency: {name}" for name in _CONCURRENT if any(lib.partition(".")[0] == name for lib in stanza.libraries)
            )
    language = _dune_language(scene.text("dune-project") or "")
    if language:
        found.append(f"dune lang {language}")
    return " · ".join(found)


def _standard_library(libraries: tuple[str, ...], text: str, always: tuple[str, ...]) -> str:
    for library, module in _STANDARD.items():
        if library in libraries or module in always:
            opened = module in always or f"open {module}" in text or f"open! {module}" in text
            if not opened:
                return f"{module} is linked but not opened in this file, so List and String are Stdlib's"
            how = "labelled List.map ~f, no polymorphic =" if module in _LABELLED else "opened over it"
            return f"{module} replaces Stdlib here ({how})"
    return "standard library: Stdlib, List.map takes the function first and has no labels"


def _dune_language(text: str) -> str:
    for sexp in read_sexps(text):
        if isinstance(sexp, List) and sexp.head == "lang" and len(sexp.words()) > 1:
            return sexp.words()[1]
    return ""
