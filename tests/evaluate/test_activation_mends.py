"""Making rules live beside others: operators who pause meanwhile, names that were used before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from evaluate.staging import Stage, at, renamed, rule

from engine import evaluate
from engine.db import reading, writing
from engine.evaluate.activation import _rename
from engine.models.tables import enrollment, membership, message, rule_state
from engine.rules.compiler import compile_rule
from engine.rules.model import EventTrigger

CANCEL = EventTrigger(event="Cancelled")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_pause_while_a_release_is_applied_is_not_lost(stage: Stage) -> None:
    """Whoever comes second waits, and then finds the rule as the first one left it."""
    tried = rule(CANCEL, 1)
    stage.live("2026-03-01 00:00", tried)
    with ThreadPoolExecutor(1) as other:
        with writing(stage.engine) as connection:
            evaluate.activate(connection, compile_rule(rule(CANCEL, 2), zone="UTC"), release_id=2, now=NOW)
            pausing = other.submit(evaluate.pause, stage.engine, "tried", NOW, "ops")
            with pytest.raises(TimeoutError):
                pausing.result(timeout=0.3)
        pausing.result(timeout=20)
    with reading(stage.engine) as connection:
        stand = evaluate.read(connection)["tried"]
    assert (stand.release_id, stand.paused_at is not None) == (2, True)


def test_a_release_waits_for_a_pause_under_way(stage: Stage) -> None:
    """What was read before the pause was committed is not written back over it."""
    stage.live("2026-03-01 00:00", rule(CANCEL, 1))

    def apply() -> None:
        with writing(stage.engine) as connection:
            evaluate.activate(connection, compile_rule(rule(CANCEL, 1), zone="UTC"), release_id=2, now=NOW)

    with ThreadPoolExecutor(1) as other:
        with writing(stage.engine) as connection:
            connection.execute(sa.update(rule_state).values(paused_at=NOW))
            applying = other.submit(apply)
            with pytest.raises(TimeoutError):
                applying.result(timeout=0.3)
        applying.result(timeout=20)
    with reading(stage.engine) as connection:
        stand = evaluate.read(connection)["tried"]
    assert (stand.release_id, stand.paused_at is not None) == (2, True)


def test_a_name_that_was_used_before_does_not_hide_what_the_rule_was(stage: Stage) -> None:
    """A retired rule of the new name: the renamed rule keeps its own place and its own ledger."""
    old, taken = rule(CANCEL, 1), renamed(rule(CANCEL, 20), "taken")
    stage.live("2026-02-01 00:00", old, taken)
    stage.live("2026-02-02 00:00", old)
    stage.event("2026-03-01 10:00", "Cancelled")
    stage.tick("2026-03-02 10:00")
    stage.event("2026-03-02 10:00", "Cancelled")
    stage.live("2026-03-02 10:30", renamed(old, "taken", was="tried"))
    stage.tick("2026-03-03 10:00")
    assert stage.rows("rule", "state") == [("taken", "enrolled"), ("taken", "enrolled")]
    with reading(stage.engine) as connection:
        assert list(evaluate.read(connection)) == ["taken"]


def test_an_occurrence_that_the_retired_rule_of_that_name_decided_stays_its_own(stage: Stage) -> None:
    """The same occurrence under both names: the one of the new name counts, the other stays where it is."""
    old, taken = rule(CANCEL, 1), renamed(rule(CANCEL, 1), "taken")
    stage.live("2026-02-01 00:00", old, taken)
    stage.event("2026-03-01 10:00", "Cancelled")
    stage.event("2026-03-01 10:00", "Cancelled", id_="bob")
    stage.tick("2026-03-02 10:00")
    stage.live("2026-03-02 10:10", old)
    with writing(stage.engine) as connection:
        bobs = sa.and_(enrollment.c.rule == "taken", enrollment.c.subject_id == "bob")
        connection.execute(sa.delete(enrollment).where(bobs))
    stage.live("2026-03-02 10:20", renamed(old, "taken", was="tried"))
    stage.tick("2026-03-02 10:30")
    assert sorted(stage.rows("subject_id", "rule")) == [("ana", "taken"), ("ana", "tried"), ("bob", "taken")]


def test_messages_and_stays_move_with_their_occurrences(stage: Stage) -> None:
    """A message whose occurrence stays under the old name stays there, too."""
    with writing(stage.engine) as connection:
        for name, who in (("old", "ana"), ("old", "bob"), ("new", "ana")):
            connection.execute(sa.insert(enrollment).values(**_decided(name, who)))
            connection.execute(sa.insert(membership).values(rule=name, **_SUBJECT, subject_id=who, episode=1))
        for who in ("ana", "bob"):
            connection.execute(sa.insert(message).values(**_mail("old", who)))
        _rename(connection, "old", "new")
        rows = {
            table.name: sorted(connection.execute(sa.select(table.c.rule, table.c.subject_id)).tuples())
            for table in (enrollment, membership, message)
        }
    moved = [("new", "ana"), ("new", "bob"), ("old", "ana")]
    assert rows == {"enrollment": moved, "membership": moved, "message": [("new", "bob"), ("old", "ana")]}


_SUBJECT = {"subject_type": "customer"}
_KEY = _SUBJECT | {"occurrence": "e1/+1d"}


def _decided(name: str, who: str) -> dict[str, object]:
    instants = dict.fromkeys(("due_at", "moment_at", "decided_at"), at("2026-03-01 10:00"))
    rest = {"state": "enrolled", "fact": "e1", "send": "after 1 day", "offset": 1, "release_id": 1}
    return {**_KEY, "rule": name, "subject_id": who, **instants, **rest}


def _mail(name: str, who: str) -> dict[str, object]:
    instants = dict.fromkeys(("due_at", "not_before", "expires_at", "created_at", "status_at"), NOW)
    rest = {"send_id": f"{name}-{who}", "recipient_id": who, "topic": "tips", "template": "mail"}
    return {**_KEY, "rule": name, "subject_id": who, **instants, **rest, "release_id": 1, "status": "queued"}
