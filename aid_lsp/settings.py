"""All settings, and the only place that reads the environment.

    defaults < .aid.toml in the workspace < user file < editor < environment < command line

The project's file comes with the repository, so it can never set keys, and sets addresses and commands only in a workspace that
the user trusts (`[trust] workspaces` in the user file).
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal, cast, get_args, get_origin

import platformdirs

PROJECT_FILE = ".aid.toml"

Tier = Literal["apply", "parse", "type", "build", "test"]
Shown = Literal["all", "closed-files", "off"]
Sandboxing = Literal["auto", "off"]
Order = Literal["likeliest-first", "likeliest-last"]


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model to ask, and how."""

    name: str = ""
    """`PROVIDER:MODEL` as pydantic-ai names them (`openai:gpt-5`, `anthropic:claude-sonnet-5-5`), or with `url` just the model's
    name on that server. Empty or `none`: no model."""
    url: str = ""
    """The address of an OpenAI-compatible server (Ollama, vLLM, llama.cpp, …), up to and with `/v1`."""
    api_key: str = field(default="", repr=False)
    """The key for it; without one, the provider's own variable (`OPENAI_API_KEY`, `ANTHROPIC_API_KEY`, …) is used."""
    timeout_s: float = 120.0
    """Seconds to wait for the first and between two pieces of an answer."""
    max_output_tokens: int = 8192
    """The longest answer to ask for."""
    context_tokens: int = 16000
    """How much of the workspace the model is shown, in tokens."""
    format: str = "auto"
    """The answer format: `search_replace`, `whole_file`, `unified_diff`, …; `auto` picks one that suits the model."""
    temperature: float | None = None
    """The sampling temperature; unset leaves it to the server."""
    max_repairs: int = 2
    """How many times a red or unreadable answer goes back to the model."""

    @property
    def configured(self) -> bool:
        """Whether there is a model to ask."""
        return self.name not in ("", "none")


@dataclass(frozen=True, slots=True)
class ContextSettings:
    """How what the model is shown is found, counted and ordered."""

    order: Order = "likeliest-first"
    """Whether the files that matter most come first, which keeps the beginning of prompts the same, or last, as some models like it."""
    tokenizer: str = ""
    """The model's own vocabulary, a `tokenizer.json` or a `.tiktoken` file; empty: tokens are estimated."""
    libraries: str = ""
    """Folders in which OCaml libraries are installed, separated by `:`, where `ocamlfind` and `ocamlc -where` name none that AID can
    see (a dune in a container)."""
    embeddings: str = ""
    """The name of an embedding model that helps to find definitions; empty: none does."""
    embeddings_url: str = ""
    """The OpenAI-compatible server that has it, up to and with `/v1`."""
    embeddings_key: str = field(default="", repr=False)
    """The key for that server."""
    embeddings_timeout_s: float = 1.0
    """Seconds that a request waits for it; what it has not said by then is left out."""


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """How proposals are judged before they are shown."""

    tier: Tier = "test"
    """How far a proposal has to get: apply, parse, type, build or test."""
    timeout_s: float = 120.0
    """Seconds that one build or test run may take before the verdict is `unknown`."""
    dune: str = ""
    """The dune to run; empty takes the one on PATH."""
    build: str = ""
    """For projects that dune does not build: a shell command that builds and prints errors as OCaml's compilers do (`make`)."""
    test: str = ""
    """Beside `build`: a shell command that runs the tests (`make test`)."""
    lanes: int = 1
    """How many proposals may be judged at the same time; each lane is a copy of the workspace with its own build."""
    memory_mb: int = 4096
    """Megabytes of memory that the lanes may take together; a build that takes more is ended."""
    idle_s: float = 900.0
    """Seconds after which a lane that nobody uses gives its dune back."""
    sandbox: Sandboxing = "auto"
    """Whether builds of proposals run sandboxed: `auto` where bubblewrap works, or `off`."""


