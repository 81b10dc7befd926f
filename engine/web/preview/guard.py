"""Who is let in, and the headers of every answer: the page shows customers' data and mails that nobody has read yet.

Only readers of the address with its secret get an answer, under the name of this machine, and nothing can be changed.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = (
    "default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; sandbox; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
"""What a mail may do: show pictures and be styled. It runs nothing, sends nothing and is nobody's origin."""
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
READING = frozenset({"GET"})


class Guard:
    """Lets in who names this machine and knows the token, the first part of the path; the app sees what follows it."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str], token: str) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token, _, rest = scope["path"].removeprefix("/").partition("/")
        refusal = self._refusal(scope, token)
        inside = PlainTextResponse(refusal.phrase, refusal.value) if refusal else self._app
        path = f"/{rest}"
        await inside({**scope, "path": path, "raw_path": path.encode()}, receive, _with_headers(send))

    def _refusal(self, scope: Scope, token: str) -> HTTPStatus | None:
        if Headers(scope=scope).get("host", "") not in self._hosts:
            return HTTPStatus.MISDIRECTED_REQUEST
        if not secrets.compare_digest(token.encode(), self._token):
            return HTTPStatus.NOT_FOUND
        return None if scope["method"] in READING else HTTPStatus.METHOD_NOT_ALLOWED


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
