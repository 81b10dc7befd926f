"""An operator can stop and start what runs, and keep addresses from getting mail; each leaves a trace."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from commands import Lifecycle

from engine.clock import SystemClock
from engine.db import reading, writing
from engine.models.tables import audit, customer, rule_state, worker
from engine.outbox.lanes import trouble

NOW = SystemClock().now()


def live_rule(database: sa.Engine, name: str = "welcome", **state: object) -> None:
    """A rule of the live release."""
    row = {"rule": name, "release_id": 1, "fingerprint": "f", "trigger_fingerprint": "t", "activated": {}} | state
    with writing(database) as connection:
        connection.execute(sa.insert(rule_state).values({"full_pass": False} | row))


def audited(database: sa.Engine) -> list[str]:
    """The actions of the audit, in their order."""
    with reading(database) as connection:
        return list(connection.scalars(sa.select(audit.c.action).order_by(audit.c.at)))


def test_all_sending_is_paused_and_resumed(lifecycle: Lifecycle, database: sa.Engine) -> None:
    """Status shows who stopped it, and resuming twice says that nothing was stopped."""
    lifecycle.ok("pause")
    stopped = lifecycle.ok("status", "--json").json["lanes"]
    assert [(lane["name"], lane["reason"]) for lane in stopped] == [("all", "paused by an operator")]
    assert "all is stopped (paused by an operator" in lifecycle.ok("status").out
    assert lifecycle.ok("resume").err == "Sending goes on.\n"
    assert lifecycle.ok("resume").err == "Sending was not paused.\n"
    assert audited(database) == ["pause", "resume"]


def test_a_lane_in_trouble_is_shown_with_its_words(lifecycle: Lifecycle, database: sa.Engine) -> None:
    """What the provider said last, while mail goes on."""
    trouble(database, "smtp", "mail.x.test refused the connection")
    assert "smtp: mail.x.test refused the connection" in lifecycle.ok("status").out


def test_one_rule_is_paused_and_resumed(lifecycle: Lifecycle, database: sa.Engine) -> None:
    """Pausing twice keeps the first time."""
    live_rule(database)
    lifecycle.ok("pause", "welcome")
    first = lifecycle.ok("status", "--json").json["rules"][0]["paused_at"]
    lifecycle.ok("pause", "welcome")
    assert lifecycle.ok("status", "--json").json["rules"][0]["paused_at"] == first is not None
    lifecycle.ok("resume", "welcome")
    assert lifecycle.ok("status", "--json").json["rules"][0]["paused_at"] is None


def test_a_rule_name_that_is_nearly_right_is_suggested(lifecycle: Lifecycle, database: sa.Engine) -> None:
    """As everywhere."""
    live_rule(database)
    assert lifecycle.refused("pause", "wellcome", code=2).endswith("did you mean `welcome`?")


def test_a_held_rule_is_shown_and_approved(lifecycle: Lifecycle, database: sa.Engine) -> None:
    """Approval is for as many as it was held for; a rule that is not held cannot be approved."""
    live_rule(database, held_at=NOW, held_count=1234)
    live_rule(database, "we-miss-you")
    assert "held: 1,234 at once; `lifecycle approve welcome`" in lifecycle.ok("status").out
    lifecycle.ok("approve", "welcome")
    with reading(database) as connection:
        approved = connection.execute(sa.select(rule_state).where(rule_state.c.rule == "welcome")).one()
    assert approved.approved_count == 1234
    assert "is not held" in lifecycle.refused("approve", "we-miss-you", code=2)


def test_workers_that_are_silent_are_shown_so(lifecycle: Lifecycle, database: sa.Engine) -> None:
    """A minute without a heartbeat."""
    now = SystemClock().now()
    with writing(database) as connection:
        for id_, seen in (("a", now), ("b", now - timedelta(minutes=5))):
            row = {"id": id_, "host": "h", "started_at": now - timedelta(hours=1), "seen_at": seen}
            connection.execute(sa.insert(worker).values(row))
    found = lifecycle.ok("status", "--json").json["workers"]
    assert [(one["id"], one["alive"]) for one in found] == [("a", True), ("b", False)]


def test_an_address_is_suppressed_listed_and_freed(lifecycle: Lifecycle) -> None:
    """However it is spelled."""
    assert lifecycle.ok("suppress", "add", "Ana@X.test").err == "Ana@X.test gets no mail any more.\n"
    assert "already" in lifecycle.ok("suppress", "add", "ana@x.test").err
    listed = lifecycle.ok("suppress", "list", "--json").json
    assert [(one["address"], one["scope"]) for one in listed] == [("Ana@X.test", "*")]
    lifecycle.ok("suppress", "remove", "ANA@x.test")
    assert lifecycle.ok("suppress", "list", "--json").json == []
    assert "is not an email address" in lifecycle.refused("suppress", "add", "ana@x..test", code=2)


def test_a_customer_is_suppressed_by_id(lifecycle: Lifecycle, database: sa.Engine, starter: Path) -> None:
    """A customer may be named by id or address everywhere; a misspelt topic would keep nothing back."""
    del starter
    with writing(database) as connection:
        row = {"id": "c1", "email": "ana@x.test", "email_key": "ana@x.test", "created_at": NOW, "changed_at": NOW}
        connection.execute(sa.insert(customer).values(row))
    assert "did you mean `tips`?" in lifecycle.refused("suppress", "add", "c1", "--topic", "tipps", code=2)
    lifecycle.ok("suppress", "add", "c1", "--topic", "tips")
    listed = lifecycle.ok("suppress", "list", "--json").json
    assert [(one["address"], one["scope"]) for one in listed] == [("ana@x.test", "tips")]


def test_without_a_secret_nothing_is_suppressed(lifecycle: Lifecycle, variables: object) -> None:
    """The sentence says how to get one."""
    variables.delenv("LIFECYCLE_SECRET")  # type: ignore[attr-defined]
    assert lifecycle.refused("suppress", "add", "a@x.test").startswith("LIFECYCLE_SECRET is not set")
