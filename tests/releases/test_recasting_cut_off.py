"""A pass that reads values anew and is cut off: rules that read them wait, and nothing is missed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from company import NOW, app
from releases.recast import HOUR, MAILS, POINTS, applied, at, cut_off, declared, enrolled, hear, stored, tick

from engine import outbox, runtime
from engine.app import App
from engine.app.dry_run import Wanted, dry_run
from engine.app.explain import explained
from engine.app.release import make_release
from engine.app.sources import source
from engine.db import reading
from engine.evaluate import Did
from engine.facts import FactType
from engine.intake import Kind, recasting
from engine.models.tables import message, rule_state
from engine.outbox.due import first
from engine.outbox.leases import Share
from engine.releases import store
from engine.releases.declarations import settle


@pytest.fixture
def under_way(database: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    """A rule whose fact becomes a number, people with a hundred points and one with less; the pass was cut off."""
    open_app = app(
        database, tmp_path, {**MAILS, "rules/welcome.yaml": "topic: tips\nwhen: {event: Bought}\nsend: hello\n"}
    )
    applied(open_app)
    points = ["100", "5", "200", "300", "400", "7", "500", "N/A"]
    hear(
        open_app, Kind.CUSTOMERS, *({"id": f"c{n}", "email": f"c{n}@x.test", "points": p} for n, p in enumerate(points))
    )
    (tmp_path / "rules/points.yaml").write_text(POINTS)
    cut_off(open_app, monkeypatch, 3, points="number")
    at(open_app, NOW + timedelta(minutes=1))
    hear(
        open_app,
        Kind.EVENTS,
        *({"customer_id": f"c{n}", "name": "Bought", "at": open_app.clock.now().isoformat()} for n in range(8)),
    )
    return open_app


def test_rules_that_read_the_fact_wait_and_others_go_on(under_way: App) -> None:
    """Between apply and the end of the pass no rule is judged by values of which only some can be compared."""
    at(under_way, NOW + HOUR)
    assert tick(under_way) == {"points": Did.RECASTING, "welcome": Did.TICK}
    assert {occurrence.rpartition("/")[2] for _, occurrence in enrolled(under_way.database)} == {"+0d"}


def test_explain_says_that_a_rule_waits(under_way: App) -> None:
    """Until the values are read; of a time in the past nobody knows whether it did."""
    waits = "waits for values to be read as their new type; `lifecycle run` or `lifecycle apply` goes on with that"
    assert explained(under_way, "points", "c0").explanation.standing == waits
    assert explained(under_way, "points", "c0", at=NOW).explanation.standing == ""
    assert explained(under_way, "welcome", "c0").explanation.standing == ""
    settle(under_way.database, clock=under_way.clock)
    assert explained(under_way, "points", "c0").explanation.standing == ""


def test_a_simulation_finishes_the_pass_for_itself(under_way: App, database: sa.Engine) -> None:
    """Rules that wait in life run in it, whether files or the live release are asked; in life nothing has moved."""
    before = stored(database, "points")
    start = under_way.clock.now()
    for live in (False, True):
        wanted = Wanted(start=start, until=start + 2 * HOUR, rules=frozenset({"points"}))
        run = dry_run(under_way, source(under_way, live=live), wanted)
        assert sorted(mail.customer_id for mail in run.mails) == ["c0", "c2", "c3", "c4", "c6", "c7"]
    assert stored(database, "points") == before


def test_a_pass_that_was_cut_off_is_finished_and_nothing_is_missed(under_way: App, database: sa.Engine) -> None:
    """The daemon, or applying the same files again, reads the rest; what fell due meanwhile is judged then."""
    at(under_way, NOW + 2 * HOUR)
    tick(under_way)
    done = make_release(under_way)
    assert done.applied is not None
    assert not done.applied.new
    assert [each.moved for each in done.recast] == [5]
    assert settle(database, clock=under_way.clock) == ()
    assert tick(under_way)["points"] is Did.TICK
    assert [who for who, occurrence in enrolled(database) if occurrence.endswith("+1h")] == [
        "c0",
        "c2",
        "c3",
        "c4",
        "c6",
        "c7",
    ]
    with reading(database) as connection:
        assert not any(connection.execute(sa.select(rule_state.c.recasting)).scalars())
        assert not store.recasting(connection)


def test_messages_of_waiting_rules_wait(database: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their conditions cannot be asked again yet, so they are neither cancelled nor sent."""
    open_app = app(database, tmp_path, {**MAILS, "rules/points.yaml": POINTS})
    applied(open_app, points="number")
    hear(open_app, Kind.CUSTOMERS, {"id": "ana", "email": "ana@x.test", "points": "100"})
    hear(open_app, Kind.EVENTS, {"customer_id": "ana", "name": "Bought", "at": NOW.isoformat()})
    at(open_app, NOW + HOUR)
    tick(open_app)
    (tmp_path / "rules/points.yaml").write_text(POINTS.replace("100", "99.50"))
    cut_off(open_app, monkeypatch, 1, points="money")
    with reading(database) as connection:
        live = store.live(connection)
    assert live is not None
    running = runtime.build(live.files, release_id=live.id, settings=open_app.settings)
    outbox.enqueue(database, running, now=open_app.clock.now())
    with reading(database) as connection:
        assert connection.execute(sa.select(message.c.status)).scalars().all() == ["queued"]
        assert first(connection, running, Share(), now=NOW + 2 * HOUR, limit=9) == ()
    settle(database, clock=open_app.clock)
    with reading(database) as connection:
        assert len(first(connection, running, Share(), now=NOW + 2 * HOUR, limit=9)) == 1


def test_a_newer_release_takes_over(under_way: App, database: sa.Engine) -> None:
    """Values are read as the newest declaration has them, whoever was still reading them as an older one."""
    make_type = declared(points="text")["rules/traits.yaml"]
    workspace = under_way.settings.workspace
    (workspace / "rules/traits.yaml").write_text(make_type)
    (workspace / "rules/points.yaml").write_text(POINTS.replace("{below: 100}", "a"))
    make_release(under_way)
    assert stored(database, "points")["c0"] == ("100", "100", None, None, None)
    assert stored(database, "points")["c7"] == ("N/A", "n/a", None, None, None)
    with pytest.raises(recasting.SupersededError):
        recasting.recast_all(
            database, {"customer.points": FactType.NUMBER}, release_id=2, zone="UTC", clock=under_way.clock
        )
    assert stored(database, "points")["c0"] == ("100", "100", None, None, None)
