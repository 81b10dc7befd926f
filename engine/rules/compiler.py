"""A rule as statements: what the evaluator, the re-check and `explain` ask the database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from engine.clock import span
from engine.db import Straight
from engine.facts import Fact, FactType
from engine.models.tables import zone as zone_table
from engine.rules.fingerprint import fingerprint, trigger_fingerprint
from engine.rules.model import (
    BecomesTrigger,
    DateTrigger,
    EveryTrigger,
    FactTest,
    OnTrigger,
    Rule,
    ScheduleTrigger,
    SilentTrigger,
    leaves,
)
from engine.rules.operators import OPERATORS, Takes
from engine.rules.sql import everybody, windows
from engine.rules.sql.arms import Arms
from engine.rules.sql.asking import since_trigger
from engine.rules.sql.calendars import day_number
from engine.rules.sql.candidates import UP_TO, ids_text
from engine.rules.sql.clauses import clauses, in_the_past, of_trigger
from engine.rules.sql.dialects import SPEECHES
from engine.rules.sql.judgement import Judgement
from engine.rules.sql.leaves import DayList, arms_of
from engine.rules.sql.members import Members
from engine.rules.sql.statements import Parameters, Prepared, enrolling
from engine.rules.sql.stored import place
from engine.rules.sql.triggers import row_of
from engine.rules.sql.triggers_dates import wants_midnights
from engine.rules.sql.windows import Window

Builder = Callable[["Program", Judgement], sa.ClauseElement]


def _union(program: Program, judgement: Judgement, *, due_only: bool = False) -> sa.ClauseElement:
    arms = Arms(subject=program.rule.subject, speech=judgement.speech)
    row_of(program.rule).arms(program.rule, arms)
    arms_of(program.rule.asked, arms)
    return arms.union(due_only=due_only)


def _states(verdicts: sa.Select[Any]) -> sa.ClauseElement:
    row = verdicts.subquery("verdicts")
    return sa.select(row.c.subject_id, row.c.fact, row.c.state)


BUILDERS: Mapping[str, Builder] = {
    "candidates": _union,
    "due candidates": lambda program, judgement: _union(program, judgement, due_only=True),
    "states": lambda _, judgement: _states(judgement.verdicts(known=True)),
    "enroll": lambda _, judgement: enrolling(judgement, judgement.verdicts(known=False)),
    "enroll last": lambda _, judgement: enrolling(judgement, judgement.last_verdicts()),
    "backfill states": lambda _, judgement: _states(judgement.backfill_verdicts()),
    "backfill": lambda _, judgement: enrolling(judgement, judgement.backfill_verdicts()),
    "recheck": lambda _, judgement: judgement.recheck(),
    "outlook": lambda _, judgement: judgement.outlook(),
    "left alone": lambda _, judgement: judgement.left_alone(),
    "members moving": lambda _, judgement: Members(judgement=judgement).moving(),
    "members leaving": lambda _, judgement: Members(judgement=judgement).leaving(),
    "members restarting": lambda _, judgement: Members(judgement=judgement).restarting(),
    "members entering": lambda _, judgement: Members(judgement=judgement).entering(),
    "members left alone": lambda _, judgement: Members(judgement=judgement).left_alone(),
    "clauses": lambda _, judgement: clauses(judgement),
    "past outlook": lambda _, judgement: in_the_past(judgement).outlook(),
    "past clauses": lambda _, judgement: clauses(in_the_past(judgement)),
    "becoming": lambda _, judgement: clauses(of_trigger(judgement)),
    "past becoming": lambda _, judgement: clauses(in_the_past(of_trigger(judgement))),
}
"""The statements of a rule, by what they are for; each is built when a database first needs it."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A compiled rule; `zone` is the workspace's, of whoever has none."""

    rule: Rule
    zone: str
    fingerprint: str
    trigger_fingerprint: str
    _prepared: dict[tuple[str, str, bool], Prepared] = field(default_factory=dict, repr=False, compare=False)

    def run(self, name: str, connection: sa.Connection, given: Parameters) -> sa.CursorResult[Any]:
        """Execute one of the rule's statements, about some subjects or a range of them, as the parameters say."""
        prepared = self.statement(name, connection.dialect, ranged=UP_TO in given)
        return prepared.run(connection, {"rule": self.rule.name, **given})

    def statement(self, name: str, dialect: sa.Dialect, *, ranged: bool = False) -> Prepared:
        """Return one of the rule's statements, prepared for a database; `ranged` asks about a range of ids."""
        key = (name, dialect.name, ranged)
        if key not in self._prepared:
            judgement = Judgement(rule=self.rule, zone=self.zone, speech=SPEECHES[dialect.name], ranged=ranged)
            self._prepared[key] = Prepared(BUILDERS[name](self, judgement), dialect)
        return self._prepared[key]

    @cached_property
    def late(self) -> int:
        """How long after its time a moment may be enrolled, in microseconds: L of the definitions."""
        return span(max(self.rule.too_late_after, self.rule.open_for))

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The codes of the rule's offsets, as keys write them."""
        return tuple(windows.offset_code(send.offset) for send in self.rule.sends)

    def oldest(self, connection: sa.Connection) -> int:
        """Return the first day on which the rule's date lies for anybody: where `backfill: all` begins."""
        if not self.on_days:
            return windows.EPOCH_DAY
        shifts = [windows.parts(send)[0] for send in self.rule.sends]
        return self._first_day(connection) + min(shifts)

    def _first_day(self, connection: sa.Connection) -> int:
        if isinstance(self.rule.trigger, OnTrigger):
            return day_number(self.rule.trigger.when)
        where = place(self.rule.date_fact)
        assert where.day is not None
        first = connection.execute(sa.select(sa.func.min(where.table.c[where.day])).where(where.rows())).scalar()
        return windows.EPOCH_DAY if first is None else day_number(first)

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that the rule reads."""
        trigger = self.rule.trigger
        named = [self.rule.date_fact] if isinstance(trigger, DateTrigger | EveryTrigger) else []
        named += [trigger.or_since] if isinstance(trigger, SilentTrigger) and trigger.or_since else []
        tested = [leaf.fact for leaf in leaves(self.rule.asked) if isinstance(leaf, FactTest)]
        return tuple({fact.path: fact for fact in (*named, *tested)}.values())

    @cached_property
    def _day_lists(self) -> tuple[DayList, ...]:
        arms = Arms(subject=self.rule.subject, speech=SPEECHES["sqlite"])
        return tuple(arms_of(self.rule.asked, arms))

    @cached_property
    def on_days(self) -> bool:
        """Whether moments fall due at local times of calendar days."""
        return self.rule.on_days

    @cached_property
    def has_members(self) -> bool:
        """Whether moments stand on episodes of membership."""
        return isinstance(self.rule.trigger, BecomesTrigger)

    @cached_property
    def _since_day(self) -> bool:
        since = self.rule.trigger.or_since if isinstance(self.rule.trigger, SilentTrigger) else None
        return since is not None and since.type is FactType.DATE

    @cached_property
    def _asks_today(self) -> bool:
        tests = [leaf for leaf in leaves(self.rule.asked) if isinstance(leaf, FactTest)]
        return any(OPERATORS[test.operator].takes is Takes.SPAN and test.fact.type is FactType.DATE for test in tests)

    @cached_property
    def _offsets(self) -> tuple[int, ...]:
        return tuple(span(send.offset) for send in self.rule.sends)

    def _runs(self, days: windows.Days, zones: tuple[str, ...], offsets: Iterable[int]) -> str:
        begins = wants_midnights(self.rule, anchored=since_trigger(self.rule))
        return windows.due_runs(self.rule, days, zones, sorted(set(offsets)), begins=begins)

    def arm_parameters(self, *, since: int, now: int, zones: tuple[str, ...]) -> dict[str, Any]:
        """Return the parameters of the arms: everything that may have changed in (since, now]."""
        given: dict[str, Any] = {"since": since, "now": now}
        given |= {made.parameter: windows.day_list_text(made.shifts, zones, since, now) for made in self._day_lists}
        if isinstance(self.rule.trigger, EveryTrigger):
            given["due_keys"] = windows.due_keys_text(self.rule, zones, since, now)
        elif isinstance(self.rule.trigger, DateTrigger) and self.on_days:
            given["due_days"] = windows.due_days_text(self.rule, zones, since, now)
        elif self._since_day:
            given["since_days"] = windows.since_days_text(self.rule, since, now)
        return given

    def window_parameters(
        self, window: Window, *, zones: tuple[str, ...], stands_for: Mapping[str, Iterable[int]]
    ) -> dict[str, Any]:
        """Return the parameters that a judgement of a window needs beside the candidates."""
        given: dict[str, Any] = {"now": window.now, "late": window.late, "held": window.held}
        given["live"] = window.live
        given["sends"] = windows.sends_text(self.rule, window)
        given["stands"] = windows.stands_text(self.rule, stands_for)
        given["fresh"] = ids_text([])
        given["replaces"] = int(any(stands_for.get(code) for code in self.codes))
        if isinstance(self.rule.trigger, ScheduleTrigger):
            given["slots"] = everybody.slots_text(self.rule, window)
        return given | self.calendar_parameters(window.days, now=window.now, zones=zones)

    def send_parameters(self, window: Window, *, zones: tuple[str, ...]) -> list[dict[str, Any]]:
        """Return for each offset, the latest first, the parameters of a judgement of that one alone.

        Facts that come after one another overtake each other whatever their offsets: these are judged together.
        """
        if row_of(self.rule).series:
            return [{}]
        rows = windows.send_rows(self.rule, window)
        each = [{f"send_{name}": value for name, value in row.items()} for row in rows]
        if not self.on_days:
            return each
        return [{**given, "runs": self._runs(window.days, zones, [int(given["send_offset"])])} for given in each]

    @property
    def asks_zones(self) -> bool:
        """Whether it matters which zones are in use, when it is asked about facts of the ledger."""
        return self._asks_today or self.on_days

    def item_parameters(
        self,
        facts: Collection[str],
        days: windows.Days,
        *,
        now: int,
        zones: tuple[str, ...],
        offsets: Collection[int],
    ) -> dict[str, Any]:
        """Return the parameters that a question about facts of the ledger, at some offsets, needs beside them."""
        given = self.calendar_parameters(days, now=now, zones=zones, offsets=offsets)
        if isinstance(self.rule.trigger, ScheduleTrigger):
            given["slots"] = everybody.named_slots_text(self.rule, facts)
        return given

    def asks_everybody(self, *, since: int, now: int, zones: tuple[str, ...]) -> bool:
        """Return whether in (since, now] a moment fell due that is everybody's: then no arm finds who is meant."""
        return self.rule.for_everybody and everybody.has_come(self.rule, zones, since, now)

    def coming(self, zones: tuple[str, ...], *, now: int, count: int) -> list[int]:
        """Return when a rule whose moments are everybody's falls due from now on; of a schedule the next so many."""
        return everybody.coming(self.rule, zones, now, count)

    def calendar_parameters(
        self, days: windows.Days, *, now: int, zones: tuple[str, ...], offsets: Iterable[int] | None = None
    ) -> dict[str, Any]:
        """Return what calendars say about the days on which moments may fall due, at the rule's offsets or others."""
        given: dict[str, Any] = {}
        shifts = self._offsets if offsets is None else offsets
        if self._asks_today:
            given["today"] = windows.today_text(zones, now)
        if self.on_days:
            given["runs"] = self._runs(days, zones, shifts)
        if isinstance(self.rule.trigger, EveryTrigger):
            given["rounds"] = windows.rounds(self.rule, days, shifts)
        return given


def compile_rule(rule: Rule, *, zone: str) -> Program:
    """Return a rule made ready to run; `zone` is where customers and accounts live that name no zone."""
    return Program(
        rule=rule,
        zone=zone,
        fingerprint=fingerprint(rule, zone),
        trigger_fingerprint=trigger_fingerprint(rule, zone),
    )


_ZONES = Straight(sa.select(zone_table.c.name))


def zones_in_use(connection: sa.Connection, *also: str) -> tuple[str, ...]:
    """Return the zones that a customer or an account has, and those named."""
    return tuple(sorted({*also, *(name for (name,) in _ZONES.rows(connection, {}))}))
