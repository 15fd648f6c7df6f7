"""Where a new test of a library goes: beside its other tests, or into a folder of its own; and how a first test is written there.

test/dune  (tests (names test_shape) …)      ──▶  test/test_figure.ml, and its name in (names)
test/dune  (test (name t) (modules t) …)     ──▶  test/test_figure.ml with a stanza of its own
nothing tests the library                    ──▶  test/dune and test/test_figure.ml
"""

import re

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import is_dune, module_name
from aid_lsp.ocaml.stanzas import Stanza, stanzas
from aid_lsp.recipes.change import Planned, Unsure
from aid_lsp.recipes.sources import Sources


def new_test(sources: Sources, plan: Planned, stanza: Stanza, module: str) -> tuple[str, Stanza | None]:
    """Makes room for a file that tests a module of a library: what dune has to know is put into the plan.

    The file, which is not in the plan yet, and a stanza after whose tests it can be modelled. Raises `Unsure` where a test cannot link
    the module.
    """
    if stanza.kind != "library":
        raise Unsure(f"The modules of {stanza.kind} {' '.join(stanza.names)} cannot be linked by a test; they are in no library.")
    paths, library = sources.view.paths(), stanza.names[0]
    name = f"test_{module[:1].lower()}{module[1:]}"
    every = [
        (path, one) for path in paths if is_dune(path) for one in stanzas(sources.text(path)) if one.kind in ("test", "tests")
    ]
    own = [(path, one) for path, one in every if {*stanza.names, *stanza.public_names} & set(one.libraries)]
    for path, one in own:
        text, folder = sources.text(path), path.rpartition("/")[0]
        file = f"{folder}/{name}.ml" if folder else f"{name}.ml"
        if sources.exists(file):
            continue
        beside = [other for other in stanzas(text) if other.has_modules]
        if all(other.modules is not None for other in beside):
            end = len(text.rstrip())
            written = f"(test\n (name {name})\n (modules {name})\n (libraries {' '.join(one.libraries)}))"
            plan.put(path, Span(end, end), f"\n\n{written}")
            return file, one
        if len(beside) == 1 and one.kind == "tests" and (match := re.search(r"\(names\b[^)]*", one.span.of(text))):
            end = one.span.start + match.end()
            plan.put(path, Span(end, end), f" {name}")
            return file, one
    folder = next(
        f for f in ("test", f"test_{library}", f"test_{library}_{name}") if not any(p.startswith(f"{f}/") for p in paths)
    )
    model = (own or every)[0][1] if own or every else None
    known = {*stanza.names, *stanza.public_names}
    shared = [one for one in model.libraries if one not in known and one.lower() in _FRAMEWORKS] if model is not None else []
    plan.created[f"{folder}/dune"] = f"(test\n (name {name})\n (libraries {' '.join((library, *shared))}))\n"
    return f"{folder}/{name}.ml", model


_FRAMEWORKS = frozenset({"alcotest", "ounit2", "ounit"})


def reached(sources: Sources, plan: Planned, dune: str, stanza: Stanza, module: str, *, new: bool) -> str:
    """How a test writes a module of a library, by the library's own module; a new one is shown there as its neighbours are.

    Raises `Unsure` where the library's own module does not show it.
    """
    library = stanza.names[0] if stanza.names else ""
    main = module_name(f"{library}.ml")
    if not stanza.wrapped or main == module:
        return module
    folder = dune.rpartition("/")[0]
    base = f"{folder}/" if folder else ""
    files = [path for path in (f"{base}{library}.ml", f"{base}{library}.mli") if sources.exists(path)]
    for path in files if new else ():
        text = sources.text(path)
        aliases = list(re.finditer(r"(?m)^module (\w+) = (?:\w+__)?\1[ \t]*$", text))
        if not aliases:
            raise Unsure(f"The library {library} shows only what {path} says; let it say `module {module} = {module}` first.")
        plan.put(path, Span(aliases[-1].end(), aliases[-1].end()), f"\nmodule {module} = {module}")
    return f"{main}.{module}"
