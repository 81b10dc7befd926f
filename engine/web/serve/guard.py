"""Around all rooms: the headers of every answer, a line of the log without a token, and calm when something breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

import structlog
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.clock import monotonic
from engine.errors import LifecycleError

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PATIENCE = 20.0
"""Seconds that the next part of a body may take; all of it is small, and comes by way of a web server of ours."""
_TOO_SLOW = 408
log = structlog.get_logger("lifecycle")


class Guard:
    """Lets every request through to `site`; of its path, the log holds the names of rooms alone."""

    def __init__(self, site: ASGIApp, *, rooms: Collection[str], patience: float = PATIENCE) -> None:
        self._site, self._patience = site, patience
        self._rooms = frozenset(rooms)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._site(scope, receive, send)
            return
        began, statuses = monotonic(), list[int]()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        async def receiving() -> Message:
            try:
                return await asyncio.wait_for(receive(), self._patience)
            except TimeoutError:
                raise HTTPException(_TOO_SLOW) from None

        try:
            await self._site(scope, receiving, sending)
        except Exception as error:  # noqa: BLE001 (it has been answered; the trace may hold what was posted)
            log.error("a request failed", reason=_reason(error))  # noqa: TRY400 (as above)
        seconds = round(monotonic() - began, 3)
        status = statuses[0] if statuses else 0
        log.info("request", method=scope["method"], path=self._shown(scope["path"]), status=status, seconds=seconds)

    def _shown(self, path: str) -> str:
        """Return a path without what may be a token: the room, and that something follows."""
        room, slash, rest = path.removeprefix("/").partition("/")
        return f"/{room if room in self._rooms else '...'}" + (f"{slash}..." if rest else slash)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, LifecycleError) else type(error).__name__
