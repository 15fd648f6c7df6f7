"""Makes a patch of an answer's blocks: all of them, or complaints.

Every block is placed on the text as it was when the model was asked. Their order plays no part; blocks that change the same lines
contradict each other, unless they say the same.
"""

from dataclasses import dataclass, field
from itertools import pairwise

from aid_lsp.edits.after import by_numbers, fitted, rendered
from aid_lsp.edits.anchor import Anchor
from aid_lsp.edits.apply import apply_edits
from aid_lsp.edits.blocks import Block, Change, Create, Define, Delete, Exact, Parsed, Rename, Whole, body_lines
from aid_lsp.edits.complain import about, about_place
from aid_lsp.edits.dependence import depends
from aid_lsp.edits.dressed import dressed, escaped
from aid_lsp.edits.elision import undeclared
from aid_lsp.edits.found import SPELLINGS, Found, LineEdit, Lost
from aid_lsp.edits.names import Names
from aid_lsp.edits.overlap import beyond
from aid_lsp.edits.patch import Complaint, Edit, FileChange, Files, Patch, Placement, Reading
from aid_lsp.edits.place import place
from aid_lsp.edits.resolve import Resolver
from aid_lsp.edits.slips import curled_code, slip
from aid_lsp.edits.splice import Refused, define, elided_line
from aid_lsp.edits.target import Target, spelled
from aid_lsp.edits.typography import fold
from aid_lsp.edits.whole import whole_lines

_ENOUGH = 20
"""After so many complaints the rest of an answer is not looked at."""


@dataclass(slots=True)
class _Job:
    """What the answer does to one file."""

    path: str
    target: Target | None
    moved_from: str | None = None
    places: list[tuple[int, Found]] = field(default_factory=list[tuple[int, Found]])
    splices: list[tuple[int, list[Edit]]] = field(default_factory=list[tuple[int, list[Edit]]])
    texts: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    deleted: int | None = None
    names: Names | None = None


