"""Schedules and days of the tests of slots."""

from __future__ import annotations

from datetime import UTC, date, datetime

from evaluate.staging import at, fact

from engine.rules.model import OnTrigger, ScheduleTrigger

MONDAYS = ScheduleTrigger(cron="0 9 * * MON", zone="Europe/Stockholm")
DAILY = ScheduleTrigger(cron="30 2 * * *", zone="Europe/Stockholm")
NOON = OnTrigger(when=datetime(2026, 3, 3, 12, tzinfo=UTC))
THIRD = OnTrigger(when=date(2026, 3, 3))
ACTIVE = fact("account.status", "is", "active")


def micros(when: str) -> str:
    """Return how the ledger writes an instant."""
    return str(int(at(when).timestamp() * 1_000_000))
