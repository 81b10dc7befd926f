"""How many requests may start at once, and that no connection is forgotten."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sending import a_claimer, a_clock

from engine import outbox
from engine.dispatch.pace import Pace
from engine.dispatch.sender import Sender


@pytest.mark.parametrize(("rate", "connections", "expected"), [(None, 8, 8), (3.0, 8, 3), (100.0, 4, 4), (0.5, 4, 1)])
def test_a_claim_takes_what_can_start_now(rate: float | None, connections: int, expected: int) -> None:
    """Never more than there are free connections, nor than the rate has tokens for."""

    async def room() -> int:
        return await Pace(connections=connections, rate=rate).room()

    assert asyncio.run(room()) == expected


@pytest.mark.parametrize(("rate", "page"), [(None, 200), (1_000.0, 200), (50.0, 100), (1.0, 8), (0.1, 8)])
def test_no_more_is_prepared_than_leaves_soon(rate: float | None, page: int) -> None:
    """What is more urgent waits behind two seconds of mail, or as many as there are connections, and never long."""
    assert Pace(connections=8, rate=rate).page == page


def test_room_that_was_not_used_is_given_back() -> None:
    """A run that ends with room in hand leaves as many connections to the next as it had."""

    async def leave_off() -> tuple[int, int]:
        pace = Pace(connections=2, rate=None)
        sender = Sender(
            engine=sa.create_engine("sqlite://"),
            claimer=a_claimer(),
            clock=a_clock(),
            pace=pace,
            database=ThreadPoolExecutor(1),
            preparing=ThreadPoolExecutor(1),
            stopping=lambda: False,
            signal=lambda _: None,
            start_within=outbox.START_WITHIN,
            unsettled=[],
            unsure=[],
        )
        sender._line.waiting.append(outbox.Candidate(send_id="1", address_hash="a"))
        sender._ask_for_room()
        await asyncio.sleep(0)
        taken = 2 - pace.free
        await sender._leave_off()
        return taken, pace.free

    assert asyncio.run(leave_off()) == (2, 2)