class Assembly:
    """One answer on its way to a patch."""

    def __init__(self, parsed: Parsed, files: Files, resolver: Resolver, anchor: Anchor | None) -> None:
        self.parsed = parsed
        self.files = files
        self.resolver = resolver
        self.anchor = anchor
        self.jobs: dict[str, _Job] = {}
        self.moves: dict[str, str] = {}
        self.complaints: list[Complaint] = [about(fault.number, fault.path, fault.message) for fault in parsed.faults]
        self.placements: list[Placement] = []
        self.curled = False
        self.loosest = "exact"

    def reading(self) -> Reading:
        """The patch, or the complaints."""
        for block in self.parsed.blocks:
            if isinstance(block, Rename):
                self._rename(block)
        self._blocks()
        spellings = {found.spelling for job in self.jobs.values() for _, found in job.places}
        if not self.complaints and (self.curled or len(spellings) > 1):
            # what one block was seen to have lost on its way, the others may have lost where nothing showed it: curly quotes, spaces
            self.loosest = max(spellings, key=SPELLINGS.index, default="exact")
            moved = [job for job in self.jobs.values() if job.moved_from is not None]
            self.jobs = {job.path: _Job(job.path, job.target, job.moved_from) for job in moved}
            self.placements = [one for one in self.placements if one.rung == "rename"]
            self._blocks()
        if not self.complaints:
            fault = curled_code(self.parsed, self._text_of, curled=self.curled)
            if fault is not None:
                self.complaints.append(about(fault.number, fault.path, fault.message))
        changes = self._changes() if not self.complaints else []
        why = None if self.complaints else undeclared(self.parsed.verbatim, ((one.before, one.after) for one in changes))
        if why is not None:
            self.complaints.append(about(None, None, why))
        if self.complaints:
            return Reading(None, tuple(self.complaints), tuple(self.placements))
        if not self.parsed.blocks:
            return Reading(None, (about(None, None, "it holds no edit"),))
        return Reading(Patch.of(changes), (), tuple(sorted(self.placements, key=lambda one: one.block)))

    def _blocks(self) -> None:
        for block in self.parsed.blocks:
            if len(self.complaints) >= _ENOUGH:
                self.complaints.append(
                    about(None, None, f"more than {_ENOUGH} blocks could not be used; the rest was not looked at")
                )
                return
            match block:
                case Change():
                    self._change(block)
                case Exact():
                    self._exact(block)
                case Whole():
                    self._whole(block)
                case Define():
                    self._define(block)
                case Create():
                    self._create(block)
                case Delete():
                    self._delete(block)
                case Rename():
                    pass

    def _complain(self, block: Block, why: str, path: str | None = None) -> None:
        self.complaints.append(about(block.number, path or block.path, why))

    def _placed(self, block: Block, path: str, rung: str) -> None:
        self.placements.append(Placement(block.number, path, rung))

    def _text_of(self, path: str) -> str:
        job = self.jobs.get(self.resolver.exact(path)[0] or "")
        return job.target.text if job and job.target else ""

    def _existing(self, block: Block) -> _Job | None:
        """The job of a file that is there, under its new name if the answer renames it."""
        clean, _ = self.resolver.exact(block.path)
        if clean is not None and clean in self.jobs:
            return self.jobs[clean]
        if clean is not None and clean in self.moves:
            return self.jobs[self.moves[clean]]
        path, why = self.resolver.existing(block.path)
        if path is None:
            self._complain(block, why)
            return None
        path = self.moves.get(path, path)
        if path not in self.jobs:
            text = self.files.text(path)
            self.jobs[path] = _Job(path, None if text is None else Target(path, text))
        return self.jobs[path]

    def _rename(self, block: Rename) -> None:
        old, why = self.resolver.exact(block.path)
        new, why_new = self.resolver.exact(block.to)
        text = None if old is None else self.files.text(old)
        if old is None or new is None:
            self._complain(block, why or why_new)
        elif text is None:
            self._complain(block, f"there is no file `{block.path}` to rename")
        elif self.files.text(new) is not None or new in self.jobs:
            self._complain(block, f"`{block.to}` exists already")
        elif old in self.moves:
            self._complain(block, f"`{block.path}` is renamed twice")
        elif old != new:
            self.moves[old] = new
            self.jobs[new] = _Job(new, Target(new, text), moved_from=old)
            self._placed(block, new, "rename")

    def _change(self, block: Change) -> None:
        job = self._existing(block)
        if job is None:
            return
        if job.target is None:
            self._complain(block, "the answer creates this file; put all of its text there", job.path)
            return
        if all(tag == " " for tag, _ in block.readings[0]):
            if job.target.index("trailing").find([spelled(line, "trailing") for _, line in block.readings[0]], 1):
                self._placed(block, job.path, "nothing")
            else:
                self._complain(block, "it changes nothing, and its lines are not in the file", job.path)
            return
        found = place(block, job.target, self.anchor, curled=self.curled, loosest=self.loosest, verbatim=self.parsed.verbatim)
        if isinstance(found, Lost):
            self.complaints.append(about_place(block, job.target, found))
            return
        added = [line for edit in found.edits for line in edit.lines]
        spoilt = dressed(added, job.path, job.target) or beyond(block, found, job.target, self.anchor)
        if spoilt is not None:
            self._complain(block, spoilt, job.path)
            return
        self.curled = self.curled or found.curled
        job.places.append((block.number, found))
        self._placed(block, job.path, found.rung)

    def _exact(self, block: Exact) -> None:
        job = self._existing(block)
        if job is None:
            return
        if job.target is not None:
            text = by_numbers(job.target.text, block)
            if text is not None:
                job.texts.append((block.number, text))
                self._placed(block, job.path, "blob" if block.blobs else "numbers")
                return
        if block.blobs is None:
            self._complain(block, "its hunks do not fit the file at the line numbers they give", job.path)
            return
        for change in block.changes:
            self._change(change)

    def _whole(self, block: Whole) -> None:
        path, why = self.resolver.exact(block.path)
        if path is None:
            self._complain(block, why)
            return
        path = self.moves.get(path, path)
        job = self.jobs.get(path)
        if job is None:
            text = self.files.text(path)
            if text is None:
                lines = body_lines(block.text)
                near = next(
                    (one for one in self.resolver.near(block.path) if _resembles(lines, self.files.text(one) or "")), None
                )
                if near is not None:
                    self._complain(
                        block, f"there is no file `{path}`, but `{near}`: if you mean that one, write its path as it is"
                    )
                else:
                    self._new(block, path, "\n".join([*lines, ""]))
                return
            job = self.jobs[path] = _Job(path, Target(path, text))
        if job.target is None:
            job.texts.append((block.number, "\n".join(body_lines(block.text)) + "\n"))
            return
        if block.assumed and not _resembles(body_lines(block.text), job.target.text):
            self._complain(
                block,
                f"its fence has no path, and it is not the whole of `{path}`: write the path of the file, alone on the line before "
                "the fence, and the whole text of that file",
                path,
            )
            return
        outcome = whole_lines(block, job.target, self.anchor, curled=self.curled, verbatim=self.parsed.verbatim)
        if isinstance(outcome, Refused):
            self._complain(block, outcome.why, path)
            return
        lines, curled = outcome
        self.curled = self.curled or curled
        job.texts.append((block.number, fitted(job.target, lines)))
        self._placed(block, path, "whole-file")

    def _new(self, block: Block, path: str, text: str) -> None:
        worn = dressed(body_lines(text), path, None)
        refused = elided_line(body_lines(text), path, "", self.parsed.verbatim) or (Refused(worn) if worn else None)
        if refused is not None:
            self._complain(block, refused.why, path)
            return
        job = self.jobs.setdefault(path, _Job(path, None))
        job.texts.append((block.number, fold(text) if self.curled else text))
        self._placed(block, path, "create")

    def _create(self, block: Create) -> None:
        path, why = self.resolver.exact(block.path)
        if path is None:
            self._complain(block, why)
            return
        text = self.files.text(path)
        if (text is not None and text.strip()) or path in self.moves.values():
            same = text is not None and body_lines(text) == body_lines(block.text)
            why = (
                "this file exists already, with this very text: leave the block out"
                if same
                else "this file exists already: show the lines to change"
            )
            self._complain(block, why)
            return
        if text is not None:
            if path not in self.jobs:
                self.jobs[path] = _Job(path, Target(path, text))
            self.jobs[path].texts.append((block.number, block.text))
            self._placed(block, path, "create")
            return
        self._new(block, path, block.text)

    def _delete(self, block: Delete) -> None:
        path, why = self.resolver.exact(block.path)
        text = None if path is None else self.files.text(path)
        if path is None or text is None:
            self._complain(block, why or f"there is no file `{block.path}` to delete")
            return
        if path not in self.jobs:
            self.jobs[path] = _Job(path, Target(path, text))
        job = self.jobs[path]
        job.deleted = block.number
        self._placed(block, path, "delete")

    def _define(self, block: Define) -> None:
        path, _ = self.resolver.exact(block.path)
        if (
            path is not None
            and block.how == "after"
            and not block.name
            and self.files.text(path) is None
            and path not in self.jobs
        ):
            self._new(block, path, "\n".join([*body_lines(block.text), ""]))
            return
        job = self._existing(block)
        if job is None:
            return
        if job.target is None:
            self._complain(block, "the answer creates this file; put all of its text there", job.path)
            return
        if job.names is None:
            job.names = Names(self.anchor.named(job.path, job.target.text) if self.anchor is not None else ())
        text, verbatim = job.target.text, self.parsed.verbatim
        outcome = define(block, job.path, text, job.names, self.anchor, curled=self.curled, verbatim=verbatim)
        if isinstance(outcome, Refused):
            self._complain(block, outcome.why, job.path)
            return
        edits, curled = outcome
        self.curled = self.curled or curled
        job.splices.append((block.number, edits))
        self._placed(block, job.path, "anchor")

    def _changes(self) -> list[FileChange]:
        changes: list[FileChange] = []
        for job in self.jobs.values():
            kinds = [bool(job.places), bool(job.splices), bool(job.texts), job.deleted is not None]
            if sum(kinds) > 1:
                self.complaints.append(
                    about(
                        None, job.path, "it changes this file in two ways that do not go together (edits, whole text, deletion)"
                    )
                )
                continue
            before = job.target.text if job.target else None
            after = self._after(job)
            if job.deleted is None and after is None:
                continue
            why = (
                None
                if after is None
                else slip(job.path, before or "", after) or escaped(job.path, before or "", after, self.anchor)
            )
            if why is not None:
                self.complaints.append(about(None, job.path, why))
                continue
            if job.moved_from is not None:
                changes.append(FileChange(job.moved_from, before, None))
                changes.append(FileChange(job.path, None, after, job.moved_from))
            else:
                changes.append(FileChange(job.path, before, after))
        return changes

    def _after(self, job: _Job) -> str | None:
        if job.deleted is not None:
            return None
        if job.texts:
            if len({text for _, text in job.texts}) > 1:
                numbers = " and ".join(str(number) for number, _ in job.texts)
                self.complaints.append(about(job.texts[-1][0], job.path, f"blocks {numbers} give this file different texts"))
                return None
            return job.texts[0][1]
        if job.target is None:
            return None
        if job.splices:
            return self._spliced(job, job.target)
        edits = self._merged(job)
        if edits is None:
            return None
        blocks = [block for block in self.parsed.blocks if isinstance(block, Change)]
        dependent = depends(blocks, job.places)
        if dependent is not None:
            why = "it looks for lines that another block makes. All blocks are matched against the files as shown: put both changes into one"
            self.complaints.append(about(dependent, job.path, why))
            return None
        ends = {found.final_newline for _, found in job.places if found.final_newline is not None}
        return rendered(job.target, edits, ends.pop() if len(ends) == 1 else None)

    def _spliced(self, job: _Job, target: Target) -> str | None:
        edits: dict[Edit, int] = {}
        for number, more in job.splices:
            for edit in more:
                edits.setdefault(edit, number)
        listed = sorted(edits, key=lambda edit: (edit.span.start, edit.span.end))
        for one, other in pairwise(listed):
            if other.span.start < one.span.end or one.span == other.span:
                self.complaints.append(about(edits[other], job.path, f"it changes what block {edits[one]} changes, too"))
                return None
        text = apply_edits(target.text, listed)
        return text if "\n" not in text or "\r" not in target.text else fitted(target, body_lines(text))

    def _merged(self, job: _Job) -> list[LineEdit] | None:
        """All edits of one file, in order; equal ones count once."""
        owners: dict[LineEdit, int] = {}
        for number, found in job.places:
            for edit in found.edits:
                owners.setdefault(edit, number)
        edits = sorted(owners, key=lambda edit: (edit.start, edit.end))
        furthest: LineEdit | None = None
        for edit in edits:
            if furthest is not None and (edit.start < furthest.end or (edit.start, edit.end) == (furthest.start, furthest.end)):
                why = f"it changes line {edit.start + 1}, which block {owners[furthest]} changes, too. Put both into one block"
                self.complaints.append(about(owners[edit], job.path, why))
                return None
            furthest = edit if furthest is None or edit.end >= furthest.end else furthest
        return edits


def _resembles(lines: list[str], text: str) -> bool:
    """Whether half of a file's lines come back: then an answer that misspells its path means it."""
    known = {line for line in text.split("\n") if line.strip()}
    return bool(known) and 2 * len(known.intersection(lines)) >= len(known)
