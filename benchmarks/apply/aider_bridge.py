"""Runs in a process with aider on its path: applies answers with aider's own coders. One JSON object a line, in and out.

Only the chat around the coders is replaced: their base class, and a utilities module that wants git.
"""

import contextlib
import io
import json
import sys
import tempfile
import types
from pathlib import Path


class Coder:
    """Stands for aider's chat: files in a folder, an answer, no model."""

    def __init__(self, folder, text):
        self.root = folder
        self.partial_response_content = text
        self.fence = ("```", "```")
        self.shell_commands = []
        self.abs_fnames = [str(path) for path in sorted(Path(folder).rglob("*")) if path.is_file()]
        self.io = types.SimpleNamespace(
            read_text=self.read_text, write_text=self.write_text, tool_error=print, tool_warning=print
        )

    def abs_root_path(self, path):
        return str(Path(self.root) / path)

    def get_rel_fname(self, path):
        return str(Path(path).relative_to(self.root))

    def get_inchat_relative_files(self):
        return [self.get_rel_fname(path) for path in self.abs_fnames]

    def read_text(self, path):
        try:
            return Path(path).read_bytes().decode("utf-8")
        except OSError:
            return None

    def write_text(self, path, text):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(text.encode("utf-8"))


def stub(name, **names):
    module = types.ModuleType(name)
    for key, value in names.items():
        setattr(module, key, value)
    sys.modules[name] = module


def load():
    sys.path.insert(0, sys.argv[1])
    import aider

    package = types.ModuleType("aider.coders")
    package.__path__ = [str(Path(aider.__file__).parent / "coders")]
    sys.modules["aider.coders"] = package
    stub("aider.coders.base_coder", Coder=Coder)
    stub("aider.utils", GitTemporaryDirectory=tempfile.TemporaryDirectory, split_chat_history_markdown=None)
    aider.utils = sys.modules["aider.utils"]
    from aider.coders.editblock_coder import EditBlockCoder
    from aider.coders.udiff_coder import UnifiedDiffCoder

    return {"editblock": EditBlockCoder, "udiff": UnifiedDiffCoder}


def main():
    coders = load()
    for line in sys.stdin:
        job = json.loads(line)
        with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()):
            folder = Path(name)
            for path, text in job["files"].items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(text.encode())
            coder = coders[job["coder"]](str(folder), job["text"])
            refused = False
            try:
                edits = coder.get_edits()
                if not edits:
                    refused = True
                coder.apply_edits(edits)
            except Exception:  # noqa: BLE001 - whatever it raises, it has not accepted the answer
                refused = True
            files = {}
            for path in folder.rglob("*"):
                if path.is_file():
                    files[path.relative_to(folder).as_posix()] = path.read_bytes().decode("utf-8", "replace")
        print(json.dumps({"refused": refused, "files": files}), flush=True)


main()
