import base64
import json
from pathlib import Path

import pytest

from aid_lsp.context.snippet import estimate
from aid_lsp.context.strategy import gather
from aid_lsp.context.tokenizer import counter
from tests.context.test_gather import asked


def test_a_vocabulary_of_hugging_face(tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.json"
    words = {"[UNK]": 0, "let": 1, "pop": 2, "=": 3}
    model = {"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"}
    file.write_text(json.dumps({"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "Whitespace"}, "model": model}))
    count = counter(str(file))
    assert count("let pop = let") == 4
    assert count("let \udcff") == 2
    found = gather(asked("return an option", "lib/queue.ml:match t.front"), 200, count=count)
    assert found[0].text.startswith("open Base")


def test_a_vocabulary_of_openai(tmp_path: Path) -> None:
    file = tmp_path / "small.tiktoken"
    tokens = [bytes([byte]) for byte in range(256)] + [b"le", b"let", b"po", b"pop"]
    file.write_bytes(b"".join(b"%s %d\n" % (base64.b64encode(token), rank) for rank, token in enumerate(tokens)))
    count = counter(str(file))
    assert count("let") == 1
    assert count("pop\udcffpop") == 3


@pytest.mark.parametrize("name", ["missing.json", "broken.json", "broken.tiktoken"])
def test_without_a_good_file_tokens_are_estimated(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    if name.startswith("broken"):
        (tmp_path / name).write_text("{")
    assert counter(str(tmp_path / name)) is estimate
    assert counter(str(tmp_path / name)) is estimate
    assert caplog.text.count("tokens are estimated") == 1
    assert counter("") is estimate


def test_a_count_of_the_users_holds() -> None:
    def letters(text: str) -> int:
        return len(text)

    found = gather(asked("return an option", "lib/queue.ml:match t.front"), 900, count=letters)
    assert 0 < sum(map(letters, (snippet.text for snippet in found))) <= 900
