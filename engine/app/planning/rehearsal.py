"""One version of the files run over the coming days, on tables that shadow the live ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from engine import outbox
from engine.app.dry_run import counted_since, make_live, moves_values
from engine.app.opened import App
from engine.app.outlook import Past, pasts
from engine.app.sources import Source
from engine.db import reading
from engine.evaluate import Held, still_open
from engine.models.tables import message
from engine.outbox import Status
from engine.providers.memory import MemoryProvider
from engine.runtime import Runtime
from engine.simulate import forecast
from engine.simulate.forecast import SENT, Mail
from engine.simulate.shadow import shadow
from engine.simulate.walk import Progress, walk


@dataclass(frozen=True, kw_only=True)
class Span:
    """The days to look at, and whom to tell how far it is."""

    start: datetime
    until: datetime
    progress: Progress


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What a version did with some rules; `inside` holds it while the rehearsal lasts.

    `mails` are those that left, by rule; `ends` tells of each message that waited before what became of it, `opened`
    how many moments were open at the start.
    """

    inside: sa.Engine
    running: Runtime
    mails: Mapping[str, tuple[Mail, ...]]
    held: Mapping[str, Held]
    left_alone: Mapping[str, Past]
    ends: Mapping[str, tuple[End, ...]]
    opened: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class End:
    """Where a message that waited stands at the end of the simulated time, and why."""

    send_id: str
    status: str
    reason: str


@contextmanager
def rehearsed(app: App, source: Source, rules: Collection[str], span: Span) -> Iterator[Rehearsal]:
    """Run a version's stages over the span for these rules alone; nothing is changed outside."""
    provider = MemoryProvider()
    moving = moves_values(app, source)
    url, since = app.settings.database_url.get_secret_value(), counted_since(source, span.start)
    with shadow(url, rules=rules, traits=moving, counted_since=since) as inside:
        running = make_live(app, inside, source, now=span.start, rules=rules)
        with reading(inside) as connection:
            waited = _waiting(connection)
            opened = {name: still_open(connection, program, span.start) for name, program in running.programs.items()}
        walked = walk(inside, running, provider, start=span.start, until=span.until, progress=span.progress)
        with reading(inside) as connection:
            done = Rehearsal(
                inside=inside,
                running=running,
                mails=_by_rule(forecast.mails(connection, since=span.start)),
                held={held.rule: held for held in walked.held},
                left_alone=_left_alone(connection, running, span.start),
                ends=_ends(connection, running, waited),
                opened=opened,
            )
        yield done


def _left_alone(connection: sa.Connection, running: Runtime, start: datetime) -> dict[str, Past]:
    return {past.rule: past for past in pasts(connection, running, running.programs, start, fresh_only=True)}


def _by_rule(mails: Iterable[Mail]) -> dict[str, tuple[Mail, ...]]:
    found: dict[str, list[Mail]] = {}
    for mail in mails:
        if mail.status == SENT:
            found.setdefault(mail.rule, []).append(mail)
    return {rule: tuple(of_rule) for rule, of_rule in found.items()}


def _waiting(connection: sa.Connection) -> list[str]:
    queued = sa.select(message.c.send_id).where(message.c.status == Status.QUEUED)
    return list(connection.scalars(queued.order_by(message.c.send_id)))


def _ends(connection: sa.Connection, running: Runtime, waited: Collection[str]) -> dict[str, tuple[End, ...]]:
    """Return, by rule, what became of messages; what waits on but belongs to no live moment will be cancelled."""
    found: dict[str, list[End]] = {}
    for row in outbox.standing(connection, waited, running):
        end = End(send_id=row["send_id"], status=row["status"], reason=row["reason"] or "")
        if end.status == Status.QUEUED and row["gone"]:
            end = replace(end, status=Status.CANCELLED, reason=row["gone"])
        found.setdefault(row["rule"], []).append(end)
    return {rule: tuple(ends) for rule, ends in found.items()}
