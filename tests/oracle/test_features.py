"""The generator knows what its rules have, and makes rules that have what is asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from oracle import invent
from oracle.edges import Edges
from oracle.features import features, with_features
from oracle.pool import Pool

from engine.facts import BUILT_IN
from engine.rules.model import DateTrigger, DidTest, FactTest, Group, OnTrigger, Rule, Send, Trigger

CARD, SEEN = BUILT_IN["account.card_expires_on"], BUILT_IN["customer.last_seen_at"]
DAY = timedelta(days=1)
WINDOW = FactTest(fact=SEEN, operator="within last", operands=(2 * DAY,))
OFTEN = DidTest(event="Logged In", at_least=3, within=7 * DAY)


def _rule(trigger: Trigger, *parts: FactTest | DidTest, offset: timedelta = -DAY) -> Rule:
    sends = (Send(label="", offset=offset, template="mail"),)
    conditions = Group(kind="all", parts=parts)
    return Rule(name="it", topic="tips", trigger=trigger, sends=sends, place=invent.HERE, conditions=conditions)


@pytest.mark.parametrize(
    ("rule", "some", "without"),
    [
        (_rule(DateTrigger(fact=CARD)), {"account's date", "local days", "before", "no condition"}, "one test"),
        (_rule(OnTrigger(when=datetime(2026, 3, 1, tzinfo=UTC))), {"on", "on instant", "of customers"}, "local days"),
        (_rule(DateTrigger(fact=SEEN), WINDOW), {"one test", "time within last", "fact within last"}, "day window"),
        (_rule(DateTrigger(fact=CARD), WINDOW, OFTEN), {"did at least", "did within", "all"}, "one test"),
    ],
)
def test_a_rule_has_its_features(rule: Rule, some: set[str], without: str) -> None:
    """They name its trigger, its moments and its tests, and nothing that it has not."""
    assert some <= features(rule)
    assert without not in features(rule)


def test_edges_are_what_rules_name() -> None:
    """Every length, event and value that a rule compares with is one at which its answer may turn."""
    amount = FactTest(fact=BUILT_IN["account.renewals"], operator="at most", operands=(2,))
    edges = Edges.of([_rule(DateTrigger(fact=CARD), OFTEN, amount)])
    assert {size // (24 * 3600 * 1_000_000) for size in edges.lengths} == {0, 1, 3, 7}
    assert edges.events == {"Logged In"}
    assert edges.values["account", "renewals"] == {2}
    assert {hour.hour for hour in edges.hours} == {0, 9}
    assert edges.accounts


@pytest.mark.parametrize("needed", [{"becomes", "fact between"}, {"first event", "event where", "several offsets"}])
def test_all_rules_of_a_pool_have_what_is_needed(needed: set[str]) -> None:
    """Edits of a rule keep what is needed, so a history is about it to its end."""
    pool = Pool(Random(1), 3, needed)  # noqa: S311 (no secret)
    assert all(needed <= features(program.rule) for versions in pool.versions for program in versions)


def test_what_no_rule_has_is_said() -> None:
    """A misspelt feature ends in an error that names it."""
    rng = Random(1)  # noqa: S311 (no secret)
    with pytest.raises(LookupError, match="first evnt"):
        with_features(lambda: invent.rule(rng, "it", date(2026, 3, 1)), {"first evnt"})
