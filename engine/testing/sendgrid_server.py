"""A local SendGrid: it validates every request against the published OpenAPI document, and answers as it is told."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from engine.testing.background import Background

PATH = "/v3/mail/send"
ACCEPTED = 202


@dataclass(frozen=True, kw_only=True)
class Reply:
    """How to answer one request: a status, or `reset`, `hang`, `garbage`, `cut` (the connection ends in the answer)."""

    status: int = ACCEPTED
    does: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


@dataclass(kw_only=True)
class SendGridServer:
    """The server; `replies` are used up in order, `accepted` holds bodies, `faults` what the document forbids."""

    api_key: str = "SG.test"
    document: Path | None = None
    replies: deque[Reply] = field(default_factory=deque)
    accepted: list[dict[str, Any]] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    connections: set[int] = field(default_factory=set)
    url: str = ""
    _background: Background = field(default_factory=Background)
    _runner: web.AppRunner | None = None

    def __enter__(self) -> Self:
        """Start to listen on a free port of this machine."""
        self._validator = _validator(self.document) if self.document else None
        self._background.run(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._background.run(self._close())
        self._background.stop()

    async def _listen(self) -> None:
        application = web.Application()
        application.router.add_post(PATH, self._mail)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _close(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def _mail(self, request: web.Request) -> web.StreamResponse:
        self.connections.add(id(request.transport))
        if request.headers.get("Authorization") != f"Bearer {self.api_key}":
            return _errors(401, "The provided authorization grant is invalid, expired, or revoked")
        body = await request.json()
        self.seen.append(body)
        self.faults += self._against_document(body)
        reply = self.replies.popleft() if self.replies else Reply()
        if reply.does:
            return await _misbehave(request, reply.does)
        if reply.status == ACCEPTED and not self.faults:
            self.accepted.append(body)
        if reply.status == ACCEPTED:
            return web.Response(status=ACCEPTED, headers={"X-Message-Id": f"sg-{len(self.seen)}", **reply.headers})
        return _errors(reply.status, reply.text or f"answer {reply.status}", reply.headers)

    def _against_document(self, body: dict[str, Any]) -> list[str]:
        errors = self._validator.iter_errors(body) if self._validator else ()
        return [f"{error.json_path}: {error.message}" for error in errors]


def _errors(status: int, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    body = json.dumps({"errors": [{"message": message, "field": None, "help": None}]})
    return web.Response(status=status, text=body, content_type="application/json", headers=headers)


async def _misbehave(request: web.Request, does: str) -> web.StreamResponse:
    assert request.transport is not None
    if does == "hang":
        await asyncio.Event().wait()
    if does == "garbage":
        request.transport.write(b"this is no HTTP\r\n\r\n")
    if does == "cut":
        request.transport.write(b"HTTP/1.1 2")
    request.transport.close()
    return web.Response()


def _validator(document: Path) -> Any:  # noqa: ANN401 (the library has no types)
    from openapi_schema_validator import OAS31Validator

    spec = json.loads(document.read_text())
    content = spec["components"]["requestBodies"]["PostMailSend"]["content"]["application/json"]
    return OAS31Validator(
        {**content["schema"], "components": spec["components"]}, format_checker=OAS31Validator.FORMAT_CHECKER
    )
