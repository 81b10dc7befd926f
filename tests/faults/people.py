"""Many people with a mail due to each: half of them where a doubtful mail is held, half where it is sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import outbox
from engine.db import writing
from engine.models.tables import customer, enrollment, event
from engine.outbox import Running
from engine.rules.sql.windows import offset_code

HOLD, RESEND = "welcome", "sure"
"""Two rules of the company in `sending`, by what happens to their mail in doubt."""
BATCH = 2000


def queue(
    engine: sa.Engine, running: Running, count: int, *, now: datetime, rules: Sequence[str] = (HOLD,), first: int = 0
) -> None:
    """Put a mail to each of so many new people into the outbox, due now, their rules in turn."""
    for start in range(first, first + count, BATCH):
        numbers = range(start, min(start + BATCH, first + count))
        with writing(engine) as connection:
            connection.execute(sa.insert(customer), [_customer(number, now) for number in numbers])
            connection.execute(sa.insert(event), [_event(number, now) for number in numbers])
            enrolled = [_enrollment(number, rules[number % len(rules)], running, now) for number in numbers]
            connection.execute(sa.insert(enrollment), enrolled)
    outbox.enqueue(engine, running, now=now)


def address(number: int) -> str:
    """Return somebody's address."""
    return f"c{number}@example.com"


def _customer(number: int, now: datetime) -> dict[str, Any]:
    return {
        "id": f"c{number}",
        "email": address(number),
        "email_key": address(number),
        "first_name": f"Name{number}",
        "first_name_key": f"name{number}",
        "created_at": now,
        "changed_at": now,
    }


def _event(number: int, now: datetime) -> dict[str, Any]:
    at, plan = now - timedelta(minutes=1), {"plan": "pro"}
    happened = {"customer_id": f"c{number}", "id": f"e{number}", "name": "Signed Up", "at": at, "received_at": at}
    return happened | {"properties": plan, "keys": plan}


def _enrollment(number: int, rule: str, running: Running, now: datetime) -> dict[str, Any]:
    due = now - timedelta(minutes=1)
    return {
        "subject_type": "customer",
        "subject_id": f"c{number}",
        "rule": rule,
        "occurrence": f"e{number}/{offset_code(timedelta())}",
        "step": "",
        "fact": f"e{number}",
        "offset": 0,
        "state": "enrolled",
        "send": "at once",
        "due_at": due,
        "moment_at": due,
        "decided_at": now,
        "release_id": running.release_id,
    }
