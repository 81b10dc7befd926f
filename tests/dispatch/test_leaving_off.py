"""A run that ends while mails are prepared: what is under way is waited for and settled, whatever becomes of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa
from dispatch.dispatched import fill
from sending import a_clock, a_runtime, statuses

from engine.dispatch import Dispatcher
from engine.providers import Answer, Envelope
from engine.providers.memory import MemoryProvider
from engine.rendering import Content, Library


@dataclass(frozen=True, kw_only=True)
class Slow(Library):
    """Emails of which all but the first two take until they are `released`."""

    begun: list[str] = field(default_factory=list)
    held: Event = field(default_factory=Event)
    released: Event = field(default_factory=Event)

    def render(self, template: str, language: str, context: Any) -> Content:  # noqa: ANN401 (as a library does)
        """Render once it is released."""
        self.begun.append(template)
        if len(self.begun) > 2:
            self.held.set()
            self.released.wait()
        return super().render(template, language, context)


class Stopping(MemoryProvider):
    """Stops its dispatcher during the first request, and answers once the next page has failed."""

    def __init__(self, emails: Slow) -> None:
        super().__init__(paced=True)
        self.emails, self.failed = emails, Event()
        self.dispatcher: Dispatcher | None = None

    async def send(self, envelope: Envelope) -> Answer:
        """Take it."""
        await asyncio.to_thread(self.emails.held.wait)
        assert self.dispatcher is not None
        self.dispatcher.stop()
        self.emails.released.set()
        await asyncio.to_thread(self.failed.wait)
        return await super().send(envelope)

    def fail(self, where: str) -> None:
        """Let the second page fail in a way that nobody foresaw."""
        if where == "rendered" and self.emails.held.is_set():
            self.failed.set()
            raise LookupError("nobody foresaw it")


def test_a_page_that_fails_as_a_run_ends_leaves_no_request_alone(database: sa.Engine) -> None:
    """The request is answered and settled before the failure is told."""
    usual = a_runtime(connections=1, rate=1.0)
    emails = Slow(variants=usual.library.variants, brand=usual.library.brand)
    running = replace(usual, library=emails)
    fill(database, 4)
    provider = Stopping(emails)
    with Dispatcher(database, provider, running.settings, clock=a_clock(), signal=provider.fail) as dispatcher:
        provider.dispatcher = dispatcher
        with pytest.raises(LookupError, match="nobody foresaw it"):
            dispatcher.run_once(running)
        assert statuses(database) == {"sent": 1, "queued": 3}
