"""Which tokens of the workspace a rename rewrites, and why it may not.

Every token of the old name is asked for twice: syntax says what kind of name it is, the compiler says what it means.

    the compiler says it is the subject    rewritten
    the compiler says it is another thing  left
    the compiler has not seen it           left, unless syntax is sure; the build will complain if that was wrong, see `rename`
    the file was not compiled              syntax decides
"""

import re
from dataclasses import dataclass, field

from aid_lsp.edits.lines import Span
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.ocaml.names import implementation_of, is_module, is_ocaml
from aid_lsp.ocaml.references import Occurrence, references
from aid_lsp.recipes import docs
from aid_lsp.recipes.derived import derived
from aid_lsp.recipes.sites import Replacements, Shift, rewrite, rewritten
from aid_lsp.recipes.sources import Sources, Spot
from aid_lsp.recipes.subject import Subject, tokens_for
from aid_lsp.workspace.view import View


@dataclass(slots=True)
class Plan:
    """What a rename does to each file."""

    subject: Subject
    new: str
    replacements: dict[str, Replacements] = field(default_factory=dict[str, Replacements])
    tokens: dict[str, set[int]] = field(default_factory=dict[str, set[int]])
    """Where the tokens begin that get the new name (documentation aside)."""
    moves: dict[str, str] = field(default_factory=dict[str, str])
    """Files that get another name."""
    refused: str = ""
    """Why it may not be done, in one sentence."""

    def add(self, path: str, token: Span, replacements: Replacements) -> None:
        """Takes in what one token becomes."""
        self.replacements.setdefault(path, {}).update(replacements)
        self.tokens.setdefault(path, set()).add(token.start)

    def shift(self, path: str) -> Shift:
        """How offsets move in a file."""
        return Shift(self.replacements.get(path, {}))

    @property
    def places(self) -> int:
        """How many tokens it renames."""
        return sum(len(tokens) for tokens in self.tokens.values())

    def patch(self, view: View) -> Patch:
        """The plan as a patch of the view."""
        changes: list[FileChange] = []
        for path in self.replacements.keys() | self.moves.keys():
            before = view.text(path)
            if before is None:
                continue
            after = rewritten(before, self.replacements.get(path, {}))
            if path in self.moves:
                changes.append(FileChange(path, before, None))
                changes.append(FileChange(self.moves[path], None, after, moved_from=path))
            else:
                changes.append(FileChange(path, before, after))
        return Patch.of(changes)

    def understood(self) -> str:
        """What it does, for people."""
        files = len(self.replacements.keys() | self.moves.keys())
        places = f"{self.places} place{'s' if self.places != 1 else ''} in {files} file{'s' if files != 1 else ''}"
        moved = "".join(f", {old} becomes {new}" for old, new in sorted(self.moves.items()))
        new = f"~{self.new}" if self.subject.kind == "label" else self.new
        return f"rename {self.subject} to {new}: {places}{moved}"


def plan_rename(
    sources: Sources, subject: Subject, new: str, forced: frozenset[tuple[str, int]], kept: frozenset[tuple[str, int]]
) -> Plan:
    """Decides on every token; `forced` and `kept` are tokens that a build has decided on."""
    plan = Plan(subject, new)
    plan.refused = guard(sources, subject, new)
    if plan.refused:
        return plan
    kinds = tokens_for(subject.kind)
    generators = {spot.path for spot in subject.definitions if not sources.is_code(spot.path, spot.span)}
    for path in sources.files(subject.name, generators=True):
        tree = sources.tree(path)
        for token in sources.references(path, subject.name):
            if token.kind not in kinds or (path not in generators and of_generator(sources, path, token)):
                continue
            key = (path, token.span.start)
            if key in forced or (key not in kept and is_subject(sources, path, token, subject)):
                plan.add(path, token.span, rewrite(tree, token, new))
    for name, renamed, uids in derived(sources, subject, new):
        for path in sources.files(name, generators=True):
            facts = sources.facts(path, name)
            for token in sources.references(path, name):
                fact = facts.get(token.span.start)
                if token.kind == "value" and fact is not None and fact.uids & uids:
                    plan.add(path, token.span, rewrite(sources.tree(path), token, renamed))
    _beyond_syntax(sources, plan)
    for path in list(plan.replacements):
        if is_ocaml(path):
            for span in docs.mentions(sources, path, subject):
                plan.replacements[path][span] = new
    plan.refused = _captured(sources, plan)
    return plan


