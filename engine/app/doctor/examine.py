"""Everything the doctor looks at, in the order in which it is told."""

from __future__ import annotations

from collections.abc import Iterator

from engine.app.doctor.database import the_database
from engine.app.doctor.finding import Finding
from engine.app.doctor.machine import the_clock, the_disk
from engine.app.doctor.names import Names
from engine.app.doctor.provider import the_provider
from engine.app.doctor.public import the_public_url
from engine.app.doctor.secrets import the_secrets
from engine.app.doctor.sender import the_senders
from engine.clock import Clock, SystemClock
from engine.settings import Settings


def examine(
    settings: Settings, *, selectors: tuple[str, ...] = (), nameserver: str = "", clock: Clock | None = None
) -> Iterator[Finding]:
    """Look at one thing after the other; nothing is changed and no mail is sent.

    `selectors` are the DKIM selectors of the sender's domain, `nameserver` (`host` or `host:port`) answers instead of
    the machine's own.
    """
    clock = clock or SystemClock()
    yield from the_secrets(settings)
    yield from the_database(settings)
    yield from the_provider(settings)
    yield from the_senders(settings, Names.by(nameserver), selectors)
    yield from the_public_url(settings)
    yield from the_clock(settings, clock)
    yield from the_disk(settings)