@dataclass(frozen=True, slots=True)
class EditorSettings:
    """What AID shows in editors."""

    hints: bool = True
    """Whether instruction comments are marked with a hint in editors that have no code lenses."""
    diagnostics: Shown = "all"
    """Which files the build's errors and warnings are shown in; `closed-files` beside another OCaml server."""
    follow: Tier = "type"
    """How far the saved tree is built for that, where no `dune build --watch` of yours runs: type, build or test."""


@dataclass(frozen=True, slots=True)
class TrustSettings:
    """What the user allows repositories to do. Read from the user file only."""

    workspaces: tuple[str, ...] = ()
    """Folders whose `.aid.toml` may set addresses and commands."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set."""

    model: ModelSettings = ModelSettings()
    context: ContextSettings = ContextSettings()
    judge: JudgeSettings = JudgeSettings()
    editor: EditorSettings = EditorSettings()
    trust: TrustSettings = TrustSettings()
    warnings: tuple[str, ...] = ()
    """What was not understood or not allowed, one sentence each."""


_SECTIONS = {
    "model": ModelSettings,
    "context": ContextSettings,
    "judge": JudgeSettings,
    "editor": EditorSettings,
    "trust": TrustSettings,
}
_NEVER_FROM_PROJECT = {("model", "api_key"), ("context", "embeddings_key"), ("trust", "workspaces")}
_ONLY_IF_TRUSTED = {
    ("model", "url"),
    *(("context", key) for key in ("libraries", "tokenizer", "embeddings", "embeddings_url")),
    *(("judge", key) for key in ("dune", "build", "test", "sandbox", "lanes", "memory_mb")),
}
_SHORT_VARIABLES = {"AID_MODEL": ("model", "name"), "AID_API_KEY": ("model", "api_key"), "AID_TIER": ("judge", "tier")}


def user_file() -> Path:
    """The user's own settings file; `$AID_CONFIG` names another."""
    return Path(os.environ.get("AID_CONFIG") or platformdirs.user_config_path("aid") / "config.toml")  # noqa: TID251


def state_folder() -> Path:
    """Where AID keeps its journal, proposals and pages; `$AID_STATE` names another."""
    return Path(os.environ.get("AID_STATE") or platformdirs.user_state_path("aid"))  # noqa: TID251


def cache_folder() -> Path:
    """Where AID keeps its lanes; `$AID_CACHE` names another. Deleting it costs time, nothing else."""
    return Path(os.environ.get("AID_CACHE") or platformdirs.user_cache_path("aid"))  # noqa: TID251


def load(root: Path, *, editor: object = None, command_line: Mapping[str, Mapping[str, object]] | None = None) -> Settings:
    """Reads the settings for a workspace. What is not understood becomes a warning, never an error.

    `editor` is what the client sent: the sections, perhaps below `aid`.
    """
    return resolve(
        root,
        project=read_toml(root / PROJECT_FILE),
        user=read_toml(user_file()),
        editor=editor,
        environment=os.environ,  # noqa: TID251
        command_line=command_line or {},
    )


@dataclass(frozen=True, slots=True)
class Source:
    """One place that settings come from, as it was read."""

    name: str
    values: Mapping[str, object]
    problem: str = ""


