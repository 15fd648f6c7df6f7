"""Who is at the other end of a socket."""

import contextlib
import socket
import struct
import sys


def peer_user(connection: socket.socket) -> int | None:
    """The user id at the other end; None where the system does not say (the folder is private, too)."""
    with contextlib.suppress(OSError, struct.error):
        if sys.platform == "linux":
            return struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]
        if sys.platform == "darwin":  # struct xucred of LOCAL_PEERCRED: version, user, groups
            return struct.unpack("2I", connection.getsockopt(0, 1, 76)[:8])[1]
    return None
