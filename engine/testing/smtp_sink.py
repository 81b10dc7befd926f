"""A real SMTP server on this machine that keeps what it gets, and fails as it is told."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session, syntax

from engine.testing.background import Background

Stage = Literal["mail", "rcpt", "data", "dot"]
OK = "250 OK"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """At a stage, answer with a reply, `drop` the connection, or `hang` until the server is stopped."""

    stage: Stage
    reply: str


@dataclass(frozen=True, kw_only=True)
class Received:
    """One accepted mail."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


@dataclass(kw_only=True)
class SmtpSink:
    """The server; `faults` are used up in order, each at the first time its stage is reached."""

    tls: Literal["starttls", "tls", "none"] = "none"
    context: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    faults: deque[Fault] = field(default_factory=deque)
    mails: list[Received] = field(default_factory=list)
    sessions: int = 0
    port: int = 0
    _server: asyncio.AbstractServer | None = None
    _background: Background = field(default_factory=Background)
    _open: set[SMTP] = field(default_factory=set)

    def __enter__(self) -> Self:
        """Start to listen on a free port of this machine."""
        self._background.run(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, dropping every connection."""
        self._background.run(self._drop_all())
        self._background.stop()

    async def _listen(self) -> None:
        context = self.context if self.tls == "tls" else None
        loop = asyncio.get_running_loop()
        self._server = server = await loop.create_server(self._connection, "127.0.0.1", 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]

    async def _drop_all(self) -> None:
        if self._server:
            self._server.close()
        for server in self._open:
            _drop(server)

    def _connection(self) -> SMTP:
        started = self.tls == "starttls"
        server = _Server(
            self,
            hostname="sink.test",
            tls_context=self.context if started else None,
            require_starttls=started,
            authenticator=self.knows if self.login else None,
            auth_required=self.login is not None,
            auth_require_tls=started,
            enable_SMTPUTF8=False,
        )
        self._open.add(server)
        return server

    async def fault(self, server: SMTP, stage: Stage) -> str | None:
        """Do what is to go wrong at a stage; returns the reply, or None where nothing is."""
        if not self.faults or self.faults[0].stage != stage:
            return None
        reply = self.faults.popleft().reply
        if reply == "hang":
            await asyncio.Event().wait()
        if reply == "drop":
            _drop(server)
            return "421 dropped"
        return reply

    def knows(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:  # noqa: ANN401 (aiosmtpd's signature)
        """Say whether a login is the right one."""
        right = isinstance(data, LoginPassword) and self.login is not None
        return AuthResult(success=right and (data.login.decode(), data.password.decode()) == self.login, handled=False)

    async def handle_EHLO(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Count sessions."""
        session.host_name = hostname
        self.sessions += 1
        return responses

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take the sender."""
        if reply := await self.fault(server, "mail"):
            return reply
        envelope.mail_from = address
        return OK

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient."""
        if reply := await self.fault(server, "rcpt"):
            return reply
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        """Take the mail; a fault at the dot comes after it was kept, as with a server whose answer is lost."""
        content = envelope.original_content or b""
        reply = await self.fault(server, "dot")
        if reply is None or reply.startswith(("2", "421 dropped")):
            received = Received(sender=envelope.mail_from or "", recipients=tuple(envelope.rcpt_tos), content=content)
            self.mails.append(received)
        return reply or OK


class _Server(SMTP):
    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 (aiosmtpd's name)
        """Answer DATA itself with a fault, where there is one."""
        reply = await self.event_handler.fault(self, "data")
        if reply:
            await self.push(reply)
            return
        await super().smtp_DATA(arg)


def _drop(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()
