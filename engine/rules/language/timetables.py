"""The triggers that are the same for everybody: `schedule`, a cron expression, and `on`, one day or one time."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from engine.clock import from_micros
from engine.errors import did_you_mean
from engine.rules.language.forms import Answers, Field, FormOf
from engine.rules.language.kinds import Json
from engine.rules.language.reading import Reading
from engine.rules.language.values import DAY_PATTERN, INSTANT_PATTERN
from engine.rules.language.vocabulary import Vocabulary
from engine.rules.slots import FIELDS, BadCronError, on_either_day, read_cron
from engine.rules.sql.calendars import day_number, strikes
from engine.yaml_text import MapNode, Node, Scalar
from engine.zones import zone_name, zone_names

EXAMPLES = ("0 9 * * mon", "0 9 1 * *", "30 8 * * mon-fri")
YEARS = range(1970, 2200)
A_DAY = "a day such as 2026-12-01, or a time such as 2026-12-01 10:00"
_ONE_DIGIT = re.compile(rf"(?P<day>{DAY_PATTERN})[ T](?P<clock>[0-9]:[0-9]{{2}}.*)")


@dataclass(frozen=True, kw_only=True)
class Cron:
    """A cron expression of five fields, at most once an hour."""

    def read(self, node: Node, reading: Reading) -> str | None:
        """Return the expression as it is kept; one that is either of two days is lint."""
        scalar = reading.scalar(node, "a schedule such as `0 9 * * mon`")
        if scalar is None:
            return None
        try:
            cron = read_cron(scalar.text)
        except BadCronError as error:
            return reading.refuse("E413", node, value=scalar.text, why=error)
        if on_either_day(cron):
            reading.refuse("L610", node, value=scalar.text)
        return cron

    def schema(self, _vocabulary: Vocabulary) -> Json:
        """Return the schema: five words, with common schedules offered."""
        return {"type": "string", "pattern": rf"^\s*\S+(\s+\S+){{{len(FIELDS) - 1}}}\s*$", "examples": list(EXAMPLES)}


@dataclass(frozen=True, kw_only=True)
class Zone:
    """The name of a time zone that means the same on every host."""

    def read(self, node: Node, reading: Reading) -> str | None:
        """Return the name."""
        scalar = reading.scalar(node, "a time zone such as Europe/Stockholm")
        if scalar is None:
            return None
        try:
            return zone_name(scalar.text)
        except ValueError:
            known = zone_names()
            hint = did_you_mean(scalar.text, known.values()) or "such as Europe/Stockholm"
            return reading.refuse("E306", node, name=scalar.text, hint=hint)

    def schema(self, _vocabulary: Vocabulary) -> Json:
        """Return the schema: every zone there is."""
        return {"enum": sorted(zone_names().values())}


@dataclass(frozen=True, kw_only=True)
class DayOrTime:
    """A calendar day, or a time: with an offset it is aware, without one it is a clock's, whose zone is not known."""

    def read(self, node: Node, reading: Reading) -> date | datetime | None:
        """Return the day or the time."""
        scalar = reading.scalar(node, A_DAY)
        if scalar is None:
            return None
        when = _day_or_time(scalar)
        return reading.unexpected(node, A_DAY, hint=_advice(scalar)) if when is None else when

    def schema(self, _vocabulary: Vocabulary) -> Json:
        """Return the schema of a day or a time."""
        return {"type": "string", "pattern": f"^{INSTANT_PATTERN}$", "examples": ["2026-12-01", "2026-12-01 10:00"]}


def _day_or_time(scalar: Scalar) -> date | datetime | None:
    kind = date if re.fullmatch(DAY_PATTERN, scalar.text) else datetime
    try:
        when = kind.fromisoformat(scalar.text) if re.fullmatch(INSTANT_PATTERN, scalar.text) else None
    except ValueError:
        return None
    return when if when and when.year in YEARS else None


def _advice(scalar: Scalar) -> str:
    """Return how to write what is meant for a time; nothing where it looks like none."""
    short = _ONE_DIGIT.fullmatch(scalar.text)
    meant = replace(scalar, text=f"{short['day']} 0{short['clock']}") if short else scalar
    if _day_or_time(meant):
        return f"write `{meant.text}`"
    return "write it like `2026-12-01 09:00`" if ":" in scalar.text else ""


_ZONE = Field(key="zone", kind=Zone(), description="The time zone of the clock that counts; the workspace's.")


class _Scheduled(FormOf):
    def read_entries(self, table: MapNode, reading: Reading) -> Answers | None:
        answers = super().read_entries(table, reading)
        return {"zone": reading.vocabulary.zone, **answers} if answers else None


class _Once(FormOf):
    def read_entries(self, table: MapNode, reading: Reading) -> Answers | None:
        answers = super().read_entries(table, reading)
        if answers is None or not _zone_fits(answers, table, reading):
            return None
        return {"on": _instant(answers["on"], answers.get("zone", reading.vocabulary.zone))}


def _zone_fits(answers: Answers, table: MapNode, reading: Reading) -> bool:
    place, when = table.get("zone"), answers["on"]
    if place is None or (isinstance(when, datetime) and when.tzinfo is None):
        return True
    whole_day = not isinstance(when, datetime)
    why = "a day comes by each reader's own clock" if whole_day else "the time says its offset itself"
    reading.refuse("E414", place, why=why)
    return False


def _instant(when: date | datetime, zone: str) -> date | datetime:
    """Return a day as it is, a time as the UTC instant at which it strikes."""
    if not isinstance(when, datetime):
        return when
    if when.tzinfo is not None:
        return when.astimezone(UTC)
    return from_micros(strikes(zone, day_number(when.date()), when.time()))


SCHEDULE = _Scheduled(
    what="the trigger `schedule`",
    fields=(
        Field(
            key="schedule",
            kind=Cron(),
            description="Minute, hour, day of the month, month, weekday: `0 9 * * mon` is each Monday at nine.",
            required=True,
        ),
        _ZONE,
    ),
)
ON = _Once(
    what="the trigger `on`",
    fields=(
        Field(
            key="on",
            kind=DayOrTime(),
            description="A day, which comes by each reader's own clock, or a time, which is the same for all.",
            required=True,
        ),
        _ZONE,
    ),
)
