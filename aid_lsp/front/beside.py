"""Starts the server of `--with` and puts the mux between it, AID and the editor."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from aid_lsp.front.child import CannotStart, start_child
from aid_lsp.front.link import Items
from aid_lsp.front.mux import Mux
from aid_lsp.front.wire import Message

if TYPE_CHECKING:
    from aid_lsp.front.front import Front


def stand_beside(front: "Front", command: Sequence[str]) -> None:
    """Runs a command as the first server; where it cannot be started AID works alone and says so."""
    name = PurePath(command[0]).stem
    try:
        link = start_child(command)
    except CannotStart as failure:
        front.replay.warning = f"{failure} AID works without it."
        front.gate.stand_before(front.replay)
        return
    mux = Mux(front.gate.send, lambda told: link.send(told.frame), front.later, front.replay, name)
    front.hears = mux.aid_says
    front.links.append(link)
    front.gate.stand_before(mux)

    def hear(items: Items) -> None:
        def listen() -> None:
            for item in items:
                if isinstance(item, Message):
                    mux.first_says(item)

        front.post(listen)

    def ended() -> None:
        mux.first_gone()
        front.replay.end()
        front.leave(0 if front.gate.state == "down" else 1)

    link.open(hear, lambda: front.post(ended))
