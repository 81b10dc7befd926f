"""A plan of a topic that begins to ask people, or no longer does: whose mail starts or stops by that alone."""

from __future__ import annotations

from company import FILES, NOW, people
from planned import Planner

from engine import consent
from engine.db import writing

TOPICS = "rules/topics.yaml"
ASKED = {**FILES, TOPICS: FILES[TOPICS].replace("tips: marketing", "tips: {kind: marketing, consent: opt-in}")}


def agreed(planner: Planner) -> None:
    """Let there be three people, of whom Cleo said yes and Bob no."""
    people(planner.database)
    with writing(planner.database) as connection:
        for name, state in (("cleo", "yes"), ("bob", "no")):
            said = consent.Said(topic="tips", state=state, at=NOW, source="test")  # type: ignore[arg-type]
            consent.record(connection, [(name, said)])


def test_opt_in_stops_the_mail_of_who_never_said_yes(planner: Planner) -> None:
    """Cleo goes on to get it, Bob never did, and Ana no longer does."""
    agreed(planner)
    planner.live(FILES)
    rule = planner.rule(ASKED)
    assert rule.difference.what == ("topic tips: consent opt-out → opt-in",)
    assert ([mail.customer_id for mail in rule.stops], rule.starts) == (["ana"], ())


def test_opt_out_starts_the_mail_of_who_said_nothing(planner: Planner) -> None:
    """Ana begins to get it; Bob's no still holds."""
    agreed(planner)
    planner.live(ASKED)
    rule = planner.rule(FILES)
    assert ([mail.customer_id for mail in rule.starts], rule.stops) == (["ana"], ())
