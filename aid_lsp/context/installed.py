"""Shows what the libraries really offer: functions that the place uses, that the instruction asks for, that errors name.

    Unbound value List.sum, below `open Base`   ──▶   Base.List of base v0.17.1:  val sum : (module …) -> 'a t -> f:(…) -> 'sum
    a place that uses Re.exec                   ──▶   Re of re 1.11.0:  val exec : ?pos:int -> … · also: all, alt, any, bos, …

Models invent functions, and give Base's the arguments of the standard library's. A signature takes twenty tokens.
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from aid_lsp.build.interfaces import Entry
from aid_lsp.context.build_errors import names_in
from aid_lsp.context.chunks import stems
from aid_lsp.context.mentions import asked_words
from aid_lsp.context.opened import Opened, local, opened
from aid_lsp.context.referred import asked_for
from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import MUST, Snippet
from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import identifiers

_SHARE = 0.06
"""How much of the budget libraries may take; twice that where the build complains."""
_MOST_MODULES = 8
_MOST_ERRORS = 6
_MOST_ENTRIES = 14
_NEAR = 6
_ALIKE = 0.65
_LISTED = 80
_LONGEST_TYPE = 160
_UNBOUND_VALUE = re.compile(r'Unbound value\s+"?([\w.\']+)')
_UNBOUND_MODULE = re.compile(r'Unbound module\s+"?([A-Z][\w.\']*)')
_NOISE = re.compile(r'"(?:[^"\\]|\\.)*"|\(\*.*?\*\)', re.DOTALL)
_MACHINERY = re.compile(r"sexp|bin_|hash_fold|compare__|equal__|globalize|unsafe|invariant|^pp_|^typerep|_local$|^__")
"""Names that ppx derivers leave, and others that nobody looks for in a list."""
_WHOLE = ("Base", "Core", "Stdlib")
"""Modules whose bare names everybody uses without thinking of them."""
_ERROR, _ASKED, _USED, _FAMILIAR = MUST + 1, 4.5, 3.0, 1.5
"""Evidence: what a message names, what the instruction asks for, what the place uses; of the standard library only beside another."""


@dataclass
class _Pick:
    """What is to be shown of one module."""

    evidence: float = 0.0
    whys: list[str] = field(default_factory=list[str])
    names: dict[str, float] = field(default_factory=dict[str, float])
    listed: bool = False
    """Whether the names of all else in it are worth their tokens."""


@dataclass
class _Picks:
    """What is to be shown of all modules."""

    modules: dict[str, _Pick] = field(default_factory=dict[str, _Pick])
    notes: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Where a module comes from that is not linked, or has another name: what it is about, and a sentence."""

    def add(self, module: str, name: str, evidence: float, why: str, *, listed: bool = False) -> None:
        pick = self.modules.setdefault(module, _Pick())
        if evidence > pick.evidence:
            pick.whys.insert(0, why)
        else:
            pick.whys.append(why)
        pick.evidence = max(pick.evidence, evidence)
        pick.listed = pick.listed or listed
        if name:
            pick.names[name] = max(evidence, pick.names.get(name, 0.0))


