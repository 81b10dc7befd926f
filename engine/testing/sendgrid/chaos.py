"""Replies at random, the same for the same seed: most are good, and each kind of fault comes up."""

from __future__ import annotations

import random
from collections.abc import Iterator

from engine.testing.sendgrid.replies import Reply

_GOOD = 0.9
_FAULTS = (
    Reply(status=429, resets_in=1),
    Reply(status=500),
    Reply(status=503),
    Reply(status=502),
    Reply(status=504, keeps=True),
    Reply(does="reset"),
    Reply(does="reset", keeps=True),
    Reply(does="cut", keeps=True),
    Reply(does="garbage"),
    Reply(does="garbage", keeps=True),
    Reply(after=0.2),
    Reply(drops="Bounced Address"),
)
"""None that stops a lane or fails a message for good: those are told one by one."""


def chaos(seed: int) -> Iterator[Reply]:
    """Yield replies without end."""
    chance = random.Random(seed)  # noqa: S311 (to be repeated, not to be secret)
    while True:
        yield Reply() if chance.random() < _GOOD else chance.choice(_FAULTS)
