"""An upgrade loses no message: what an older version left is sent, settled or in doubt after it, once each."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from company import DAY, NOW, app, people

from engine import schema
from engine.app import App
from engine.app.release import make_release
from engine.app.running import works
from engine.clock import SetClock
from engine.db import reading, writing
from engine.errors import DatabaseError
from engine.models.tables import message
from engine.providers.memory import MemoryProvider


@pytest.fixture
def left_behind(database: sa.Engine, tmp_path: Path) -> App:
    """A database of the version before, with two messages that wait and one that was under way when it was killed."""
    people(database, {"ana": 13, "bob": 13, "cleo": 13})
    opened = app(database, tmp_path)
    make_release(opened)
    assert isinstance(opened.clock, SetClock)
    opened.clock.at = NOW + 1.5 * DAY
    with works(opened, MemoryProvider()) as ready:
        ready.evaluate()
        ready.enqueue()
    with writing(database) as connection:
        under_way = {"status": "sending", "attempt": 1, "worker": "gone", "first_intent_at": NOW, "lease_until": NOW}
        connection.execute(sa.update(message).where(message.c.recipient_id == "cleo").values(**under_way))
    schema.downgrade(database, "0002")
    return opened


def test_what_waited_is_sent_and_what_was_under_way_is_in_doubt(left_behind: App) -> None:
    """Nobody is forgotten and nobody gets two."""
    with pytest.raises(DatabaseError, match="lifecycle db upgrade"):
        schema.require_current(left_behind.database)
    schema.upgrade(left_behind.database)
    carrier = MemoryProvider()
    with works(left_behind, carrier) as ready:
        for _ in range(2):
            for stage in ready.stages():
                stage.run()
    with reading(left_behind.database) as connection:
        ends = dict(connection.execute(sa.select(message.c.recipient_id, message.c.status)).tuples().all())
    assert ends == {"ana": "sent", "bob": "sent", "cleo": "in_doubt"}
    assert sorted(each.recipient.address for each in carrier.sent) == ["ana@example.com", "bob@example.com"]
