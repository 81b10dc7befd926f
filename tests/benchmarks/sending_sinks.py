"""Sinks as processes of their own: a SendGrid over TLS and an SMTP server, raw so that they are not the limit.

Every request is read whole. On a line of input a sink says what it took since the last one: how many mails, how many
different ones, and how many connections were open at most.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import sys
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_SEND_ID = re.compile(rb'"lc_send_id": ?"([^"]+)"')
_MESSAGE_ID = re.compile(rb"(?im)^message-id: *<([^@>]+)")
_ANSWER = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: sg-%d\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Taken:
    """What a sink took."""

    mails: int = 0
    ids: set[bytes] = field(default_factory=set)
    open: int = 0
    most: int = 0

    def keep(self, found: re.Match[bytes] | None) -> None:
        """Count one mail."""
        self.mails += 1
        self.ids.add(found[1] if found else b"%d" % self.mails)

    def told(self) -> str:
        """Say what was taken, and begin anew."""
        said = json.dumps({"mails": self.mails, "different": len(self.ids), "connections": self.most})
        self.mails, self.ids, self.most = 0, set(), self.open
        return said


class _Connection(asyncio.Protocol):
    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._read = bytearray()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._taken.open += 1
        self._taken.most = max(self._taken.most, self._taken.open)

    def connection_lost(self, _error: Exception | None) -> None:
        self._taken.open -= 1


class SendGrid(_Connection):
    """Answers each whole request with 202, after so many seconds."""

    def __init__(self, taken: Taken, delay: float) -> None:
        super().__init__(taken)
        self._delay = delay

    def data_received(self, data: bytes) -> None:
        """Take every request that is whole."""
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) > 0 and (length := _LENGTH.search(self._read, 0, end)):
            whole = end + 4 + int(length[1])
            if len(self._read) < whole:
                return
            self._taken.keep(_SEND_ID.search(self._read, end, whole))
            del self._read[:whole]
            answer = _ANSWER % self._taken.mails
            asyncio.get_running_loop().call_later(self._delay, self._answer, answer)

    def _answer(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


class Smtp(_Connection):
    """Says yes to everything, one mail after another."""

    def __init__(self, taken: Taken) -> None:
        super().__init__(taken)
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        super().connection_made(transport)
        self._transport.write(b"220 sink.test\r\n")

    def data_received(self, data: bytes) -> None:
        """Take commands line by line, and after DATA all up to the final dot."""
        self._read += data
        while (end := self._read.find(b"\r\n.\r\n" if self._in_data else b"\r\n")) >= 0:
            part = bytes(self._read[:end])
            del self._read[: end + (5 if self._in_data else 2)]
            self._transport.write(self._mail(part) if self._in_data else self._command(part))

    def _mail(self, mail: bytes) -> bytes:
        self._in_data = False
        self._taken.keep(_MESSAGE_ID.search(mail))
        return b"250 OK\r\n"

    def _command(self, line: bytes) -> bytes:
        self._in_data = line[:4].upper() == b"DATA"
        return b"354 go on\r\n" if self._in_data else b"250 OK\r\n"


async def serve(kind: str, delay: float, certificate: str) -> None:
    """Print the port, and serve until the input ends."""
    taken, context = Taken(), None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()
    made = (lambda: SendGrid(taken, delay)) if kind == "sendgrid" else (lambda: Smtp(taken))
    server = await loop.create_server(made, "127.0.0.1", 0, ssl=context, backlog=512)
    _say(json.dumps({"port": server.sockets[0].getsockname()[1]}))
    while await loop.run_in_executor(None, sys.stdin.readline):
        _say(taken.told())


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], float(sys.argv[2]), sys.argv[3]))