def read_toml(path: Path) -> Source:
    """Reads one file; a missing one is empty, a broken one empty with its problem."""
    try:
        return Source(str(path), tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return Source(str(path), {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return Source(str(path), {}, f"{path} is not read: {error}.")


def resolve(
    root: Path,
    *,
    project: Source,
    user: Source,
    editor: object,
    environment: Mapping[str, str],
    command_line: Mapping[str, Mapping[str, object]],
) -> Settings:
    """Lays the sources over each other; pure, so that one table can test it."""
    warnings = [source.problem for source in (project, user) if source.problem]
    settings = _lay(Settings(), user, warnings)
    trusted = any(root == Path(folder).expanduser() for folder in settings.trust.workspaces)
    settings = _lay(Settings(), _allowed(project, trusted, warnings), warnings)
    for source in (user, Source("the editor's settings", _editor_values(editor)), _from_environment(environment)):
        settings = _lay(settings, source, warnings)
    settings = _lay(settings, Source("the command line", command_line), warnings)
    return replace(settings, warnings=tuple(dict.fromkeys(warnings)))


def _allowed(project: Source, trusted: bool, warnings: list[str]) -> Source:
    """Takes out of the project's file what a repository may not decide."""
    kept: dict[str, object] = {}
    for section, values in project.values.items():
        table = _table(values)
        if table is None:
            kept[section] = values
            continue
        inner: dict[str, object] = {}
        for key, value in table.items():
            if (section, key) in _NEVER_FROM_PROJECT:
                warnings.append(f"{project.name} may not set `{section}.{key}`; set it in {user_file()}.")
            elif (section, key) in _ONLY_IF_TRUSTED and not trusted:
                warnings.append(
                    f"{project.name} sets `{section}.{key}`, which is ignored until you trust this workspace: "
                    f"add its folder to `workspaces` under `[trust]` in {user_file()}."
                )
            else:
                inner[key] = value
        kept[section] = inner
    return Source(project.name, kept)


def _editor_values(editor: object) -> Mapping[str, object]:
    table = _table(editor) or {}
    table = _table(table.get("aid")) or table
    if "diagnostics" in table:  # `aid.diagnostics`, as editors like to name it
        rest = {key: value for key, value in table.items() if key != "diagnostics"}
        return {**rest, "editor": {"diagnostics": table["diagnostics"], **(_table(table.get("editor")) or {})}}
    return table


def _from_environment(environment: Mapping[str, str]) -> Source:
    """`AID_MODEL_URL` is `model.url`, and so on; empty variables count as unset."""
    values: dict[str, dict[str, object]] = {}
    for section, cls in _SECTIONS.items():
        for entry in fields(cls):
            text = environment.get(f"AID_{section}_{entry.name}".upper())
            if text and section != "trust":
                values.setdefault(section, {})[entry.name] = text
    for variable, (section, key) in _SHORT_VARIABLES.items():
        if text := environment.get(variable):
            values.setdefault(section, {})[key] = text
    return Source("the environment", values)


def _lay(settings: Settings, source: Source, warnings: list[str]) -> Settings:
    for section, values in source.values.items():
        cls = _SECTIONS.get(section)
        table = _table(values)
        if cls is None or table is None:
            warnings.append(f"{source.name}: `{section}` is not a section{_nearest(section, _SECTIONS)}")
            continue
        current = getattr(settings, section)
        known = {entry.name: entry for entry in fields(cls)}
        for key, value in table.items():
            if key not in known:
                warnings.append(f"{source.name}: `{section}.{key}` is not a setting{_nearest(key, known)}")
                continue
            try:
                current = replace(current, **{key: _convert(known[key].type, value)})
            except ValueError as error:
                said = "is not text" if key in ("api_key", "embeddings_key") else str(error)
                warnings.append(f"{source.name}: `{section}.{key}` {said}")
        settings = replace(settings, **{section: current})
    return settings


def _convert(wanted: object, value: object) -> object:
    """Turns a TOML, JSON or environment value into the type of a field; raises ValueError with the rest of the sentence."""
    if get_origin(wanted) is Literal:
        words = get_args(wanted)
        if value in words:
            return value
        raise ValueError(f"is {value!r}; use {', '.join(words[:-1])} or {words[-1]}")
    if wanted is str and isinstance(value, str):
        return value
    if wanted is bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "1", "yes", "false", "0", "no"):
            return value.lower() in ("true", "1", "yes")
    if wanted == tuple[str, ...] and isinstance(value, list):
        items = cast("list[object]", value)
        if all(isinstance(item, str) for item in items):
            return tuple(items)
    if wanted in (int, float, float | None) and isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            number = int(value) if wanted is int else float(value)
        except (ValueError, OverflowError):
            number = -1
        if 0 <= number < float("inf"):
            return number
    names: dict[object, str] = {str: "text", bool: "true or false", int: "a whole number", tuple[str, ...]: "a list of texts"}
    raise ValueError(f"is {value!r}; {names.get(wanted, 'a number')} was expected")


def _table(value: object) -> dict[str, object] | None:
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def colour_unwanted() -> bool:
    """Whether the user wants no colours on terminals (https://no-color.org)."""
    return bool(os.environ.get("NO_COLOR"))  # noqa: TID251
