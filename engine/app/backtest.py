"""What rules would have done in a time that lies behind us, told day by day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.app.decided import Day, days, named
from engine.app.opened import App
from engine.app.rules import Rules
from engine.clock import MICROSECOND
from engine.db import connect
from engine.errors import UsageError, did_you_mean
from engine.evaluate import Limits
from engine.facts import FactType
from engine.rules.compiler import Program
from engine.simulate import backtest as simulated
from engine.simulate.backtest import Ran, Stopped
from engine.simulate.replay import Assumed, Replay, Replayed
from engine.simulate.scratch import scratch
from engine.simulate.walk import Progress, quiet, ticks
from engine.values import FIRST_YEAR


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a backtest is asked: from when until when (both included), how closely, and of which rules.

    `rules` empty means all; `listed` is how many of those enrolled are listed of each rule and day, None lists all.
    """

    start: datetime
    until: datetime
    step: timedelta
    rules: frozenset[str] = frozenset()
    listed: int | None = None


@dataclass(frozen=True, kw_only=True)
class RulePast:
    """What one rule would have done: its days, and when the brake would have stopped it."""

    rule: str
    days: tuple[Day, ...]
    stopped: tuple[Stopped, ...]


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A fact whose past was assumed, and the rules that read it."""

    assumed: Assumed
    rules: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """What rules would have done; `step` is how far ticks lay apart, `reached` the last of them."""

    wanted: Wanted
    step: timedelta
    reached: datetime | None
    interrupted: bool
    replayed: Replayed
    rules: tuple[RulePast, ...]
    gaps: tuple[Gap, ...]

    @property
    def approximate(self) -> bool:
        """Whether facts that the rules read had to be assumed."""
        return bool(self.gaps)


def backtest(app: App, rules: Rules, wanted: Wanted, *, progress: Progress = quiet) -> Backtest:
    """Replay what is stored in a scratch database, with the rules live from `wanted.start` on; nothing is changed.

    Raises UsageError for rules that are not there and for a time that is none or has not passed.
    """
    _require_past(app, wanted)
    programs = _chosen(rules, wanted)
    step = simulated.close_enough(wanted.step, programs.values())
    with _reading_only(app) as live, scratch() as inside:
        zone = app.settings.time_zone
        replay = Replay(live, inside, until=wanted.until, traits=rules.rules.traits, zone=zone)
        limits = Limits(max_at_once=app.settings.max_at_once, net=False)
        clock = ticks(wanted.start, wanted.until, step)
        live_from = wanted.start - MICROSECOND
        ran = simulated.run(inside, replay, programs, clock, live_from=live_from, limits=limits, progress=progress)
        assumed = replay.assumed(wanted.start, ran.reached or wanted.start)
        return Backtest(
            wanted=wanted,
            step=step,
            reached=ran.reached,
            interrupted=ran.interrupted,
            replayed=replay.replayed(),
            rules=tuple(_pasts(inside, live, sorted(programs), wanted=wanted, ran=ran, zone=zone)),
            gaps=tuple(_gaps(assumed, programs)),
        )


def _require_past(app: App, wanted: Wanted) -> None:
    now = app.clock.now()
    if wanted.start.year < FIRST_YEAR:
        raise UsageError(f"--from lies before {FIRST_YEAR}, and nothing so old is stored; name a later one")
    if wanted.until < wanted.start:
        raise UsageError(f"--until lies before --from, {wanted.start:%Y-%m-%d %H:%M} UTC; name a later one")
    if wanted.until > now:
        raise UsageError(f"--until has not passed yet, it is {now:%Y-%m-%d %H:%M} UTC; `lifecycle dry-run` looks ahead")


def _chosen(rules: Rules, wanted: Wanted) -> Mapping[str, Program]:
    for rule in sorted(wanted.rules - rules.programs.keys()):
        known = ", ".join(sorted(rules.programs))
        raise UsageError(f"there is no rule {rule}; {did_you_mean(rule, rules.programs) or f'there is {known}'}")
    return {name: program for name, program in rules.programs.items() if name in (wanted.rules or rules.programs)}


@contextmanager
def _reading_only(app: App) -> Iterator[sa.Engine]:
    live = connect(app.settings.database_url.get_secret_value(), read_only=True)
    try:
        yield live
    finally:
        live.dispose()


def _pasts(
    inside: sa.Engine, live: sa.Engine, rules: Sequence[str], *, wanted: Wanted, ran: Ran, zone: str
) -> Iterator[RulePast]:
    for rule in rules:
        found = days(inside, rule, start=wanted.start, zone=zone, listed=wanted.listed)
        stopped = tuple(each for each in ran.stopped if each.held.rule == rule)
        yield RulePast(rule=rule, days=named(live, found), stopped=stopped)


def _gaps(assumed: tuple[Assumed, ...], programs: Mapping[str, Program]) -> Iterator[Gap]:
    """Yield what was assumed of facts that rules read."""
    reads = {rule: _reads(program) for rule, program in programs.items()}
    for one in assumed:
        rules = tuple(sorted(rule for rule, facts in reads.items() if (one.subject, one.field) in facts))
        if rules:
            yield Gap(assumed=one, rules=rules)


def _reads(program: Program) -> set[tuple[str, str]]:
    """Return the facts a rule reads by itself, and the link to the account and the zones where they matter."""
    read = {(fact.subject, fact.name) for fact in program.facts}
    if any(fact.subject == "account" for fact in program.facts):
        read.add(("customer", "account_id"))
    if program.on_days or any(fact.type is FactType.DATE for fact in program.facts):
        read |= {("customer", "time_zone"), ("account", "time_zone")}
    return read