def guard(sources: Sources, subject: Subject, new: str) -> str:
    """Why the subject may not get the name at all, before any use is looked at; empty if it may."""
    return _outside(sources, subject) or _generated(sources, subject) or _taken(sources, subject, new)


def is_subject(sources: Sources, path: str, token: Occurrence, subject: Subject) -> bool:
    """Whether a token means the subject, as far as can be known without another build."""
    if any(spot.path == path and spot.span == token.span for spot in subject.definitions):
        return True
    if subject.local:
        return any(spot.path == path and spot.span == token.binder for spot in subject.definitions)
    if token.kind == "value" and token.defines and token.local:
        return False
    if token.kind == "constructor" and of_generator(sources, path, token):
        return any(spot.path == path and not sources.is_code(path, spot.span) for spot in subject.definitions)
    fact = sources.facts(path, subject.name).get(token.span.start)
    if fact is not None and (fact.uids or fact.outside):
        return bool(fact.uids & subject.uids)
    bound_here = token.binder is not None and not token.unsure
    if bound_here:
        return any(spot.path == path and spot.span == token.binder for spot in subject.definitions)
    # generated code does not say where the types are that a grammar gives to its rules
    alone = token.kind in ("type", "module") and path.endswith(".mly") and not sources.is_code(path, token.span)
    if fact is not None or (sources.covers(path) and subject.uids and not alone):
        return False
    return by_syntax(sources, path, token, subject)


def of_generator(sources: Sources, path: str, token: Occurrence) -> bool:
    """Whether a name is that of a lexer's or grammar's rule, or of a token, which are no OCaml."""
    return token.kind in ("value", "constructor") and not sources.is_code(path, token.span)


def by_syntax(sources: Sources, path: str, token: Occurrence, subject: Subject) -> bool:
    """Whether a token of a file that was not compiled can be the subject, by paths and opens."""
    if token.defines and token.kind != "label":
        return False
    homes = {implementation_of(spot.path) for spot in subject.definitions}
    qualifier = subject.dotted.split(".")[:-1]
    if subject.kind in ("constructor", "field") and len(qualifier) > 1:
        qualifier = qualifier[:-1]  # the type's name is no module
    written = token.written.split(".")[:-1]
    text = sources.text(path)
    if implementation_of(path) in homes:
        inner = qualifier[1:]
        return not written or written == inner[-len(written) :]
    if written:
        last = written[-1]
        return last == qualifier[-1] or _alias_of(text, last, qualifier[-1])
    if token.local or (token.binder is not None and not token.unsure):
        return False
    return re.search(rf"\bopen!?\s+(?:[\w']+\s*\.\s*)*{re.escape(qualifier[-1])}\b", text) is not None


def _alias_of(text: str, alias: str, module: str) -> bool:
    return re.search(rf"\bmodule\s+{re.escape(alias)}\s*=\s*(?:[\w']+\s*\.\s*)*{re.escape(module)}\b", text) is not None


def _beyond_syntax(sources: Sources, plan: Plan) -> None:
    """Takes in the uses that the compiler sees where our grammars do not: in odd syntax."""
    name = plan.subject.name
    if plan.subject.local:
        return
    for path in sources.fact_paths(name):
        if not sources.exists(path):
            continue
        known = {token.span.start for token in sources.references(path, name)} if is_module(path) else set[int]()
        for start, fact in sources.facts(path, name).items():
            if start in known or start < 0 or not fact.uids & plan.subject.uids:
                continue
            span = Span(start, start + len(name))
            if _whole_word(sources.text(path), span):
                plan.add(path, span, {span: plan.new})


def _whole_word(text: str, span: Span) -> bool:
    around = text[span.start - 1 : span.start] + text[span.end : span.end + 1]
    return not re.search(r"[\w']", around) if text[span.start : span.start + 1].isalnum() else True


