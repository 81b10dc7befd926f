"""One SMTP session: commands and mails as they come in, each answered or failed as the sink says."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.testing.smtp_sink.faults import Fault, Stage

if TYPE_CHECKING:
    from engine.testing.smtp_sink.server import SmtpSink

OK = "250 OK"
_END = b"\r\n.\r\n"
_MESSAGE_ID = re.compile(rb"^message-id:\s*<([^@>]*)", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(r"<([^>]*)>")
_STAGES: Mapping[str, Stage] = {"EHLO": "ehlo", "MAIL": "mail", "RCPT": "rcpt", "DATA": "data"}


@dataclass(frozen=True, kw_only=True)
class Received:
    """One mail that was taken."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def send_id(self) -> str:
        """What stands before the @ in its Message-ID."""
        found = _MESSAGE_ID.search(self.content)
        return found[1].decode() if found else ""


class Session(asyncio.Protocol):
    """One connection; what it reads is worked off command by command, so that a slow answer holds up what follows."""

    def __init__(self, sink: SmtpSink, *, encrypted: bool) -> None:
        self._sink, self._encrypted = sink, encrypted
        self._read, self._in_body, self._deaf, self._known = b"", False, False, sink.login is None
        self._sender, self._recipients = "", list[str]()
        self._transport: asyncio.Transport | None = None
        self._commands: Mapping[str, Callable[[str], str]] = {
            "EHLO": self._ehlo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "NOOP": self._noop,
            "QUIT": self._quit,
        }

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, unless this is the same session after STARTTLS."""
        assert isinstance(transport, asyncio.Transport)
        first, self._transport = self._transport is None, transport
        self._sink.sessions_open.add(self)
        if first:
            self._answer("connect", lambda: "220 sink.test")

    def connection_lost(self, error: Exception | None) -> None:
        """Be forgotten."""
        del error
        self._sink.sessions_open.discard(self)

    def data_received(self, data: bytes) -> None:
        """Work off what is there."""
        self._read += data
        self._go_on()

    def drop(self) -> None:
        """Lose the connection at once."""
        self._deaf = True
        if self._transport:
            self._transport.abort()

    def _go_on(self) -> None:
        while not self._deaf and (self._take_mail() if self._in_body else self._take_command()):
            pass

    def _take_command(self) -> bool:
        line, end, rest = self._read.partition(b"\r\n")
        if not end:
            return False
        self._read = rest
        verb, _, argument = line.decode("utf-8", "replace").partition(" ")
        verb = verb.upper()
        command = self._commands.get(verb)
        if command is None:
            self._say("502 unknown command")
        else:
            self._answer(_STAGES.get(verb), lambda: command(argument))
        return True

    def _take_mail(self) -> bool:
        fault = self._sink.fault("body") if self._read else None
        if fault:
            self._fail(fault if fault.reply == "hang" else Fault(stage="body", reply="drop"))
            return False
        content, end, rest = (b"\r\n" + self._read).partition(_END)
        if not end:
            return False
        self._read, self._in_body = rest, False
        mail = Received(
            sender=self._sender,
            recipients=tuple(self._recipients),
            content=content[2:].replace(b"\r\n..", b"\r\n.") + b"\r\n",
        )
        self._answer("dot", lambda: self._taken(mail), mail)
        return True

    def _taken(self, mail: Received) -> str:
        self._sink.take(mail)
        return OK

    def _answer(self, stage: Stage | None, usual: Callable[[], str], mail: Received | None = None) -> None:
        """Answer as usual, or with what goes wrong at this stage."""
        fault = self._sink.fault(stage) if stage else None
        if fault is None:
            self._later(self._sink.delay if mail else 0.0, lambda: self._say(usual()))
        elif fault.reply:
            if fault.keeps and mail:
                self._sink.take(mail)
            self._later(fault.after, lambda: self._fail(fault))
        else:
            self._later(fault.after, lambda: self._say(usual()))

    def _later(self, seconds: float, then: Callable[[], None]) -> None:
        if not seconds:
            then()
            return

        def go_on() -> None:
            self._deaf = False
            then()
            self._go_on()

        self._deaf = True
        asyncio.get_running_loop().call_later(seconds, go_on)

    def _fail(self, fault: Fault) -> None:
        if fault.reply == "drop":
            self.drop()
        elif fault.reply == "hang":
            self._deaf = True
        else:
            self._say(fault.reply)

    def _say(self, reply: str) -> None:
        if self._transport and reply:
            self._transport.write(f"{reply}\r\n".encode())

    def _ehlo(self, _argument: str) -> str:
        self._sink.sessions += 1
        offers = ["sink.test", "8BITMIME"]
        offers += ["STARTTLS"] if self._sink.tls == "starttls" and not self._encrypted else []
        offers += ["AUTH PLAIN LOGIN"] if self._sink.login and (self._encrypted or self._sink.tls == "none") else []
        return "\r\n".join([*(f"250-{offer}" for offer in offers), "250 HELP"])

    def _starttls(self, _argument: str) -> str:
        self._deaf = True
        self._say("220 go ahead")
        self._sink.spawn(self._encrypt())
        return ""

    async def _encrypt(self) -> None:
        assert self._transport is not None
        assert self._sink.context is not None
        loop = asyncio.get_running_loop()
        try:
            transport = await loop.start_tls(self._transport, self, self._sink.context, server_side=True)
        except OSError:  # the client does not trust us
            return
        self._transport, self._encrypted, self._deaf = transport, True, False
        self._go_on()

    def _auth(self, argument: str) -> str:
        mechanism, _, given = argument.partition(" ")
        if mechanism.upper() != "PLAIN":
            return "504 unknown mechanism"
        _, user, password = base64.b64decode(given).decode().split("\0")
        self._known = (user, password) == self._sink.login
        return "235 welcome" if self._known else "535 login refused"

    def _mail(self, argument: str) -> str:
        if self._sink.tls == "starttls" and not self._encrypted:
            return "530 STARTTLS first"
        if not self._known:
            return "530 login first"
        self._sender, self._recipients = _address(argument), []
        return OK

    def _rcpt(self, argument: str) -> str:
        self._recipients.append(_address(argument))
        return OK

    def _data(self, _argument: str) -> str:
        if not self._recipients:
            return "503 no recipient"
        self._in_body = True
        return "354 go on"

    def _rset(self, _argument: str) -> str:
        self._sender, self._recipients = "", []
        return OK

    def _noop(self, _argument: str) -> str:
        return OK

    def _quit(self, _argument: str) -> str:
        self._say("221 bye")
        if self._transport:
            self._transport.close()
        return ""


def _address(argument: str) -> str:
    found = _ADDRESS.search(argument)
    return found[1] if found else argument
