"""The server: every request is judged, counted and answered; what was taken is remembered and told to a listener."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from engine.clock import Clock, SystemClock, to_micros
from engine.testing.background import Background
from engine.testing.journal import Journal
from engine.testing.sendgrid import activity
from engine.testing.sendgrid.limits import RateLimit
from engine.testing.sendgrid.replies import ACCEPTED, Reply
from engine.testing.sendgrid.rules import LARGEST, judge
from engine.testing.sendgrid.shapes import Wrong

PATH = "/v3/mail/send"
Body = dict[str, Any]
Listener = Callable[[Body, str, Reply], None]
"""Told of each mail that was taken: its request, SendGrid's id of it, and how it was answered."""


@dataclass(kw_only=True)
class SendGridServer:
    """The server; `replies` are used up in order, then `otherwise` goes on.

    `accepted` holds the bodies that were taken and `seen` all that came with the right key, unless `remembers` is off;
    `faults` is what the rules forbid. `delay` is seconds before every answer. What it takes is noted in `journal`
    and told to `listener` before it is answered. Its Email Activity has the ids in `known` and those of `accepted`.
    """

    api_key: str = "SG.test"
    replies: deque[Reply] = field(default_factory=deque)
    otherwise: Iterator[Reply] = field(default_factory=lambda: repeat(Reply()))
    delay: float = 0.0
    limit: RateLimit | None = None
    tls_context: ssl.SSLContext | None = None
    journal: Journal | None = None
    listener: Listener | None = None
    clock: Clock = field(default_factory=SystemClock)
    remembers: bool = True
    port: int = 0
    known: set[str] = field(default_factory=set)
    accepted: list[Body] = field(default_factory=list)
    seen: list[Body] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    connections: set[int] = field(default_factory=set)
    requests: int = 0
    url: str = ""
    _background: Background = field(default_factory=Background)
    _runner: web.ServerRunner | None = None

    def __enter__(self) -> Self:
        """Start to listen on this machine, by default on a free port."""
        self._background.run(self.listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._background.run(self.close())
        self._background.stop()

    async def listen(self) -> None:
        """Start to listen within a loop that runs."""
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self.tls_context, backlog=1024)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.url = f"{'https' if self.tls_context else 'http'}://127.0.0.1:{self.port}"

    async def close(self) -> None:
        """Stop to listen, and drop what is open."""
        if self._runner:
            await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.connections.add(id(request.transport))
        if self.delay:
            await asyncio.sleep(self.delay)
        if request.path == activity.PATH:
            return self._activity(request)
        return self._turned_away(request) or await self._mail(request)

    def _activity(self, request: web.BaseRequest) -> web.Response:
        if not self._knows(request):
            return _errors(401, "access forbidden")
        asked = activity.asked(request.query.get("query", ""))
        if asked is None:
            return _errors(400, "unexpected query")
        taken = {send_id for body in self.accepted for send_id in _send_ids(body)}
        return web.json_response(activity.answer(asked, self.known | taken))

    def _knows(self, request: web.BaseRequest) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.api_key}"

    def _turned_away(self, request: web.BaseRequest) -> web.Response | None:
        if request.path != PATH:
            return _errors(404, "not found")
        if request.method != "POST":
            return _errors(405, "method not allowed", {"Allow": "POST"})
        if not self._knows(request):
            return _errors(401, "The provided authorization grant is invalid, expired, or revoked")
        if (request.content_length or 0) > LARGEST:
            return _errors(413, "The total size of your email, including attachments, must be less than 30MB")
        return None

    async def _mail(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests += 1
        try:
            body = json.loads(await request.content.read())
        except ValueError:
            return self._refuse((Wrong(field="", message="Bad Request: the body is not JSON"),))
        if self.remembers:
            self.seen.append(body)
        if wrong := judge(body, now=self.clock.now()):
            return self._refuse(wrong)
        reply = self.replies.popleft() if self.replies else next(self.otherwise)
        if self.limit and self.limit.count(self.clock.now()):
            reply = Reply(status=429)
        number = f"sg-{self.requests}"
        if reply.takes:
            self._take(body, number, reply)
        await asyncio.sleep(reply.after)
        return await _misbehave(request, reply.does) if reply.does else self._answer(reply, number)

    def _take(self, body: Body, number: str, reply: Reply) -> None:
        if self.remembers:
            self.accepted.append(body)
        if self.journal:
            for send_id in _send_ids(body):
                self.journal.note("accepted", send_id)
        if self.listener:
            self.listener(body, number, reply)

    def _refuse(self, wrong: Sequence[Wrong]) -> web.Response:
        self.faults += [f"{each.field}: {each.message}" for each in wrong]
        return _response(400, [{"message": each.message, "field": each.field or None, "help": None} for each in wrong])

    def _answer(self, reply: Reply, number: str) -> web.Response:
        headers = {**(self.limit.headers if self.limit else {}), **self._reset(reply), **reply.headers}
        if reply.status == ACCEPTED:
            return web.Response(status=ACCEPTED, headers={"X-Message-Id": number, **headers})
        return _errors(reply.status, reply.text or f"answer {reply.status}", headers)

    def _reset(self, reply: Reply) -> Mapping[str, str]:
        if reply.resets_in is None:
            return {}
        return {"X-RateLimit-Reset": str(to_micros(self.clock.now()) // 1_000_000 + reply.resets_in)}


def _send_ids(body: Body) -> Iterator[str]:
    return (str(each.get("custom_args", {}).get("lc_send_id", "")) for each in body["personalizations"])


def _errors(status: int, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return _response(status, [{"message": message, "field": None, "help": None}], headers)


def _response(status: int, errors: Sequence[object], headers: Mapping[str, str] | None = None) -> web.Response:
    body = json.dumps({"errors": errors})
    return web.Response(status=status, text=body, content_type="application/json", headers=headers)


async def _misbehave(request: web.BaseRequest, does: str) -> web.StreamResponse:
    assert request.transport is not None
    if does == "hang":
        await asyncio.Event().wait()
    if does == "garbage":
        request.transport.write(b"this is no HTTP\r\n\r\n")
    if does == "cut":
        request.transport.write(b"HTTP/1.1 2")
    request.transport.close()
    return web.Response()