def _outside(sources: Sources, subject: Subject) -> str:
    """Whether the compiler ties the name to one that no file of the workspace declares."""
    artefacts = sources.artefacts
    if artefacts is None:
        return ""
    for uid in sorted(subject.uids):
        if not uid.home:
            library = uid.unit.replace("__", ".")
            return (
                f"{subject} has to be called {subject.name!r}: it is matched with the {subject.name!r} of {library}, "
                f"which is not part of this workspace."
            )
    return ""


def _generated(sources: Sources, subject: Subject) -> str:
    """Whether a declaration lies in a file that the build makes."""
    artefacts = sources.artefacts
    if artefacts is None or subject.file:
        return ""
    made = {spot.path[: spot.path.rfind(".")] for spot in subject.definitions if not is_ocaml(spot.path)}
    for uid in sorted(subject.uids):
        declaration = artefacts.declarations().get(uid)
        at = declaration.at.path if declaration is not None else ""
        if declaration is not None and not sources.exists(at) and not sources.is_copy(at) and at[: at.rfind(".")] not in made:
            return f"{subject} is declared in {declaration.at.path}, which the build generates."
    return ""


def _taken(sources: Sources, subject: Subject, new: str) -> str:
    """Whether the place where it is defined has the new name already."""
    if subject.local:
        return ""
    for spot in subject.definitions:
        items = sources.items(spot.path)
        own = next((item for item in items if item.name_span == spot.span), None)
        if own is None:
            continue
        for item in items:
            same_scope = (item.parent.name_span if item.parent else None) == (own.parent.name_span if own.parent else None)
            if item.name == new and same_scope and _clash(own.kind, item.kind):
                at = sources.spot(spot.path, item.name_span)
                return f"{new!r} is taken: {item.kind} {item.dotted} is defined at {at}."
    return ""


_NAMESPACES = (
    {"value", "external", "rule"},
    {"type", "class", "class type"},
    {"module"},
    {"module type"},
    {"constructor", "token"},
    {"exception"},
    {"field"},
    {"regexp"},
)


def _clash(one: str, other: str) -> bool:
    return any(one in names and other in names for names in _NAMESPACES)


def _captured(sources: Sources, plan: Plan) -> str:
    """Whether a renamed value would mean a parameter or local of the new name, or the other way round; as far as syntax sees."""
    if plan.subject.kind != "value":
        return ""
    for path, replacements in plan.replacements.items():
        if not is_module(path) or not plan.tokens.get(path):
            continue
        shift = Shift(replacements)
        ours = written_at(replacements, plan.new)
        starts = {shift.forward(spot.span.start) for spot in plan.subject.definitions if spot.path == path}
        definitions = starts | {at for at, start in ours.items() if start in starts}
        for token in references(path, rewritten(sources.text(path), replacements), plan.new):
            if token.kind != "value" or token.binder is None or token.defines:
                continue
            by_subject = token.binder.start in definitions
            use, binder = (described(sources, path, shift.back(span.start)) for span in (token.span, token.binder))
            if token.span.start in ours and token.local and not by_subject:
                return f"at {use}, {plan.new!r} would mean the local {plan.new!r} of {binder} instead."
            if token.span.start not in ours and by_subject and not token.unsure:
                return f"the {plan.new!r} at {use}, another thing now, would mean the renamed {plan.subject}."
    return ""


def written_at(replacements: Replacements, new: str) -> dict[int, int]:
    """Where the new name stands in the new text, for each replacement that brings it: its start, and where the replacement starts."""
    found: dict[int, int] = {}
    grown = 0
    for span, text in sorted(replacements.items()):
        if new in text:
            found[span.start + grown + text.rfind(new)] = span.start + grown
        grown += len(text) - (span.end - span.start)
    return found


def tokens_in(sources: Sources, path: str, name: str, kind: str, stretches: list[Span]) -> list[Occurrence]:
    """The tokens of a name that lie in one of several stretches."""
    kinds = tokens_for(kind)
    return [
        token
        for token in sources.references(path, name)
        if token.kind in kinds
        and any(stretch.start <= token.span.start and token.span.end <= stretch.end for stretch in stretches)
    ]


def described(sources: Sources, path: str, start: int) -> Spot:
    """A place for people."""
    return sources.spot(path, Span(start, start))
