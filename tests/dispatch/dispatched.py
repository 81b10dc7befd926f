"""Messages to be sent, for tests of the dispatcher."""

from __future__ import annotations

import sqlalchemy as sa
from sending import (
    add_customer,
    enroll,
    queue,
)


def fill(engine: sa.Engine, count: int, rule: str = "welcome") -> None:
    """Queue a mail to each of so many customers."""
    for number in range(count):
        add_customer(engine, f"c{number:03}")
        enroll(engine, f"c{number:03}", rule=rule)
    queue(engine)
