"""The facts about a place that models get wrong: which OCaml, which libraries, which standard library.

OCaml 5.3.0 · lib/shape.ml belongs to library shapes (lib/dune) · libraries: base, str · ppx: ppx_jane ·
Base is linked: where it is opened, List.map has labels · dune lang 3.17
"""

from aid_lsp.context.scene import Scene
from aid_lsp.ocaml.names import is_module
from aid_lsp.ocaml.sexp import List, read_sexps
from aid_lsp.ocaml.triads import owner
from aid_lsp.workspace.request import Request

_STANDARD = {"core": "Core", "core_kernel": "Core", "base": "Base"}
_CONCURRENT = ("lwt", "async", "eio", "miou")


def facts(request: Request, ocaml_version: str = "") -> str:
    """One line of facts for a prompt; empty where nothing is known."""
    scene = Scene(request, 0)
    found: list[str] = [f"OCaml {ocaml_version}"] if ocaml_version else []
    place = request.place
    if place is not None and is_module(place.path):
        dune, stanza = owner(place.path, frozenset(scene.paths), scene.text)
        if dune is not None and stanza is not None:
            found.append(f"{place.path} belongs to {stanza.kind} {' '.join(stanza.names)} ({dune})")
            found.append(f"libraries: {', '.join(stanza.libraries) or 'none, only Stdlib'}")
            if stanza.preprocessors:
                found.append(f"ppx: {', '.join(stanza.preprocessors)}")
            found.extend(_standard_library(stanza.libraries, scene.text(place.path) or ""))
    language = _dune_language(scene.text("dune-project") or "")
    if language:
        found.append(f"dune lang {language}")
    return " · ".join(found)


def _standard_library(libraries: tuple[str, ...], text: str) -> list[str]:
    found: list[str] = []
    for library, module in _STANDARD.items():
        if library in libraries:
            opened = f"open {module}" in text or f"open! {module}" in text
            found.append(
                f"{module} replaces Stdlib here (labelled List.map ~f, no polymorphic =)"
                if opened
                else f"{module} is linked but not opened in this file, so List and String are Stdlib's"
            )
            break
    found.extend(f"concurrency: {name}" for name in _CONCURRENT if any(lib.partition(".")[0] == name for lib in libraries))
    return found


def _dune_language(text: str) -> str:
    for sexp in read_sexps(text):
        if isinstance(sexp, List) and sexp.head == "lang" and len(sexp.words()) > 1:
            return sexp.words()[1]
    return ""
