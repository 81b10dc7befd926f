"""Tells of taken mails as SendGrid's Event Webhook does: signed, in batches, out of order, and more than once."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from engine.clock import Clock, SystemClock
from engine.testing.sendgrid.replies import Reply
from engine.testing.sendgrid_events import WebhookKey, an_event

EVERY = 0.2
_TWICE = 0.3
_GIVES_UP = 50
Event = dict[str, Any]


@dataclass(kw_only=True)
class Emitter:
    """Posts events to `url` while it runs; `seed` says which come late and which come twice.

    A batch that is not answered with 2xx is posted again. `accepted` counts the batches that were.
    """

    url: str
    key: WebhookKey = field(default_factory=WebhookKey)
    seed: int = 0
    every: float = EVERY
    clock: Clock = field(default_factory=SystemClock)
    accepted: int = 0
    _waiting: list[Event] = field(default_factory=list)
    _task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        """Make its chance."""
        self._chance = random.Random(self.seed)  # noqa: S311 (to be repeated, not to be secret)

    def heard(self, body: Event, _number: str, reply: Reply) -> None:
        """Take note of a mail that was taken; its events go out with the next batches."""
        kinds = ("dropped",) if reply.drops else ("processed", "delivered")
        for each in body["personalizations"]:
            send_id, address = each.get("custom_args", {}).get("lc_send_id"), each["to"][0]["email"]
            more: dict[str, Any] = {"reason": reply.drops} if reply.drops else {}
            self._waiting += [an_event(kind, send_id, at=self.clock.now(), email=address, **more) for kind in kinds]

    def start(self) -> None:
        """Begin to post, within a loop that runs."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def end(self) -> None:
        """Post what is left, and end."""
        if self._task:
            self._task.cancel()
        async with aiohttp.ClientSession() as session:
            for _ in range(_GIVES_UP):
                if not self._waiting:
                    return
                await self._post(session)

    async def _run(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                await asyncio.sleep(self.every)
                await self._post(session)

    async def _post(self, session: aiohttp.ClientSession) -> None:
        """Post a batch of what waits; some of it is kept, to come again later."""
        batch, self._waiting = self._waiting, []
        if not batch:
            return
        self._chance.shuffle(batch)
        posted = self.key.post(batch, at=self.clock.now())
        again = [event for event in batch if self._chance.random() < _TWICE]
        if await self._taken(session, posted.body, dict(posted.headers)):
            self.accepted += 1
            self._waiting += again
        else:
            self._waiting += batch

    async def _taken(self, session: aiohttp.ClientSession, body: bytes, headers: dict[str, str]) -> bool:
        try:
            async with session.post(self.url, data=body, headers=headers) as response:
                return response.ok
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
