"""The socket a server listens on."""

from __future__ import annotations

import socket

from engine.errors import UsageError


def listen(host: str, port: int, *, named: str = "--port") -> socket.socket:
    """Return a socket that listens on a port, where 0 is any that is free.

    Raises UsageError where that cannot be; `named` is what the port is named with.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()
    except OSError as error:
        listening.close()
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"port {port} cannot be used ({reason}); name another with {named}") from None
    return listening
