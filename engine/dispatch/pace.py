"""How many requests may start now: free connections, and tokens of the rate."""

from __future__ import annotations

import asyncio
import math
from datetime import timedelta

from aiolimiter import AsyncLimiter

from engine.clock import monotonic

LONGEST_PAGE = 200
"""How many messages are prepared at a time at most: few enough that no answer waits long to be settled."""
_AHEAD = 2.0
"""For how many seconds messages are prepared ahead: what is more urgent waits behind them."""


class Pace:
    """Counts connections in use and, for a paced provider, sends a second; `room` waits until one may start.

    `page` is how many messages are prepared at a time.
    """

    def __init__(self, *, connections: int, rate: float | None) -> None:
        self.connections = self._free = connections
        self._freed = asyncio.Event()
        self._quiet_until = 0.0
        self.page = LONGEST_PAGE if rate is None else min(max(math.ceil(rate * _AHEAD), connections), LONGEST_PAGE)
        self._limiter = None if rate is None else AsyncLimiter(max(1.0, rate), max(1.0, 1.0 / rate))

    @property
    def free(self) -> int:
        """How many connections carry no request and are not taken for one."""
        return self._free

    async def room(self) -> int:
        """Wait until a request may start; return how many may, taken until `give_back`."""
        while not self._free:
            self._freed.clear()
            await self._freed.wait()
        taken, self._free = self._free, 0
        tokens = 0
        try:
            tokens = await self._tokens(taken)
        finally:
            self.give_back(taken - tokens)
        return tokens

    def be_quiet(self, wait: timedelta) -> None:
        """Start nothing for a while, because the provider asked for it."""
        self._quiet_until = max(self._quiet_until, monotonic() + wait.total_seconds())

    def quiet_words(self, provider: str) -> str | None:
        """Return why nothing starts now, or None."""
        left = self._quiet_until - monotonic()
        return f"{provider} asked for less; going on in {math.ceil(left)} seconds" if left > 0 else None

    def give_back(self, count: int) -> None:
        """Return connections that were taken: not used, or of requests that have ended."""
        self._free += count
        self._freed.set()

    async def _tokens(self, wanted: int) -> int:
        if self._limiter is None:
            return wanted
        await self._limiter.acquire()
        most = min(wanted - 1, math.floor(self._limiter.max_rate) - 1)
        more = next((count for count in range(most, 0, -1) if self._limiter.has_capacity(count)), 0)
        if more:
            await self._limiter.acquire(more)
        return more + 1
