"""Soft bounces: an address that keeps failing is given up after so many mails in a row, over so long a time.

The row is one of mails, not of events: one that was delivered and did not come back ends it, one that came back for
a reason of ours, or of which nobody said anything, is passed over. Over SMTP nobody says that a mail was delivered,
so there one that did not come back counts as delivered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from engine import suppression
from engine.feedback.fact import Fact
from engine.feedback.heard import Kind
from engine.feedback.severity import Severity
from engine.feedback.suppressing import suppress
from engine.models.tables import feedback, message
from engine.models.tables import suppression as suppressions
from engine.policy import ANY_TOPIC

IN_A_ROW = 5
OVER = timedelta(days=7)
SOURCE = suppression.BY_SOFT_BOUNCES
REASON = f"{IN_A_ROW} soft bounces in a row over {OVER.days} days"
GIVEN_UP = "address suppressed after soft bounces"
TAKEN_BACK = "soft bounces taken back"
_NEWEST = 50
_TOLD = (Kind.DELIVERED, Kind.BOUNCED, Kind.BLOCKED)


class Fate(StrEnum):
    """What became of one mail, as far as its address is concerned."""

    ARRIVED = "arrived"
    SOFT = "soft"
    SAYS_NOTHING = "says nothing"


@dataclass(frozen=True, kw_only=True)
class Mailed:
    """One mail to an address; `at` is when it was sent."""

    at: datetime
    fate: Fate


def given_up(mails: Iterable[Mailed]) -> bool:
    """Say whether the newest mails to an address make a row that is long enough; the newest come first."""
    row = list(_row(mails))
    return len(row) >= IN_A_ROW and row[0] - row[-1] >= OVER


def _row(mails: Iterable[Mailed]) -> Iterator[datetime]:
    for each in mails:
        if each.fate is Fate.ARRIVED:
            return
        if each.fate is Fate.SOFT:
            yield each.at


def follow(connection: sa.Connection, known: Sequence[Fact], *, now: datetime) -> Mapping[str, str]:
    """Give up addresses whose row is full, and take that back where a late delivery shows that it was not.

    Returns, by event, what was done. The answer depends on what was said, not on the order in which it came.
    """
    softly = {str(each.address_hash): each for each in known if _is_soft(each)}
    arrived = {str(each.address_hash): each for each in known if each.kind is Kind.DELIVERED}
    found = {each.event_id: GIVEN_UP for each in softly.values() if _give_up(connection, each, now)}
    for key in _given_up_before(connection, set(arrived)):
        if not given_up(_mails(connection, key)):
            suppression.lift(connection, key, ANY_TOPIC, actor=SOURCE, now=now, source=SOURCE)
            found[arrived[key].event_id] = TAKEN_BACK
    return found


def _is_soft(each: Fact) -> bool:
    return each.kind is Kind.BOUNCED and each.detail.get("severity") == Severity.SOFT


def _give_up(connection: sa.Connection, each: Fact, now: datetime) -> bool:
    full = given_up(_mails(connection, str(each.address_hash)))
    return full and suppress(connection, each, reason=REASON, source=SOURCE, now=now)


def _given_up_before(connection: sa.Connection, hashes: Collection[str]) -> Sequence[str]:
    s = suppressions.c
    chosen = sa.select(s.address_hash).where(s.address_hash.in_(hashes), s.scope == ANY_TOPIC, s.source == SOURCE)
    return connection.scalars(chosen).all() if hashes else ()


def _mails(connection: sa.Connection, key: str) -> tuple[Mailed, ...]:
    """Return the newest mails that were sent to an address, the newest first."""
    m, f = message.c, feedback.c
    sent = sa.select(m.send_id, m.first_intent_at, m.provider).where(m.address_hash == key, m.status == "sent")
    rows = connection.execute(sent.order_by(m.first_intent_at.desc(), m.send_id).limit(_NEWEST)).all()
    said: dict[str, list[sa.Row[tuple[str, str, dict[str, str] | None]]]] = defaultdict(list)
    told = sa.select(f.send_id, f.kind, f.detail).where(f.send_id.in_([row.send_id for row in rows]), f.kind.in_(_TOLD))
    for row in connection.execute(told):
        said[row.send_id].append(row)
    return tuple(
        Mailed(at=row.first_intent_at, fate=_fate(said[row.send_id], row.provider))
        for row in rows
        if row.first_intent_at
    )


def _fate(said: Sequence[sa.Row[tuple[str, str, dict[str, str] | None]]], provider: str | None) -> Fate:
    """Return the fate of one mail; one that was delivered and came back all the same did not arrive."""
    came_back = [row for row in said if row.kind != Kind.DELIVERED]
    if any((row.detail or {}).get("severity") == Severity.SOFT for row in came_back):
        return Fate.SOFT
    if came_back:
        return Fate.SAYS_NOTHING
    return Fate.ARRIVED if said or provider == "smtp" else Fate.SAYS_NOTHING
