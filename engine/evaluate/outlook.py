"""Looking without deciding: what comes next, and what lies before a rule went live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.clock import from_micros, span, to_micros
from engine.evaluate import state
from engine.evaluate.everybody import ranges_of
from engine.evaluate.state import State
from engine.evaluate.turn import READ_AT_ONCE, chunks
from engine.rules.compiler import Program, zones_in_use
from engine.rules.sql.candidates import Whose, these
from engine.rules.sql.stored import NEVER
from engine.rules.sql.windows import Window

HORIZONS = tuple(map(span, (timedelta(hours=6), *(timedelta(days=days) for days in (1, 3, 10, 31, 100, 370, 1500)))))
"""How far ahead to look, step by step, until enough is found."""


@dataclass(frozen=True, kw_only=True)
class Upcoming:
    """A moment that has not come yet, and whether its conditions would hold by the facts of now."""

    subject_id: str
    due: datetime
    label: str
    occurrence: str
    conditions_hold_now: bool


@dataclass(frozen=True, kw_only=True)
class LeftAlone:
    """Moments before a rule's activation whose conditions hold now: how many, whose, and when the first was due."""

    count: int
    subjects: int
    oldest_due: datetime | None


def upcoming(
    connection: sa.Connection, program: Program, *, now: datetime, subject_id: str | None = None, limit: int = 10
) -> list[Upcoming]:
    """Return the next moments after `now` that have not been decided, of one subject or of all, the soonest first.

    Looks up to four years ahead. The facts are taken as they are.
    """
    at = to_micros(now)
    zones = zones_in_use(connection, program.zone)
    if program.rule.for_everybody:
        return _for_everybody(connection, program, at, zones=zones, subject_id=subject_id, limit=limit)
    stands_for = _stands_for(connection, program)
    found: list[Upcoming] = []
    for horizon in HORIZONS[-1:] if subject_id is not None else HORIZONS:
        window = _ahead(program, at, at + horizon)
        whose = _one(subject_id) if subject_id is not None else _due(connection, program, at, at + horizon, zones)
        moments = _moments(connection, program, window, whose, zones=zones, stands_for=stands_for)
        found = [each for each, decided in moments if not decided]
        if len(found) >= limit:
            break
    return sorted(found, key=_soonest)[:limit]


def _soonest(each: Upcoming) -> tuple[datetime, str, str]:
    return each.due, each.subject_id, each.occurrence


def _for_everybody(
    connection: sa.Connection, program: Program, now: int, *, zones: tuple[str, ...], subject_id: str | None, limit: int
) -> list[Upcoming]:
    """Return the next moments of a rule that is everybody's; of all customers those of as few as will do."""
    times = program.coming(zones, now=now, count=limit)
    found: list[Upcoming] = []
    if not times:
        return found
    window, stands_for = _ahead(program, now, times[-1]), _stands_for(connection, program)
    for whose in _one(subject_id) if subject_id is not None else ranges_of(connection, program.rule.subject):
        moments = _moments(connection, program, window, [whose], zones=zones, stands_for=stands_for)
        found = sorted([*found, *(each for each, decided in moments if not decided)], key=_soonest)[:limit]
        if len(found) == limit and to_micros(found[-1].due) == times[0]:
            break
    return found


def ahead(connection: sa.Connection, program: Program, *, after: datetime, until: datetime) -> list[Upcoming]:
    """Return every moment due after one instant until another, decided or not, the soonest first.

    The facts are taken as they are.
    """
    at, end = to_micros(after), to_micros(until)
    zones = zones_in_use(connection, program.zone)
    whose = _due(connection, program, at, end, zones)
    stands_for = _stands_for(connection, program)
    found = _moments(connection, program, _ahead(program, at, end), whose, zones=zones, stands_for=stands_for)
    return sorted((each for each, _ in found), key=_soonest)


def _ahead(program: Program, now: int, until: int) -> Window:
    count = len(program.codes)
    return Window(now=now, after=(now,) * count, until=(until,) * count, late=0)


def _one(subject_id: str) -> list[Whose]:
    return [these([subject_id])]


