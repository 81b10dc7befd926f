"""A process that lands the same events as others do, and understands them: `hearing_process.py DATABASE_URL MESSAGES`.

It prints how many facts it was the one to write.
"""

from __future__ import annotations

import sys

from sending import NOW
from telling import LATER, raw, understand

from engine import feedback
from engine.db import connect
from engine.hashing import send_id
from engine.testing.sendgrid_events import an_event

TOLD = ("delivered", "open", "group_unsubscribe", "spamreport")


def ids(count: int) -> list[str]:
    """Return the ids of so many messages, as `telling.a_doubtful_message` makes them."""
    readers = (f"p{number}" for number in range(count))
    return [
        send_id(
            subject_type="customer", subject_id=each, rule="tip", occurrence="o", step="", recipient=each, secret="test"
        )
        for each in readers
    ]


def main(url: str, count: str) -> None:
    """Land everything in small batches, and understand whatever waits after each."""
    engine = connect(url)
    events = [an_event(kind, id_, at=NOW) for id_ in ids(int(count)) for kind in TOLD]
    written = 0
    for start in range(0, len(events), 50):
        feedback.land(engine, map(raw, events[start : start + 50]), now=LATER)
        written += sum(understand(engine).kinds.values())
    sys.stdout.write(f"{written}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
