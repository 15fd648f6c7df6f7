"""What a tool cannot know and a reviewer would say every time."""

import ast
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "aid_lsp"
ROOMS = sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))
MODULES = sorted(path for path in PACKAGE.glob("*.py") if not path.name.startswith("__"))

# Written in two halves, so that this file does not hold what it looks for.
SPLITS_LIKE_STR = ".split" + "lines("
HOSTS = [
    r"\bpy" + r"pi\.org",
    r"pythonho" + r"sted\.org",
    r"npm" + r"js\.(org|com)",
    r"deb\.deb" + r"ian\.org",
    r"snapshot\.deb" + r"ian\.org",
]
PLACES = [r"/work/(main" + r"|shared)", r"/root" + r"/\."]


@cache
def tracked() -> tuple[Path, ...]:
    """The files of the project: as git knows them, or, outside of a clone, those that are not generated."""
    if shutil.which("git"):
        command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)  # noqa: TID251
        if listed.returncode == 0:
            return tuple(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())
    generated = {".venv", ".git", "_build", "__pycache__", ".hypothesis", ".ruff_cache", ".pytest_cache", ".import_linter_cache"}
    return tuple(path for path in ROOT.rglob("*") if path.is_file() and not generated & set(path.relative_to(ROOT).parts))


def texts(*suffixes: str) -> Iterator[tuple[str, str]]:
    """Name and text of each tracked file with one of the suffixes, or of every one that is text."""
    for path in tracked():
        if not suffixes or path.suffix in suffixes:
            data = path.read_bytes()
            if b"\0" not in data:
                yield str(path.relative_to(ROOT)), data.decode("utf-8", "replace")


def mentions(patterns: list[str], *suffixes: str) -> list[str]:
    """`file:line: text` of every line on which one of the patterns occurs."""
    pattern = re.compile("|".join(patterns))
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts(*suffixes)
        if pattern.search(text)
        for number, line in enumerate(text.split("\n"), 1)
        if pattern.search(line)
    ]


def test_lines_are_split_where_lsp_splits_them() -> None:
    # str's own method also splits at form feeds and U+2028: edits/lines.py has the one that corrupts nothing.
    assert mentions([re.escape(SPLITS_LIKE_STR)], ".py") == []


def test_nothing_names_a_package_registry() -> None:
    assert mentions(HOSTS) == []


def test_nothing_names_a_place_on_somebodys_machine() -> None:
    assert mentions(PLACES) == []


def test_what_is_to_do_has_an_issue() -> None:
    assert mentions([r"(#|\(\*|--|;|//)\s*(TODO|FIXME|XXX)\b(?!\(#\d+\):)"], ".py", ".sh", ".lua", ".el", ".ml", ".mli") == []


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_says_in_one_sentence_what_it_is(room: Path) -> None:
    tree = ast.parse((room / "__init__.py").read_text("utf-8"))
    sentence = ast.get_docstring(tree) or ""
    assert len(tree.body) == 1, "nothing but the sentence: rooms re-export nothing"
    assert re.fullmatch(r"[A-Z][^\n]+[^.]\.", sentence)


@pytest.mark.parametrize("path", [*ROOMS, *MODULES], ids=lambda path: path.name)
def test_the_map_shows_every_room(path: Path) -> None:
    name = f"{path.name}/" if path.is_dir() else path.name
    assert f"`{name}`" in (ROOT / "ARCHITECTURE.md").read_text("utf-8")


def locked(name: str) -> dict[str, str]:
    """Package and pinned version of each line of a requirements file."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    return {canonicalize_name(package): version for package, version in re.findall(r"(?m)^([\w.-]+)==([^\s;\\]+)", lines)}


@pytest.mark.parametrize(("name", "groups"), [("run", ["build"]), ("dev", ["build", "dev"])])
def test_the_pinned_requirements_are_those_of_the_project(name: str, groups: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *(line for group in groups for line in project["dependency-groups"][group])]
    pinned = locked(name)
    unmet = [
        str(requirement)
        for requirement in map(Requirement, wanted)
        if not requirement.specifier.contains(pinned.get(canonicalize_name(requirement.name), "0"), prereleases=True)
    ]
    assert unmet == [], "run ./dev lock"


@pytest.mark.parametrize("name", ["run", "dev"])
def test_every_pin_has_its_hashes(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    pins = re.split(r"(?m)^(?=[\w.-]+==)", text)[1:]
    assert len(pins) == len(locked(name)) > 20
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []
    assert "://" not in text


def test_the_readme_names_commands_that_exist() -> None:
    usage = subprocess.run([ROOT / "dev", "--help"], capture_output=True, text=True, timeout=60)  # noqa: TID251
    commands = set(re.findall(r"(?m)^  (\w+)", usage.stdout))
    named = set(re.findall(r"\./dev (\w+)", (ROOT / "README.md").read_text("utf-8")))
    assert {"demo", "test"} <= named <= commands