def _due(
    connection: sa.Connection, program: Program, since: int, until: int, zones: tuple[str, ...]
) -> Iterable[Whose]:
    """Return who may be due in a time, some at once."""
    if program.rule.for_everybody:
        come = program.asks_everybody(since=since, now=until, zones=zones)
        return ranges_of(connection, program.rule.subject) if come else ()
    given = program.arm_parameters(since=since, now=until, zones=zones)
    ids = sorted(set(program.run("due candidates", connection, given).scalars()))
    return map(these, chunks(ids, READ_AT_ONCE))


def _moments(
    connection: sa.Connection,
    program: Program,
    window: Window,
    batches: Iterable[Whose],
    *,
    zones: tuple[str, ...],
    stands_for: Mapping[str, Sequence[int]],
) -> Iterator[tuple[Upcoming, bool]]:
    """Yield the moments of some subjects in a window, and whether each has been decided."""
    given = program.window_parameters(window, zones=zones, stands_for=stands_for)
    for whose in batches:
        for row in program.run("outlook", connection, {**given, **whose}):
            moment = Upcoming(
                subject_id=row.subject_id,
                due=from_micros(row.due),
                label=row.label,
                occurrence=f"{row.fact}/{row.code}",
                conditions_hold_now=bool(row.holds),
            )
            yield moment, bool(row.decided)


def _stands_for(connection: sa.Connection, program: Program) -> Mapping[str, Sequence[int]]:
    stand = state.read(connection, program.rule.name).get(program.rule.name)
    return stand.stands_for if stand is not None else {}


def left_alone(connection: sa.Connection, program: Program, now: datetime, *, fresh_only: bool = False) -> LeftAlone:
    """Return which moments lie before the rule's activation, have no row, and meet the conditions now.

    A rule that is not live, or was live with another trigger, is taken to go live at `now`; with `fresh_only` only the
    offsets that go live at `now` count. Reads everybody once.
    """
    at = to_micros(now)
    stand = state.read(connection, program.rule.name).get(program.rule.name)
    activated = _activated(program, stand, at)
    if fresh_only:
        activated = tuple(live if live >= at else NEVER for live in activated)
    if max(activated) == NEVER:
        return LeftAlone(count=0, subjects=0, oldest_due=None)
    zones = zones_in_use(connection, program.zone)
    window = Window(
        now=at, after=(NEVER,) * len(activated), until=activated, late=program.late, oldest=program.oldest(connection)
    )
    given = program.window_parameters(window, zones=zones, stands_for=stand.stands_for if stand else {})
    name = "members left alone" if program.has_members else "left alone"
    count, subjects, oldest = 0, 0, None
    for whose in ranges_of(connection, program.rule.subject):
        row = program.run(name, connection, {**given, **whose}).mappings().one()
        count, subjects = count + row["count"], subjects + row["subjects"]
        oldest = min((due for due in (oldest, row["oldest"]) if due is not None), default=None)
    first = from_micros(oldest) if count and oldest is not None else None
    return LeftAlone(count=count, subjects=subjects, oldest_due=first)


def still_open(connection: sa.Connection, program: Program, now: datetime) -> int:
    """Return how many moments of a live rule are open and undecided: each tick judges them until their time is over."""
    stand = state.read(connection, program.rule.name).get(program.rule.name)
    if stand is None:
        return 0
    at, zones = to_micros(now), zones_in_use(connection, program.zone)
    window = state.tick_window(stand, program, at)
    since = min(window.after) - state.OVERLAP
    given = program.arm_parameters(since=since, now=at, zones=zones)
    ids = sorted(set(program.run("candidates", connection, given).scalars()))
    whose = map(these, chunks(ids, READ_AT_ONCE))
    moments = _moments(connection, program, window, whose, zones=zones, stands_for=stand.stands_for)
    return sum(not decided for _, decided in moments)


def _activated(program: Program, stand: State | None, now: int) -> tuple[int, ...]:
    if stand is None or stand.retired_at is not None or stand.trigger_fingerprint != program.trigger_fingerprint:
        return (now,) * len(program.codes)
    return tuple(stand.activated.get(code, now) for code in program.codes)
