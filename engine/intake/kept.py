"""The facts kept from events: totals, daily counts, absences and the last time seen, brought up by what is new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa

from engine.clock import from_micros
from engine.intake.bulk import Upsert, given, latest, with_rows
from engine.intake.gaps import DAY, Gap, changes
from engine.models.tables import absence, customer, event_daily, event_total

_TOTAL = event_total.c
_first = sa.func.min(sa.type_coerce(_TOTAL.first_at, sa.BigInteger))


Stored = tuple[str, str, str, int, int, str | None, str | None]
"""A new event in the order of its columns: customer, id, name, at and what does not matter here."""

_WRITE_TOTAL = Upsert(
    table=event_total,
    columns=(
        "customer_id",
        "name",
        "first_at",
        "last_at",
        "count",
        "first_changed_at",
        "last_changed_at",
        "changed_at",
    ),
    update=lambda new: {
        "first_at": sa.case((new.first_at < _TOTAL.first_at, new.first_at), else_=_TOTAL.first_at),
        "last_at": sa.case((new.last_at > _TOTAL.last_at, new.last_at), else_=_TOTAL.last_at),
        "count": _TOTAL.count + new.count,
        "first_changed_at": sa.case(
            (new.first_at < _TOTAL.first_at, new.first_changed_at), else_=_TOTAL.first_changed_at
        ),
        "last_changed_at": sa.case((new.last_at > _TOTAL.last_at, new.last_changed_at), else_=_TOTAL.last_changed_at),
        "changed_at": latest(event_total, new),
    },
)
_WRITE_DAILY = Upsert(
    table=event_daily,
    columns=("customer_id", "day", "name", "count"),
    update=lambda new: {"count": event_daily.c.count + new.count},
)
_WRITE_SEEN = Upsert(
    table=customer,
    columns=("id", "last_seen_at", "seen_changed_at", "created_at", "changed_at"),
    update=lambda new: {"last_seen_at": new.last_seen_at, "seen_changed_at": new.seen_changed_at},
    where=lambda new: sa.or_(customer.c.last_seen_at.is_(None), customer.c.last_seen_at < new.last_seen_at),
)
_WRITE_ABSENCE = Upsert(
    table=absence,
    columns=("customer_id", "from_at", "until_at", "changed_at"),
    update=lambda new: {"until_at": new.until_at, "changed_at": new.changed_at},
)

_ids, (_id,) = given(str)
_FIRST = sa.select(_TOTAL.customer_id, _first).where(_TOTAL.customer_id.in_(sa.select(_id).select_from(_ids)))
_FIRST = _FIRST.group_by(_TOTAL.customer_id)
_late, (_late_id, _late_at) = given(str, int)
_before = absence.alias("before")
_start = (
    sa.select(sa.func.max(_before.c.from_at))
    .where(_before.c.customer_id == _late_id, _before.c.from_at < _late_at)
    .scalar_subquery()
)
_SPLIT = (
    sa.select(
        absence.c.customer_id,
        sa.type_coerce(absence.c.from_at, sa.BigInteger),
        sa.type_coerce(absence.c.until_at, sa.BigInteger),
    )
    .distinct()
    .join_from(_late, absence, sa.and_(absence.c.customer_id == _late_id, absence.c.from_at == _start))
    .where(absence.c.until_at > _late_at)
)
_closed, (_closed_id, _closed_from) = given(str, int)
_CLOSE = sa.delete(absence).where(
    sa.tuple_(absence.c.customer_id, absence.c.from_at).in_(sa.select(_closed_id, _closed_from).select_from(_closed))
)


def keep(connection: sa.Connection, new: Sequence[Stored], *, seen: dict[str, int | None], stamp: int) -> None:
    """Bring the kept facts up by new events; `seen` is when their customers last were, until now.

    The customers' rows must be locked by this transaction.
    """
    instants: dict[str, set[int]] = defaultdict(set)
    totals: dict[tuple[str, str], list[int]] = defaultdict(list)
    counts: dict[tuple[str, int, str], int] = defaultdict(int)
    for who, _, name, at, *_ in new:
        instants[who].add(at)
        totals[who, name].append(at)
        counts[who, at // DAY, name] += 1
    timelines = {who: sorted(ats) for who, ats in instants.items()}
    _write_absences(connection, timelines, seen, stamp)
    stamps = (stamp, stamp, stamp)
    _WRITE_TOTAL(connection, [(*key, min(ats), max(ats), len(ats), *stamps) for key, ats in totals.items()])
    days = {number: _day(number) for number in {number for _, number, _ in counts}}
    _WRITE_DAILY(connection, [(who, days[number], name, count) for (who, number, name), count in counts.items()])
    _WRITE_SEEN(connection, [(who, ats[-1], *stamps) for who, ats in timelines.items()])


def _day(number: int) -> str:
    return from_micros(number * DAY).date().isoformat()


def _write_absences(
    connection: sa.Connection, timelines: dict[str, list[int]], seen: dict[str, int | None], stamp: int
) -> None:
    known = [(who, ats, last) for who, ats in timelines.items() if (last := seen[who]) is not None]
    late = [(who, at) for who, ats, last in known for at in ats if at < last]
    first = {**seen, **_first_known(connection, late)}
    split = _split(connection, late)
    written, closed = [], []
    for who, ats in timelines.items():
        change = changes(ats, first=first[who], last=seen[who], split=split.get(who, ()))
        written += [(who, start, end, stamp) for start, end in change.written]
        closed += [(who, start) for start in change.closed]
    if closed:
        with_rows(connection, _CLOSE, closed)
    _WRITE_ABSENCE(connection, written)


def _first_known(connection: sa.Connection, late: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Return when the customers of late events first did anything; for the others it does not matter."""
    who = sorted({(customer_id,) for customer_id, _ in late})
    return dict(with_rows(connection, _FIRST, who).tuples().all()) if who else {}


def _split(connection: sa.Connection, late: Sequence[tuple[str, int]]) -> dict[str, list[Gap]]:
    split: dict[str, list[Gap]] = defaultdict(list)
    if late:
        for who, start, end in with_rows(connection, _SPLIT, late):
            split[who].append((start, end))
    return split