class InstalledLibraries:
    """Signatures out of the installed interfaces of what the place's stanza links, the standard library included."""

    name = "installed"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields a snippet for each module, and one for each module that an error misses."""
        if not scene.linked.interfaces:
            return
        picks = _Picks()
        place = scene.request.place
        for diagnostic in [d for d in scene.diagnostics if d.severity == "error"][:_MOST_ERRORS]:
            path = diagnostic.path or (place.path if place is not None else "")
            here = opened(scene, path)
            _unbound(scene, here, picks, diagnostic.message)
            text = scene.text(path) or ""
            if text and diagnostic in scene.request.diagnostics:  # one of an attempt counts the lines of another text
                lines = scene.lines(path)
                span = lines.span_of_lines(max(0, diagnostic.line - 1), max(0, min(diagnostic.end_line, diagnostic.line + 6) - 1))
                first = diagnostic.first_line[:80]
                _used(
                    here, picks, span.of(text), _ERROR - 0.5, lambda name, first=first: f"{name}, where the build says: {first}"
                )
        if place is not None:
            here = opened(scene, place.path)
            for name in asked_for(scene.request.instruction):
                _value(here, picks, name, _ASKED, f"{name}, which the instruction names")
            code = scene.code_at(place.path, place.span) if scene.text(place.path) is not None else ""
            here = local(here, code)
            _used(here, picks, code, _USED, lambda name: f"{name}, used at the place", _defined(scene, place.path))
            _worded(scene, here, picks, place.path)
        yield from _shown(scene, picks)


def _unbound(scene: Scene, here: Opened, picks: _Picks, message: str) -> None:
    """What a message misses: the module that was meant, and what it has near that name."""
    for written in _UNBOUND_VALUE.findall(message):
        module, _, name = written.strip(".").rpartition(".")
        for home in [here.module(module)] if module else here.opens[::-1][:3]:
            if home is None:
                continue
            entries = here.linked.modules[home][1]
            near = _near(name, entries)
            if module or near:
                picks.add(home, "", _ERROR, f"the build says that it has no {name}", listed=bool(module))
                for number, other in enumerate(near):
                    picks.add(home, other, _ERROR - number / 100, f"the build says that it has no {name}")
    for written in _UNBOUND_MODULE.findall(message):
        head, _, last = written.strip(".").rpartition(".")
        inner = sorted(full for full in here.linked.modules if full.rpartition(".")[2] == last and "." in full)
        installed = here.linked.installed
        provider = installed.provider(last) if installed is not None and not head else ""
        said: list[str] = []
        if provider:
            version = installed.library(provider) if installed is not None else None
            said.append(
                f"Module {last} is of the installed library {version.dotted if version else provider}; "
                f"{here.linked.dune or 'the stanza'} does not list it under `libraries`."
            )
        said += [f"There is {full} ({here.linked.modules[full][0].library})." for full in inner[:3]]
        if not said:
            said.append(f"No installed library has a module {last} at its top.")
        picks.notes.append((f"{last}, which the build does not find", " ".join(said)))
    for name in names_in(message):
        if "." in name:
            _value(here, picks, name, _ERROR - 1, f"{name}, which the build's message names")


def _value(here: Opened, picks: _Picks, written: str, evidence: float, why: str) -> None:
    """A path that somebody wrote; where the module has no such name, what is near it."""
    module, _, name = written.strip(".").rpartition(".")
    if name[:1].isupper() and (home := here.module(written)) is not None:
        picks.add(home, "", evidence - 1, why, listed=True)
        return
    home = here.module(module) if module else None
    if home is None:
        return
    entries = here.linked.modules[home][1]
    if any(entry.name == name for entry in entries):
        picks.add(home, name, evidence, why)
        return
    near = _near(name, entries)
    for number, other in enumerate(near):
        picks.add(home, other, evidence - number / 100, f"{why}; there is no {name}", listed=True)


def _used(here: Opened, picks: _Picks, code: str, evidence: float, why: "_Why", own: frozenset[str] = frozenset()) -> None:
    """What a piece of code uses of libraries: paths, and bare names that an `open` brings in and that are not the file's own."""
    for written in identifiers(_NOISE.sub(" ", code)):
        module, _, name = written.rpartition(".")
        homes = [here.module(module)] if module and module[:1].isupper() else [] if module else here.opens[::-1]
        for home in homes:
            if home is None or (not module and (home in _WHOLE or name in own)):
                continue
            if any(entry.name == name and entry.kind in ("value", "exception") for entry in here.linked.modules[home][1]):
                familiar = home.startswith("Stdlib") and evidence < MUST
                if not familiar or here.mixed:
                    picks.add(home, name, _FAMILIAR if familiar else evidence, why(written), listed=not familiar)
                break


def _defined(scene: Scene, path: str) -> frozenset[str]:
    """What the file defines itself."""
    return frozenset(item.name for item in scene.outline(path))


class _Why(Protocol):
    """How a reason is worded: takes what is written in the code."""

    def __call__(self, name: str) -> str: ...


