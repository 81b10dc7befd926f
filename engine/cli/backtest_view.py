"""A backtest as a person reads it and as a program does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.app.backtest import Backtest, Gap, RulePast
from engine.app.decided import Day
from engine.cli import output

STATES = ("enrolled", "overtaken", "expired")
BARS = "▁▂▃▄▅▆▇█"
NOTHING = "·"
CHART = 32
"""Columns of a chart, at most."""
HOUR = timedelta(hours=1)


def show(found: Backtest, rules: str, *, zone: str) -> None:
    """Print each rule's days, what was assumed, what the brake would have stopped, and all of it in one table."""
    done = found.replayed
    output.pairs(
        {
            "rules": rules,
            "clock": f"{output.when(found.wanted.start, zone)} to {output.when(found.wanted.until, zone)} ({zone}), "
            f"a tick every {_long(found.step)}",
            "replayed": f"{output.plural(done.events, 'event')}, {output.plural(done.changes, 'change')} of facts, of "
            f"{output.plural(done.customers, 'customer')} and {output.plural(done.accounts, 'account')}",
            "figures": "who would have been enrolled; consent, caps and quiet hours were not asked",
        }
    )
    for past in found.rules:
        if past.days:
            _rule(past)
    _gaps(found.gaps, zone)
    _summary(found, zone)
    _remarks(found, zone)


def _rule(past: RulePast) -> None:
    output.heading(f"{past.rule}, {_count(past, 'enrolled'):,} on {output.plural(len(past.days), 'day')}")
    rows = [
        (f"{day.day} {day.day:%a}", *(getattr(day, state) or None for state in STATES), _who(day)) for day in past.days
    ]
    output.table(("day", *STATES, "who"), rows, right=STATES)


def _who(day: Day) -> str:
    names = [one.name for one in day.listed if one.state == "enrolled"]
    more = day.enrolled - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")


def _count(past: RulePast, state: str) -> int:
    return sum(getattr(day, state) for day in past.days)


def _gaps(gaps: Sequence[Gap], zone: str) -> None:
    if not gaps:
        return
    output.heading("Approximate: history of these facts is missing in part; the earliest known value is assumed")
    rows = []
    for gap in gaps:
        one = gap.assumed
        since = output.when(one.since, zone)[:10] if one.since else "never: only today's value is known"
        rows.append((one.path, output.plural(one.subjects, one.subject), since, ", ".join(gap.rules)))
    output.table(("fact", "of", "history since", "read by"), rows)


def _summary(found: Backtest, zone: str) -> None:
    total = sum(_count(past, "enrolled") for past in found.rules)
    output.heading(
        f"{output.plural(total, 'mail')} would have been due" if total else "No rule would have enrolled anybody"
    )
    charted = output.out().is_terminal
    columns = ("rule", *STATES, "first", "last", "most on a day", *(("chart",) if charted else ()))
    rows = [(*_row(past), *((_chart(past.days, found, zone),) if charted else ())) for past in found.rules]
    output.table(columns, rows, right=(*STATES, "most on a day"), optional=("chart", "first", "last"))


def _row(past: RulePast) -> tuple[output.Cell, ...]:
    counts = [_count(past, state) or None for state in STATES[1:]]
    if not past.days:
        return (past.rule, 0, *counts, None, None, None)
    most = max(day.enrolled for day in past.days)
    return (past.rule, _count(past, "enrolled"), *counts, str(past.days[0].day), str(past.days[-1].day), most)


def _chart(days: Iterable[Day], found: Backtest, zone: str) -> str:
    """Return how many were enrolled over the time, in a row of bars."""
    first, last = _day(found.wanted.start, zone), _day(found.wanted.until, zone)
    width = min(CHART, (last - first).days + 1)
    heights = [0] * width
    for day in days:
        heights[(day.day - first).days * width // ((last - first).days + 1)] += day.enrolled
    most = max(heights)
    return "".join(BARS[(height * len(BARS) - 1) // most] if height else NOTHING for height in heights)


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def _remarks(found: Backtest, zone: str) -> None:
    for past in found.rules:
        if past.stopped:
            first = past.stopped[0]
            output.warn(
                f"{past.rule} would have been held as a whole {_times(len(past.stopped))}, first on "
                f"{output.when(first.at, zone)} with {first.held.count:,} at once, more than {first.held.limit:,}; "
                "here it was approved each time"
            )
    if found.step < found.wanted.step:
        output.note(f"Ticks were {_long(found.step)} apart, so that no moment was over before its tick.")
    if found.step > HOUR:
        output.note("What was true only between two ticks was not seen; --step 1h looks closer.")
    if found.interrupted:
        reached = f"up to {output.when(found.reached, zone)}" if found.reached else "before the first tick"
        output.warn(f"Stopped {reached}; what would have come later is missing.")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _long(step: timedelta) -> str:
    """Return a step in its largest whole unit."""
    units = ((timedelta(days=1), "day"), (HOUR, "hour"), (timedelta(minutes=1), "minute"))
    unit, noun = next((unit for unit in units if step % unit[0] == timedelta()), (timedelta(seconds=1), "second"))
    count = round(step / unit)
    return noun if count == 1 else f"{count:,} {noun}s"


def as_data(found: Backtest) -> dict[str, object]:
    """Return a backtest for programs, with everybody; instants are in UTC, days are the workspace's."""
    return {
        "from": found.wanted.start,
        "until": found.wanted.until,
        "step": found.step,
        "reached": found.reached,
        "interrupted": found.interrupted,
        "approximate": found.approximate,
        "replayed": asdict(found.replayed),
        "assumed": [{"fact": gap.assumed.path, **asdict(gap.assumed), "rules": list(gap.rules)} for gap in found.gaps],
        "rules": [_rule_data(past) for past in found.rules],
    }


def _rule_data(past: RulePast) -> dict[str, object]:
    return {
        "rule": past.rule,
        **{state: _count(past, state) for state in STATES},
        "held": [{"at": each.at, "count": each.held.count, "limit": each.held.limit} for each in past.stopped],
        "days": [_day_data(day) for day in past.days],
    }


def _day_data(day: Day) -> dict[str, object]:
    counts = {state: getattr(day, state) for state in STATES}
    return {"day": day.day, **counts, "listed": [vars(one) for one in day.listed]}
