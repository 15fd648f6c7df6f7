"""How the compiler names a declaration for good: `Foo__Shape.6`, `[intf]Foo__Shape.6`, or a whole unit, `Foo__Shape`."""

import re
from typing import NamedTuple

_UID = re.compile(r"(\[intf\])?([^\s.<>:]+)(?:\.(\d+))?")


class Uid(NamedTuple):
    """A declaration's name for good. Executables may share unit names, so the folder of the unit's artefacts belongs to it."""

    unit: str
    """As the linker sees it: `Foo__Shape`."""
    number: int | None
    """None for the unit as a whole."""
    interface: bool = False
    """Whether the `.mli` declares it."""
    home: str = ""
    """The folder of the unit's artefacts (`lib/.foo.objs/byte`); empty for a unit that is not of this workspace."""

    def __str__(self) -> str:
        number = "" if self.number is None else f".{self.number}"
        return f"{'[intf]' if self.interface else ''}{self.unit}{number}"


def read_uid(text: str) -> Uid | None:
    """Reads what the compiler prints; None for `<internal>` and built-in names."""
    match = _UID.fullmatch(text.strip())
    if match is None:
        return None
    interface, unit, number = match.groups()
    return Uid(unit, None if number is None else int(number), interface is not None)
