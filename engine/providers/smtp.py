"""The `smtp` provider: real SMTP over kept connections, encrypted unless settings say otherwise."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPResponseException

from engine.clock import monotonic
from engine.errors import ProviderError
from engine.providers.base import Answer, Envelope, Outcome
from engine.providers.mime import compose
from engine.providers.smtp_replies import OK, START_INPUT, refusal, verdict

_IDLE_SECONDS = 5.0
_CIPHERED = {"tls": "over TLS", "starttls": "over STARTTLS", "none": "in clear"}
_NETWORK = (SMTPException, OSError, TimeoutError, ssl.SSLError)


@dataclass(kw_only=True)
class SmtpProvider:
    """Sends over SMTP; each connection carries one mail at a time and is kept for the next.

    `connect_within` and `timeout` are seconds; `timeout` bounds one whole send, connecting included.
    """

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    timeout: float = 60.0
    tls_context: ssl.SSLContext | None = None
    name: str = "smtp"
    paced: bool = True
    _idle: deque[tuple[SMTP, float]] = field(default_factory=deque, repr=False)

    async def open(self) -> None:
        """Refuse settings that would send a password in clear; connections are made by the first sends."""
        if self.user and self.tls == "none" and self.host not in {"localhost", "127.0.0.1", "::1"}:
            raise ProviderError(
                "smtp_user is set and smtp_tls is none: the password would travel in clear; use starttls"
            )

    async def greet(self) -> Answer:
        """Connect, encrypt and log in, and say goodbye."""
        try:
            async with asyncio.timeout(self.timeout):
                client = await self._connected()
        except TimeoutError as error:
            return Answer(outcome=Outcome.NOT_SENT, words=self._unreachable(error), unreachable=True)
        if isinstance(client, Answer):
            return client
        await _part_from(client)
        login = f"takes the login of {self.user}" if self.user else "answers, without a login"
        return Answer(outcome=Outcome.ACCEPTED, words=f"{self.host}:{self.port} {login}, {_CIPHERED[self.tls]}")

    async def send(self, envelope: Envelope) -> Answer:
        """Hand over one mail; past the final dot a lost answer is `unknown`, before it `not sent`."""
        content = compose(envelope)
        transfer = _Transfer(sender=envelope.sender.address, recipient=envelope.recipient.address, content=content)
        try:
            async with asyncio.timeout(self.timeout):
                return await self._carry(transfer)
        except TimeoutError:
            return transfer.lost(f"no answer within {self.timeout:g} seconds")

    async def close(self) -> None:
        """Say goodbye on every kept connection."""
        while self._idle:
            client, _ = self._idle.popleft()
            await _part_from(client)

    async def _connected(self) -> SMTP | Answer:
        """Return a client that is logged in, or what it means that there is none."""
        try:
            return await self._client()
        except SMTPAuthenticationError as error:
            return Answer(outcome=Outcome.OUR_FAULT, words=f"login refused: {error.code} {error.message}")
        except (*_NETWORK, UnicodeError) as error:  # what is no name of a host fails so
            return Answer(outcome=Outcome.NOT_SENT, words=self._unreachable(error), unreachable=True)

    async def _carry(self, transfer: _Transfer) -> Answer:
        client = await self._connected()
        if isinstance(client, Answer):
            return client
        try:
            answer = await transfer.over(client)
        except BaseException:
            _drop(client)
            raise
        if client.is_connected:
            self._idle.append((client, monotonic()))
        return answer

    async def _client(self) -> SMTP:
        while self._idle:
            client, since = self._idle.pop()
            if client.is_connected and (monotonic() - since < _IDLE_SECONDS or await _alive(client)):
                return client
            _drop(client)
        client = SMTP(
            hostname=self.host,
            port=self.port,
            use_tls=self.tls == "tls",
            start_tls=self.tls == "starttls",
            tls_context=self.tls_context,
            timeout=self.timeout,
        )
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
            if self.user:
                await client.login(self.user, self.password)
        except BaseException:
            _drop(client)
            raise
        return client

    def _unreachable(self, error: BaseException) -> str:
        words = str(error) or type(error).__name__
        return f"{self.host}:{self.port} cannot be reached ({words}); see smtp_host, smtp_port and smtp_tls"


@dataclass(kw_only=True)
class _Transfer:
    """One mail on its way over one connection; `body_begun` parts what is not sent from what nobody knows."""

    sender: str
    recipient: str
    content: bytes
    body_begun: bool = False

    async def over(self, client: SMTP) -> Answer:
        """Speak MAIL, RCPT, DATA and the body; never raises for what the server says or does."""
        try:
            refused = await self._envelope(client)
            return refused or await self._body(client)
        except SMTPResponseException as error:
            _drop(client)
            return self.lost(f"{error.code} {error.message}")
        except _NETWORK as error:
            _drop(client)
            return self.lost(str(error) or type(error).__name__)
        except ValueError as error:
            _drop(client)
            return Answer(outcome=Outcome.REFUSED, words=str(error))

    def lost(self, why: str) -> Answer:
        """Return what a lost connection means at the point this transfer had come to."""
        outcome = Outcome.UNKNOWN if self.body_begun else Outcome.NOT_SENT
        return Answer(outcome=outcome, words=f"connection lost: {why}")

    async def _envelope(self, client: SMTP) -> Answer | None:
        commands = (
            ("MAIL", (b"MAIL", b"FROM:<%b>" % self.sender.encode("ascii")), OK),
            ("RCPT", (b"RCPT", b"TO:<%b>" % self.recipient.encode("ascii")), OK),
            ("DATA", (b"DATA",), START_INPUT),
        )
        for stage, command, good in commands:
            reply = await client.execute_command(*command, timeout=None)  # `send` has a clock for all of it
            if reply.code != good and not (stage == "RCPT" and reply.code == 251):  # noqa: PLR2004 (will forward)
                await _reset(client)
                return refusal(reply.code, reply.message, stage=stage)
        return None

    async def _body(self, client: SMTP) -> Answer:
        protocol = client.protocol
        if protocol is None:
            return self.lost("closed by the server")
        self.body_begun = True
        protocol.write(_stuffed(self.content) + b".\r\n")
        reply = await protocol.read_response(timeout=None)
        return verdict(reply.code, reply.message)


def _stuffed(content: bytes) -> bytes:
    """Return whole lines with one more dot before each that begins with one (RFC 5321, 4.5.2)."""
    first = b"." if content.startswith(b".") else b""
    return first + content.replace(b"\r\n.", b"\r\n..")


def _drop(client: SMTP) -> None:
    """Close a connection at once: there is nothing more to say, and no farewell of TLS is waited for."""
    transport = client.transport
    client.close()
    if transport is not None and hasattr(transport, "abort"):
        transport.abort()


async def _alive(client: SMTP) -> bool:
    try:
        return (await client.noop()).code == OK
    except _NETWORK:
        return False


async def _reset(client: SMTP) -> None:
    try:
        await client.rset()
    except _NETWORK:
        _drop(client)


async def _part_from(client: SMTP) -> None:
    try:
        await client.quit(timeout=2)
    except _NETWORK:
        _drop(client)
