"""What to say of a name that nothing in the workspace bears."""

from collections.abc import Iterator

from aid_lsp.ocaml.names import module_name
from aid_lsp.recipes.sources import Sources
from aid_lsp.recipes.wording import Rename


def why_nothing(sources: Sources, name: str, wish: Rename) -> str:
    """Why a name means nothing that could be changed, in one sentence: it is from elsewhere, generated, or not there."""
    kind = f"{wish.kind} " if wish.kind else ""
    qualified = ".".join((*wish.of, *wish.path)) if wish.path else name
    none = f"no {kind}" if kind else "nothing "
    artefacts = sources.artefacts
    if artefacts is not None:
        outside = [seen for seen in artefacts.occurrences(name) if seen.outside]
        # `Re.split` is written so, whichever module of the library it comes from; `split` alone may be behind an `open`
        meant = [seen for seen in outside if f".{seen.path}".endswith(f".{qualified}")]
        libraries = sorted({seen.outside[0].partition("__")[0] for seen in meant or outside if seen.outside})
        if meant or (outside and not wish.path[:-1]):
            return (
                f"{kind}{qualified!r} is not defined in this workspace; the {name!r} that is used here comes from "
                f"{', '.join(libraries[:3])}, which AID cannot change."
            )
        if outside:
            used = " or ".join(sorted({seen.path for seen in outside})[:3])
            return f"There is {none}called {qualified!r} in this workspace; the {name!r} used here is {used}."
    elsewhere = list(_elsewhere(sources, name, wish)) if len(qualified) > len(name) else []
    if elsewhere:
        return f"There is {none}called {qualified!r} in this workspace; there is {', '.join(elsewhere[:3])}."
    generated = sorted({declaration.at.path for declaration in sources.declared(name) if not sources.exists(declaration.at.path)})
    if generated:
        return f"{qualified!r} is defined in {generated[0]}, which the build generates; AID renames only in files of yours."
    return f"There is {none}called {qualified!r} in this workspace."


def _elsewhere(sources: Sources, name: str, wish: Rename) -> Iterator[str]:
    """What has the name in other modules than those that were said."""
    seen: set[str] = set()
    for path in sources.files(name):
        for item in sources.items(path):
            dotted = ".".join((module_name(path), *item.path))
            if item.name == name and wish.kind in (None, item.kind) and item.kind != "test" and dotted not in seen:
                seen.add(dotted)
                yield f"{dotted} at {sources.spot(path, item.name_span)}"
