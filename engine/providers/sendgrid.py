"""The `sendgrid` provider: SendGrid's Mail Send API over kept connections."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import aiohttp
import orjson
from aiohttp.abc import AbstractStreamWriter

from engine.clock import EPOCH, Clock, SystemClock
from engine.errors import ProviderError
from engine.providers.base import Answer, Envelope, Outcome
from engine.providers.sendgrid_payload import payload

_LONGEST_WORDS = 500
_WAITS = (timedelta(seconds=1), timedelta(seconds=60), timedelta(hours=1))
_OUTCOMES: dict[int, Outcome] = (
    dict.fromkeys((200, 202), Outcome.ACCEPTED)
    | dict.fromkeys((400, 404, 405, 413), Outcome.REFUSED)
    | dict.fromkeys((401, 403), Outcome.OUR_FAULT)
    | {429: Outcome.SLOW_DOWN}
    | dict.fromkeys((500, 503), Outcome.NOT_SENT)
)
"""What an HTTP status means; any other is unknown (docs/providers.md)."""


class _Body(aiohttp.BytesPayload):
    """The body of a request; `begun` once any of it may have left. Without its body a request is no mail."""

    begun = False

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write it all, as older versions of aiohttp ask."""
        self.begun = True
        await super().write(writer)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Write it, as newer versions ask."""
        self.begun = True
        await super().write_with_length(writer, content_length)


@dataclass(kw_only=True)
class SendGridProvider:
    """Sends one recipient a request; `timeout` is seconds for one request, connecting included."""

    api_key: str = field(repr=False)
    base_url: str = "https://api.sendgrid.com"
    timeout: float = 30.0
    connections: int = 8
    clock: Clock = field(default_factory=SystemClock)
    tls_context: ssl.SSLContext | None = None
    name: str = "sendgrid"
    paced: bool = True
    _session: aiohttp.ClientSession | None = field(default=None, repr=False)

    async def open(self) -> None:
        """Make the session; its connections are made by the first sends and closed by us before SendGrid does."""
        if not self.base_url.startswith(("https://", "http://")):
            raise ProviderError(f"sendgrid_url {self.base_url!r} is no web address; use https://api.sendgrid.com")
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.connections, keepalive_timeout=10, ssl=self.tls_context or True),
            timeout=aiohttp.ClientTimeout(total=self.timeout),
            headers={"Authorization": f"Bearer {self.api_key}", "Content-Type": "application/json"},
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def greet(self) -> Answer:
        """Ask what the key may do: it must be allowed to send."""
        url = f"{self.base_url.rstrip('/')}/v3/scopes"
        session = await self._opened()
        try:
            async with session.get(url, allow_redirects=False) as response:
                if response.status != HTTPStatus.OK:
                    return await self._understand(response)
                return _allowed(await response.json(content_type=None))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return self._lost(error, begun=False)

    async def send(self, envelope: Envelope) -> Answer:
        """Post one mail; once any of it has left, a lost answer is `unknown`, before that `not sent`.

        Raises ProviderError where the mail cannot be written.
        """
        session = await self._opened()
        body = _Body(_json(envelope))
        url = f"{self.base_url.rstrip('/')}/v3/mail/send"
        try:
            async with session.post(url, data=body, allow_redirects=False) as response:
                return await self._understand(response)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return self._lost(error, begun=body.begun)

    async def has(self, send_id: str) -> bool:
        """Ask the Email Activity API for a mail by its custom argument; it may lag behind by minutes.

        Raises ProviderError where the account or the key has no access to it, or it is asked too often.
        """
        session = await self._opened()
        asked = {"query": f"(unique_args['lc_send_id']=\"{send_id}\")", "limit": "1"}
        url = f"{self.base_url.rstrip('/')}/v3/messages"
        try:
            async with session.get(url, params=asked) as response:
                return await _recorded(response)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ProviderError(f"the records of sendgrid cannot be asked: {error or type(error).__name__}") from error

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            await self.open()
        assert self._session is not None
        return self._session

    async def _understand(self, response: aiohttp.ClientResponse) -> Answer:
        outcome = _OUTCOMES.get(response.status, Outcome.UNKNOWN)
        if outcome is Outcome.ACCEPTED:
            return Answer(outcome=outcome, words=str(response.status), message_id=response.headers.get("X-Message-Id"))
        return Answer(
            outcome=outcome,
            words=f"{response.status} {await _words(response)}".strip(),
            message_id=response.headers.get("X-Message-Id"),
            wait=self._wait(response) if outcome is Outcome.SLOW_DOWN else None,
        )

    def _wait(self, response: aiohttp.ClientResponse) -> timedelta:
        least, usual, most = _WAITS
        reset = response.headers.get("X-RateLimit-Reset", "")
        if not (reset.isascii() and reset.isdigit() and len(reset) < 12):  # noqa: PLR2004 (seconds of this millennium)
            return usual
        return min(max(EPOCH + timedelta(seconds=int(reset)) - self.clock.now(), least), most)

    def _lost(self, error: BaseException, *, begun: bool) -> Answer:
        words = str(error) or type(error).__name__
        if begun:
            return Answer(outcome=Outcome.UNKNOWN, words=f"connection lost: {words}")
        words = f"{self.base_url} cannot be reached ({words}); see sendgrid_url"
        return Answer(outcome=Outcome.NOT_SENT, words=words, unreachable=True)


def _json(envelope: Envelope) -> bytes:
    try:
        return orjson.dumps(payload(envelope))
    except orjson.JSONEncodeError as error:
        raise ProviderError(f"the mail cannot be written ({error}); it was not sent") from None


def _allowed(told: object) -> Answer:
    """Return what it means what a key may do."""
    scopes = told.get("scopes") if isinstance(told, dict) else None
    if isinstance(scopes, list) and "mail.send" in scopes:
        return Answer(outcome=Outcome.ACCEPTED, words="SendGrid takes the key, and the key may send")
    return Answer(outcome=Outcome.OUR_FAULT, words="the key may not send: it lacks the scope mail.send")


async def _recorded(response: aiohttp.ClientResponse) -> bool:
    if response.status != HTTPStatus.OK:
        words = f"{response.status} {await _words(response)}".strip()
        raise ProviderError(f"the records of sendgrid cannot be asked: {words}")
    answer: Any = await response.json()
    if not isinstance(answer, dict) or not isinstance(answer.get("messages"), list):
        raise ProviderError("the records of sendgrid cannot be asked: the answer holds no messages")
    return bool(answer["messages"])


async def _words(response: aiohttp.ClientResponse) -> str:
    try:
        text = (await response.content.read(65536)).decode("utf-8", "replace")
    except (aiohttp.ClientError, TimeoutError, OSError):
        return ""
    try:
        errors: Any = json.loads(text)["errors"]
        text = "; ".join(str(error["message"]) for error in errors)
    except (ValueError, LookupError, TypeError):
        pass
    return text[:_LONGEST_WORDS]
