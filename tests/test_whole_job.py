"""The whole job over both databases: state in, mails out, once each, whatever happens to the daemons."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from company import DAY, NOW, app, edited, people

from engine.app import App
from engine.app.release import make_release
from engine.app.running import Works, works
from engine.app.sources import source
from engine.clock import SetClock
from engine.db import connect, reading
from engine.models.tables import customer, message
from engine.providers.memory import MemoryProvider

CROWD = {f"c{number:03d}": 13 for number in range(120)}


def turn(ready: Works) -> None:
    """Wake each stage once."""
    for stage in ready.stages():
        stage.run()


def set_clock(opened: App, days: float) -> None:
    """Let it be so many days after the start."""
    assert isinstance(opened.clock, SetClock)
    opened.clock.at = NOW + days * DAY


def addresses(*providers: MemoryProvider) -> Counter[str]:
    """How many mails each address got."""
    return Counter(envelope.recipient.address for provider in providers for envelope in provider.sent)


def outcomes(database: sa.Engine) -> dict[str, int]:
    """How many messages stand at each status."""
    counted = sa.select(message.c.status, sa.func.count()).group_by(message.c.status)
    with reading(database) as connection:
        return {row[0]: row[1] for row in connection.execute(counted)}


def test_two_daemons_on_the_same_state_send_nothing_twice(
    database: sa.Engine, database_url: str, tmp_path: Path
) -> None:
    """Everybody due gets one mail, from one daemon or the other, and every message is sent."""
    people(database, CROWD)
    first = app(database, tmp_path)
    make_release(first)
    set_clock(first, 1.5)
    second = App(settings=first.settings, database=connect(database_url), clock=first.clock)
    carriers = (MemoryProvider(), MemoryProvider())
    barrier = threading.Barrier(2)

    def daemon(opened: App, carrier: MemoryProvider) -> None:
        with works(opened, carrier) as ready:
            barrier.wait()
            for _ in range(3):
                turn(ready)

    threads = [threading.Thread(target=daemon, args=pair) for pair in zip((first, second), carriers, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second.database.dispose()
    assert addresses(*carriers) == Counter(f"{name}@example.com" for name in CROWD)
    assert outcomes(database) == {"sent": len(CROWD)}


def test_a_daemon_that_starts_again_goes_on_where_the_last_one_ended(database: sa.Engine, tmp_path: Path) -> None:
    """Stopping after any stage and starting anew neither loses nor repeats a mail."""
    people(database)
    opened, carrier = app(database, tmp_path), MemoryProvider()
    make_release(opened)
    set_clock(opened, 1.5)
    for stage in ("evaluate", "evaluate", "enqueue", "enqueue", "dispatch", "dispatch"):
        with works(opened, carrier) as ready:
            getattr(ready, stage)()
    assert addresses(carrier) == {"ana@example.com": 1}


@pytest.mark.parametrize(("away", "sent", "expired"), [(3.0, 2, 0), (6.5, 1, 2)])
def test_a_weekend_of_downtime_neither_loses_nor_repeats(
    database: sa.Engine, tmp_path: Path, away: float, sent: int, expired: int
) -> None:
    """The first tick judges what was missed: mails that are not too late leave, the others end as expired."""
    people(database)
    opened, carrier = app(database, tmp_path), MemoryProvider()
    make_release(opened)
    with works(opened, carrier) as ready:
        turn(ready)
        set_clock(opened, away)
        turn(ready)
        turn(ready)
    found = outcomes(database)
    assert (found.get("sent", 0), found.get("expired", 0)) == (sent, expired)
    assert set(addresses(carrier).values()) == {1}


def test_daemons_follow_the_release_and_not_their_own_files(database: sa.Engine, tmp_path: Path) -> None:
    """A release that becomes live is taken up by a running daemon; an older one's mail is not sent a second time."""
    people(database)
    opened, carrier = app(database, tmp_path), MemoryProvider()
    make_release(opened)
    with works(opened, carrier) as ready:
        set_clock(opened, 1.5)
        turn(ready)
        make_release(app(database, tmp_path, edited("come back", "please come back", "templates/welcome-back.md")))
        set_clock(opened, 3.5)
        turn(ready)
    assert [envelope.subject for envelope in carrier.sent] == ["Ana, come back", "Bob, please come back"]


def test_another_time_zone_in_the_settings_waits_for_a_release(database: sa.Engine, tmp_path: Path) -> None:
    """Daemons run the zone of the release, whatever their own settings say, so that all hosts agree."""
    people(database)
    opened, carrier = app(database, tmp_path), MemoryProvider()
    make_release(opened)
    elsewhere = replace(opened, settings=opened.settings.model_copy(update={"time_zone": "Asia/Kolkata"}))
    with works(elsewhere, carrier) as ready:
        set_clock(elsewhere, 1.5)
        turn(ready)
    assert addresses(carrier) == {"ana@example.com": 1}
    assert source(elsewhere).differing == ("setting time_zone (UTC → Asia/Kolkata)",)


def test_a_condition_that_fails_while_a_mail_waits_cancels_it(database: sa.Engine, tmp_path: Path) -> None:
    """Who comes back between being enrolled and being written to gets no mail, and the reason is kept."""
    people(database)
    at_night = edited("send:", "at: 09:00\nsend:")
    opened, carrier = app(database, tmp_path, at_night), MemoryProvider()
    make_release(opened)
    with works(opened, carrier) as ready:
        set_clock(opened, 1)
        turn(ready)
        assert outcomes(database) == {"queued": 1}
        come_back = {"last_seen_at": NOW + DAY + timedelta(hours=2), "seen_changed_at": NOW + DAY + timedelta(hours=2)}
        with database.begin() as connection:
            connection.execute(sa.update(customer).where(customer.c.id == "ana").values(come_back))
        set_clock(opened, 2)
        turn(ready)
    assert outcomes(database) == {"cancelled": 1}
    assert carrier.sent == []
