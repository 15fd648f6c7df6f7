"""Shows the rules of the house: what the repository tells those who change it, AI tools included."""

from collections.abc import Iterator

from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import MUST, Snippet
from aid_lsp.edits.lines import Span

NAMES = (".aid.md", "AGENTS.md", "CONTRIBUTING.md", "CONTRIBUTING")
"""The first of these that a folder has holds for what lies in it."""
_SHARE = 0.1
"""How much of the budget the rules of one folder may take."""


class Rules:
    """Of the place's folder and those above, the nearest first; cut after a paragraph where they are long."""

    name = "rules"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields at most two files' beginnings."""
        place = scene.request.place
        parts = place.path.split("/")[:-1] if place is not None else []
        folders = ["".join(f"{part}/" for part in parts[:depth]) for depth in range(len(parts), -1, -1)]
        known = set(scene.paths)
        files = [
            file for folder in folders if (file := next((f"{folder}{name}" for name in NAMES if f"{folder}{name}" in known), ""))
        ]
        for number, file in enumerate(files[:2]):
            text = scene.text(file) or ""
            end = _fitting(scene, text)
            if end:
                yield Snippet(file, Span(0, end), text[:end], "the rules of the house", MUST + 3 - number)


def _fitting(scene: Scene, text: str) -> int:
    """The end of the last paragraph that fits."""
    room = _SHARE * scene.budget_tokens
    end = len(text)
    while end > 0 and scene.count(text[:end]) > room:
        shorter = min(end - 1, int(end * 0.9))
        end = max(text.rfind("\n\n", 0, shorter) + 1, 0)
    return end


def are_rules(path: str) -> bool:
    """Whether a file is such a one."""
    return path.rpartition("/")[2] in NAMES
