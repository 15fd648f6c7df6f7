from collections.abc import Mapping
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from aid_lsp.settings import Settings, Source, resolve

ROOT = Path("/home/ada/shop")


def settings(
    project: Mapping[str, object] | None = None,
    user: Mapping[str, object] | None = None,
    editor: object = None,
    environment: Mapping[str, str] | None = None,
    command_line: Mapping[str, Mapping[str, object]] | None = None,
) -> Settings:
    return resolve(
        ROOT,
        project=Source(".aid.toml", project or {}),
        user=Source("config.toml", user or {}),
        editor=editor,
        environment=environment or {},
        command_line=command_line or {},
    )


PROJECT = {"model": {"name": "from-project"}}
USER = {"model": {"name": "from-user"}}
EDITOR = {"aid": {"model": {"name": "from-editor"}}}
ENVIRONMENT = {"AID_MODEL": "from-environment"}
COMMAND_LINE = {"model": {"name": "from-command-line"}}


@pytest.mark.parametrize(
    ("expected", "sources"),
    [
        ("", {}),
        ("from-project", {"project": PROJECT}),
        ("from-user", {"project": PROJECT, "user": USER}),
        ("from-editor", {"project": PROJECT, "user": USER, "editor": EDITOR}),
        ("from-editor", {"editor": EDITOR["aid"]}),
        ("from-environment", {"project": PROJECT, "user": USER, "editor": EDITOR, "environment": ENVIRONMENT}),
        ("from-environment", {"environment": {"AID_MODEL_NAME": "from-environment"}}),
        ("from-command-line", {"environment": ENVIRONMENT, "command_line": COMMAND_LINE}),
    ],
)
def test_the_later_source_wins(expected: str, sources: dict[str, Mapping[str, object]]) -> None:
    resolved = settings(**sources)  # pyright: ignore[reportArgumentType]  a table of keyword arguments
    assert (resolved.model.name, resolved.warnings) == (expected, ())


def test_a_repository_sets_no_address_no_command_and_no_key_without_consent() -> None:
    project = {"model": {"url": "http://evil", "api_key": "k", "name": "m"}, "judge": {"dune": "./evil.sh", "tier": "type"}}
    project["judge"]["sandbox"] = "off"
    resolved = settings(project | {"trust": {"workspaces": [str(ROOT)]}})
    assert (resolved.model.url, resolved.model.api_key, resolved.judge.dune) == ("", "", "")
    assert (resolved.model.name, resolved.judge.tier, resolved.judge.sandbox) == ("m", "type", "auto")
    assert len(resolved.warnings) == 5
    trusting = settings(project, user={"trust": {"workspaces": [str(ROOT)]}})
    assert (trusting.model.url, trusting.model.api_key, trusting.judge.dune) == ("http://evil", "", "./evil.sh")
    assert trusting.judge.sandbox == "off"


def test_what_is_not_understood_is_said_with_the_nearest_known_word() -> None:
    resolved = settings(
        user={
            "modle": {},
            "model": {"nmae": "x", "timeout_s": "soon", "max_repairs": True},
            "judge": {"tier": "all", "timeout_s": 3},
        },
        environment={"AID_MODEL_TIMEOUT_S": "inf", "AID_MODEL_TEMPERATURE": "0.2"},
    )
    assert resolved.warnings == snapshot(
        (
            "config.toml: `modle` is not a section; did you mean `model`?",
            "config.toml: `model.nmae` is not a setting; did you mean `name`?",
            "config.toml: `model.timeout_s` is 'soon'; a number was expected",
            "config.toml: `model.max_repairs` is True; a whole number was expected",
            "config.toml: `judge.tier` is 'all'; use apply, parse, type, build or test",
            "the environment: `model.timeout_s` is 'inf'; a number was expected",
        )
    )
    assert (resolved.judge.timeout_s, resolved.model.timeout_s, resolved.model.temperature) == (3.0, 120.0, 0.2)


def test_a_key_never_shows() -> None:
    assert "hunter2" not in repr(settings(user={"model": {"api_key": "hunter2"}}))
