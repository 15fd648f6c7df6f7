"""Keeps what we understand of a client's `initialize`, so that a newer client cannot brick the server.

lsprotocol refuses a whole message for one enum value that it does not know (a symbol kind 99, a new failure handling).
"""

import typing
from collections.abc import Mapping, Sequence
from typing import Any, cast

import attrs
from cattrs import Converter


class _Nothing:
    """Stands for a value of which nothing can be kept."""


_NOTHING = _Nothing()


def prune(value: object, wanted: type, converter: Converter) -> object:
    """The part of a JSON value that decodes as `wanted`, found from the leaves up; an empty object if that is nothing."""
    kept = _prune(value, wanted, converter)
    return {} if isinstance(kept, _Nothing) else kept


def _prune(value: object, wanted: Any, converter: Converter) -> object:
    if _decodes(value, wanted, converter):
        return value
    for candidate in typing.get_args(wanted) or (wanted,):
        kept = _prune_as(value, candidate, converter)
        if not isinstance(kept, _Nothing) and _decodes(kept, wanted, converter):
            return kept
    if isinstance(value, list) and typing.get_args(wanted):
        return _prune_as(cast("list[object]", value), wanted, converter)
    return _NOTHING


def _prune_as(value: object, wanted: Any, converter: Converter) -> object:
    if isinstance(value, Mapping) and attrs.has(wanted):
        attrs.resolve_types(wanted)
        fields: dict[str, Any] = {_camel(field.name): field.type for field in attrs.fields(wanted)}
        kept: dict[str, object] = {}
        for key, inner in cast("Mapping[str, object]", value).items():
            if key in fields:
                part = _prune(inner, fields[key], converter)
                if not isinstance(part, _Nothing):
                    kept[key] = part
        return kept
    if isinstance(value, list) and issubclass(typing.get_origin(wanted) or object, Sequence):
        element = typing.get_args(wanted)[0]
        parts = [_prune(inner, element, converter) for inner in cast("list[object]", value)]
        return [part for part in parts if not isinstance(part, _Nothing)]
    return _NOTHING


def _decodes(value: object, wanted: Any, converter: Converter) -> bool:
    try:
        converter.structure(value, wanted)
    except Exception:  # noqa: BLE001 - cattrs hooks raise whatever they like
        return False
    return True


def _camel(name: str) -> str:
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.title() for word in rest)
