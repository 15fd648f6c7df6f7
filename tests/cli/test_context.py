import json
from pathlib import Path

import pytest

from aid_lsp.cli.main import main

pytestmark = pytest.mark.dune


def test_what_would_be_shown_and_why(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = next(path for path in sorted(warehouse.rglob("*.ml")) if path.with_suffix(".mli").exists())
    place = f"{source.relative_to(warehouse)}:3"
    assert main(["context", "--root", str(warehouse), "--at", place, "--budget", "2000", "--json", "return an option"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert 0 < told["tokens"] <= told["budget"] == 2000
    assert told["tokens"] == sum(snippet["tokens"] for snippet in told["snippets"])
    assert all(snippet["why"] for snippet in told["snippets"])
    first = told["snippets"][0]
    lines = source.read_text().split("\n")[first["lines"][0] - 1 : first["lines"][1]]
    assert first["path"] == place.partition(":")[0]
    assert first["text"].rstrip("\n").split("\n") == lines

    assert main(["context", "--root", str(warehouse), "--at", place, "--text", "return an option"]) == 0
    printed = capsys.readouterr().out
    assert f"{first['path']}:" in printed
    assert "tokens" in printed


def test_one_strategy_alone(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["context", "--root", str(warehouse), "--strategy", "callers", "--json", "x"]) == 1
    assert json.loads(capsys.readouterr().out)["snippets"] == []
    assert main(["context", "--root", str(warehouse), "--strategy", "caller", "x"]) == 3
    assert "there are enclosing" in capsys.readouterr().err
