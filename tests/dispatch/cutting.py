"""A wire between a program and PostgreSQL that a test can cut, and mend again."""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

import sqlalchemy as sa

PORT = 5432


class Wire:
    """Listens on this machine and passes on what is said to the server of a URL; `url` leads through it."""

    def __init__(self, url: str) -> None:
        self._server = sa.make_url(url)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._whole = threading.Event()
        self._whole.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cut it for good."""
        self.cut()
        self._listening.close()

    @property
    def url(self) -> str:
        """The URL of the same database through this wire."""
        port = self._listening.getsockname()[1]
        through = self._server.set(host="127.0.0.1", port=port, query={"sslmode": "disable"})
        return through.render_as_string(hide_password=False)

    def cut(self) -> None:
        """Lose every connection, and let no new one through."""
        self._whole.clear()
        for pair in self._pairs:
            for each in pair:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def mend(self) -> None:
        """Let connections through again."""
        self._whole.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listening.accept()
                if not self._whole.is_set():
                    here.close()
                    continue
                pair = (here, self._connected())
                self._pairs.append(pair)
                threading.Thread(target=_pass_on, args=pair, daemon=True).start()

    def _connected(self) -> socket.socket:
        folder = self._server.query.get("host")
        if isinstance(folder, str):
            there = socket.socket(socket.AF_UNIX)
            there.connect(f"{folder}/.s.PGSQL.{self._server.port or PORT}")
            return there
        return socket.create_connection((self._server.host or "localhost", self._server.port or PORT))


def _pass_on(here: socket.socket, there: socket.socket) -> None:
    other = {here: there, there: here}
    with selectors.DefaultSelector() as selector, here, there, suppress(OSError):
        for each, its_other in other.items():
            selector.register(each, selectors.EVENT_READ, its_other)
        while True:
            for key, _ in selector.select():
                said = key.fileobj.recv(65536)  # type: ignore[union-attr]
                if not said:
                    return
                key.data.sendall(said)
