"""Wraps the selected expression in `Fun.protect`, so that something is done whatever happens.

wrap this in Fun.protect with close_in ic      ──▶      Fun.protect ~finally:(fun () -> close_in ic) (fun () -> read ic)
"""

import re
from dataclasses import dataclass

from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
from aid_lsp.recipes.target import expression_at
from aid_lsp.recipes.words import pattern

ENTRIES = (
    Entry(
        "protect",
        "wrap this in Fun.protect with close_in ic",
        "Wraps the selected expression, so that the cleanup runs whatever happens.",
    ),
)
_SELECTED = r"(?:(?:the\s+)?(?:selection|selected\s+(?:code|expression)|expression|this|it)\s+)?"
_WRAP = pattern(
    rf"(?:(?:wrap|protect|put|surround|guard)\s+{_SELECTED}(?:(?:in|into|by|with)\s+)?(?:a\s+)?Fun\.protect|(?:protect|guard)\s+{_SELECTED}(?=with\b|by\b)(?<=\s))"
    r"(?:,?\s*(?:(?:with|by|and|that|which|doing|calling|running|finally)\s+)*(?:~?finally\s*:?\s*)?(?P<cleanup>.+?)(?:\s+(?:at\s+the\s+end|afterwards|finally|as\s+(?:the\s+)?(?:cleanup|finally)))?)?"
)


_FUN = re.compile(r"^\(\s*fun\s*\(\s*\)\s*->(.*)\)$|^fun\s*\(\s*\)\s*->(.*)$")


def understand(sentence: str) -> "Protect | None":
    """The wish for protection."""
    match = _WRAP.match(sentence)
    if match is None:
        return None
    cleanup = (match["cleanup"] or "").strip()
    return Protect(_FUN.sub(lambda found: found[1] or found[2], cleanup).strip())


@dataclass(frozen=True, slots=True)
class Protect:
    """Wishes that a cleanup runs whatever an expression does."""

    cleanup: str

    def said(self) -> str:
        """What was understood."""
        return f"wrap the selection in Fun.protect{f', and then {self.cleanup}' if self.cleanup else ''}"

    def plan(self, scene: Scene) -> Planned:
        """The call."""
        if not self.cleanup:
            raise Unsure("Say what is to be done in any case: `wrap this in Fun.protect with close_in ic`.")
        path, tree, node = expression_at(scene.sources, scene.place)
        span = tree.span(node)
        text, body = tree.text, span.of(tree.text)
        final = f"fun () -> {self.cleanup}"
        head = text[text.rfind("\n", 0, span.start) + 1 : span.start]
        margin = head[: len(head) - len(head.lstrip())]
        if "\n" in body:
            shifted = body.replace("\n", "\n    ")
            written = f"Fun.protect ~finally:({final})\n{margin}  (fun () ->\n{margin}    {shifted})"
        else:
            written = f"Fun.protect ~finally:({final}) (fun () -> {body})"
        around = node.parent
        if around is not None and around.type in (
            "application_expression",
            "labeled_argument",
            "prefix_expression",
            "field_get_expression",
        ):
            written = f"({written})"
        plan = Planned()
        plan.put(path, span, written)
        plan.said = f"wrap {' '.join(body.split())[:60].strip()} in Fun.protect, and then {self.cleanup}"
        return plan
