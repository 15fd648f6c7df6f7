"""Canonical s-expressions, the language of dune's RPC: `(4:ping(1:1))` is the list of `ping` and a list of `1`.

A stream of them has no frames: a value ends where its last parenthesis does. What comes from a socket is not trusted: atoms,
depth and buffered bytes are bounded, and whatever is not a canonical s-expression raises `Garbage`.
"""

from collections.abc import Sequence
from typing import TypeAlias, Union

Sexp: TypeAlias = Union[bytes, list["Sexp"]]  # noqa: UP007 - `|` cannot name itself here
"""An atom or a list."""

Plain: TypeAlias = Union[bytes, str, int, Sequence["Plain"]]  # noqa: UP007
"""What can be written: texts and numbers become atoms."""

MAX_BYTES = 64 * 1024 * 1024
"""No value of a sane dune is longer; a longer one is garbage."""
MAX_DEPTH = 4000
"""Messages nest, but not that deep."""

_LONGEST_LENGTH = 10


class Garbage(ValueError):
    """The bytes are no canonical s-expression, or an unreasonable one."""


class Reader:
    """Takes bytes as they come, gives values as they are complete."""

    __slots__ = ("_buffer", "_stack", "_taken")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._stack: list[list[Sexp]] = [[]]
        self._taken = 0

    def feed(self, data: bytes) -> list[Sexp]:
        """The values that these bytes complete. Raises `Garbage`; the reader is of no use afterwards."""
        self._buffer += data
        at = 0
        buffer = self._buffer
        while at < len(buffer):
            byte = buffer[at]
            if byte == 0x28:
                if len(self._stack) > MAX_DEPTH:
                    raise Garbage("nested too deep")
                self._stack.append([])
                at += 1
            elif byte == 0x29:
                if len(self._stack) < 2:
                    raise Garbage("a closing parenthesis too many")
                value = self._stack.pop()
                self._stack[-1].append(value)
                at += 1
            else:
                colon = buffer.find(b":", at, at + _LONGEST_LENGTH + 1)
                head = bytes(buffer[at : colon if colon >= 0 else at + _LONGEST_LENGTH + 1])
                if not head.isdigit() or (colon < 0 and len(head) > _LONGEST_LENGTH):
                    raise Garbage(f"not the length of an atom: {head!r}")
                if colon < 0:
                    break
                end = colon + 1 + int(head)
                if int(head) > MAX_BYTES:
                    raise Garbage(f"an atom of {int(head)} bytes")
                if len(buffer) < end:
                    break
                self._stack[-1].append(bytes(buffer[colon + 1 : end]))
                at = end
        del buffer[:at]
        self._taken += at
        complete, self._stack[0] = self._stack[0], []
        if len(self._stack) == 1:
            self._taken = 0
        elif self._taken + len(buffer) > MAX_BYTES:
            raise Garbage("a value without an end")
        return complete


def encode(value: Plain) -> bytes:
    """The value as it goes over the wire; `["ping", 1]` becomes `(4:ping1:1)`."""
    out: list[bytes] = []
    pending: list[Plain | None] = [value]  # no recursion: what dune sent us may be as deep as it likes
    while pending:
        part = pending.pop()
        if part is None:
            out.append(b")")
        elif isinstance(part, bytes | str | int):
            atom = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogateescape")
            out.append(b"%d:%s" % (len(atom), atom))
        else:
            out.append(b"(")
            pending.append(None)
            pending.extend(reversed(part))
    return b"".join(out)


def record(value: Sexp) -> dict[str, Sexp]:
    """A record `((field value)...)` as a dict; whatever is not a pair is left out."""
    fields: dict[str, Sexp] = {}
    if isinstance(value, list):
        for pair in value:
            if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], bytes):
                fields[text(pair[0])] = pair[1]
    return fields


def text(value: Sexp | None) -> str:
    """An atom as text; a list, and nothing, is the empty text."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else ""


def number(value: Sexp | None, otherwise: int = 0) -> int:
    """An atom as a number."""
    try:
        return int(text(value))
    except ValueError:
        return otherwise


def items(value: Sexp | None) -> list[Sexp]:
    """The elements of a list; none of an atom."""
    return value if isinstance(value, list) else []
