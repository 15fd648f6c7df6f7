"""Runs in a process with aider on its path: makes aider's repository map of a folder. One JSON object a line, in and out."""

import contextlib
import io
import json
import re
import sys
import types
from pathlib import Path

sys.path.insert(0, sys.argv[1])


def tokens(text):
    """The same count as everybody else's in this benchmark (aid_lsp.context.snippet.estimate)."""
    return (2 * len(text) + 6) // 7


class Console:
    """Stands for aider's terminal."""

    def read_text(self, path):
        try:
            return Path(path).read_bytes().decode("utf-8", "replace")
        except OSError:
            return None

    def tool_output(self, *_, **__):
        return None

    tool_error = tool_warning = tool_output


def rank_once(made, case):
    """Lets a map rank the tags of a case once for all budgets: ranking does not look at them."""
    kind = type(made)
    ranked = {}

    def get_ranked_tags(chat, others, mentioned, idents, progress=None):
        question = (tuple(chat), tuple(others), frozenset(mentioned), frozenset(idents))
        if question not in ranked:
            ranked[question] = kind.get_ranked_tags(made, chat, others, mentioned, idents, progress)
        return list(ranked[question])

    if getattr(made, "case", None) != case:
        made.case, made.get_ranked_tags = case, get_ranked_tags


def main():
    from aider import repomap

    repomap.Spinner = lambda *_, **__: types.SimpleNamespace(step=lambda *_, **__: None, end=lambda: None)
    repomap.tqdm = lambda it, **_: it
    maps = {}
    for line in sys.stdin:
        job = json.loads(line)
        root = job["root"]
        with contextlib.redirect_stdout(io.StringIO()):
            if root not in maps:
                maps[root] = repomap.RepoMap(
                    root=root, main_model=types.SimpleNamespace(token_count=tokens), io=Console(), refresh="always"
                )
            made = maps[root]
            rank_once(made, job["case"])
            made.max_map_tokens = job["budget"]
            text = made.get_repo_map(
                [str(Path(root) / path) for path in job["chat"]],
                [str(Path(root) / path) for path in job["others"]],
                mentioned_fnames=set(job["mentioned"]),
                mentioned_idents=set(re.split(r"\W+", job["instruction"])),
                force_refresh=True,
            )
        print(json.dumps({"map": text or ""}), flush=True)


main()
