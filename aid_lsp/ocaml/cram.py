"""Reads cram tests: shell sessions with the output that they should have.

Compiling says nothing:      a section, and its name
  $ dune build               what is run; indented by two
  hello                      what it prints
"""

from aid_lsp.edits.lines import Span, split_lines
from aid_lsp.ocaml.item import Item


def is_cram(path: str) -> bool:
    """Whether a file is a cram test, `NAME.t` or `NAME.t/run.t`."""
    return path.endswith(".t")


def cram_tests(path: str, text: str) -> tuple[Item, ...]:
    """The test that a file is, named like it, and its sections: each begins with prose."""
    whole = Span(0, len(text))
    stem = (path[: -len("/run.t")] if path.endswith("/run.t") else path).rpartition("/")[2].removesuffix(".t")
    if not text.strip() or not stem:
        return ()
    test = Item("test", stem, (stem,), whole, Span(0, 0), whole, whole)
    found = [test]
    lines = split_lines(text)
    starts: list[int] = []
    place, prose = 0, False
    for line in lines:
        begins = line.strip() != "" and not line.startswith(("  ", "\t"))
        if begins and not prose:
            starts.append(place)
        prose = begins
        place += len(line)
    for number, start in enumerate(starts):
        stop = starts[number + 1] if number + 1 < len(starts) else len(text)
        span = Span(start, start + len(text[start:stop].rstrip()))
        if "\n  $ " not in span.of(text):
            continue
        heading = text[start : start + len(text[start:stop].split("\n", 1)[0])].rstrip()
        name_start = start + len(heading) - len(heading.lstrip("#*= "))
        name = (
            Span(name_start, start + len(heading.rstrip("#*=: .")))
            if heading.strip("#*=: .")
            else Span(start, start + len(heading))
        )
        found.append(Item("test", name.of(text), (stem, name.of(text)), span, name, span, span, False, test))
    return tuple(found)