def _worded(scene: Scene, here: Opened, picks: _Picks, path: str) -> None:
    """Functions whose names are made of the instruction's words, in the modules that the file uses."""
    instruction = scene.request.instruction
    heads_asked = {stem for name in asked_for(instruction) for part in name.split(".")[:-1] for stem in stems(part)}
    wanted = {stem for word in asked_words(instruction) for stem in stems(word)} - heads_asked
    if not wanted:
        return
    text = _NOISE.sub(" ", (scene.text(path) or "")[:60_000])
    heads = {name.rpartition(".")[0] for name in identifiers(text) if "." in name}
    homes = {home for head in heads if head[:1].isupper() and (home := here.module(head)) is not None}
    found: list[tuple[float, str, str]] = []
    for home in sorted(homes):
        for entry in here.linked.modules[home][1]:
            own = set(stems(entry.name)) if entry.kind == "value" and not _MACHINERY.search(entry.name) else set[str]()
            if own and (common := own & wanted):
                said = len(wanted & {stem for word in entry.doc.split() for stem in stems(word)})
                found.append((len(common) / len(own) + 0.1 * said + 0.2 * (len(common) - 1), home, entry.name))
    for score, home, name in sorted(found, key=lambda pick: (-pick[0], pick[1:]))[:_NEAR]:
        if score >= 0.5:
            familiar = 1.0 if home.startswith("Stdlib") else 0.0
            picks.add(home, name, _ASKED - 1.2 - familiar + min(1.0, score), f"{name} has the instruction's words")


def _near(name: str, entries: Iterable[Entry]) -> list[str]:
    """The names that somebody who wrote that one may have meant."""
    known = [entry.name for entry in entries if entry.kind in ("value", "type") and not _MACHINERY.search(entry.name)]
    own = set(stems(name))
    likely: dict[str, float] = {}
    for other in known:
        words = set(stems(other))
        ratio = difflib.SequenceMatcher(None, name, other).ratio()
        if own & words or ratio > _ALIKE or (len(name) > 3 and (name in other or other in name)):
            likely[other] = ratio + len(own & words) / max(1, len(own | words))
    return sorted(likely, key=lambda other: -likely[other])[:_NEAR]


def _shown(scene: Scene, picks: _Picks) -> Iterator[Snippet]:
    """The strongest modules, as far as the libraries' share of the budget goes."""
    complains = any(pick.evidence >= MUST - 1 for pick in picks.modules.values())
    left = scene.budget_tokens * _SHARE * (2 if complains else 1)
    for about, sentence in picks.notes[:3]:
        text = f"{sentence}\n"
        left -= scene.count(text)
        yield Snippet(f"libraries: {about}", Span(0, len(text)), text, "installed here", _ERROR, aside=True)
    order = sorted(picks.modules.items(), key=lambda pair: (-pair[1].evidence, pair[0]))
    for module, pick in order[:_MOST_MODULES]:
        interface, entries = scene.linked.modules[module]
        title = f"{module} of {interface.library} {interface.version}".rstrip()
        text = _text(scene, entries, pick, left)
        if not text:
            continue
        left -= scene.count(text)
        why = "; ".join(dict.fromkeys(pick.whys[:2]))
        must = pick.evidence if pick.evidence >= MUST else 0.0
        yield Snippet(title, Span(0, len(text)), text, why, must, pick.evidence, aside=True)


def _text(scene: Scene, entries: tuple[Entry, ...], pick: _Pick, left: float) -> str:
    """The entries that were picked in the order of the interface, then the names of what else there is; as much as fits."""
    chosen: list[str] = [name for name, _ in sorted(pick.names.items(), key=lambda pair: -pair[1])][:_MOST_ENTRIES]
    by_name = {entry.name: entry for entry in entries if entry.kind in ("value", "exception")}
    main = next((e.text for e in entries if e.kind == "type" and e.name == "t" and len(e.text) <= _LONGEST_TYPE), "")
    others = [name for name in by_name if name not in chosen and name[0].isalpha() and not _MACHINERY.search(name)]

    def written(count: int, listed: int) -> str:
        shown = [by_name[name] for name in by_name if name in chosen[:count]]
        lines = [main] if main else []
        lines += [f"{entry.text}  (* {entry.doc} *)" if entry.doc else entry.text for entry in shown]
        if listed and others and pick.listed:
            more = f", and {len(others) - listed} more" if len(others) > listed else ""
            lines.append(f"(* {'also' if shown else 'has'}: {', '.join(others[:listed])}{more} *)")
        return "\n".join(lines) + "\n" if lines and (shown or listed) else ""

    for listed in (_LISTED, _LISTED // 3, 0):
        text = written(len(chosen), listed)
        if text and scene.count(text) <= left:
            return text
    for count in range(len(chosen) - 1, 0, -1):
        text = written(count, 0)
        if text and scene.count(text) <= left:
            return text
    return ""
