"""What follows from a rule: its English, its fingerprints, what its trigger tells mails, what is sure to be known."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rules.rule_files import GOOD

from engine.facts import FactType
from engine.rules.certain import certain_facts
from engine.rules.english import condition, moment, rule_sentence
from engine.rules.fingerprint import fingerprint, trigger_fingerprint
from engine.rules.language.triggers import TRIGGERS, trigger_facts
from engine.rules.loader import load
from engine.rules.model import Rule

SPECIAL = {path: GOOD[path] for path in ("rules/topics.yaml", "rules/traits.yaml", "rules/segments.yaml")}
START = "topic: tips\nwhen: {date: account.renews_on}\nsend: {7 days before: soon, on the day: now}\n"


def rule(text: str, name: str = "a", **special: str) -> Rule:
    """Load one sound rule."""
    changed = {f"rules/{path}.yaml": other for path, other in special.items()}
    loaded = load(SPECIAL | changed | {f"rules/{name}.yaml": text})
    assert loaded.problems == ()
    return loaded.rules.rules[name]


ENGLISH = {
    "account.status: [active, trialing]": "account.status is one of active, trialing",
    "account.amount: {at least: 49}": "account.amount is at least 49.00",
    "customer.newsletter: yes": "customer.newsletter is true",
    "account.renews_on: {within next: 2 weeks}": "account.renews_on is within the next 14 days",
    "customer.last_seen_at: {more than: 36 hours ago}": "customer.last_seen_at is more than 36 hours ago",
    "customer.signed_up_at: {before: 2026-03-01}": "customer.signed_up_at is before 2026-03-01 00:00 UTC",
    "account.renews_on: {between: [2026-03-01, 2026-04-01]}": "account.renews_on is between 2026-03-01 and 2026-04-01",
    "missing: customer.role": "customer.role is not known",
    "did not: Report Shared": "has not done Report Shared",
    "did: any event": "has done any event",
    "did: {event: A, at least: 3, within: 7 days}": "has done A at least 3 times within 7 days",
    "did: {event: A, at most: 1}": "has done A at most 1 time",
    "did: {event: A, at least: 2, at most: 3}": "has done A at least 2 and at most 3 times",
    "did not: {event: A, at least: 3}": "has done A fewer than 3 times",
    "did: {event: A, where: {plan: pro}}": "has done A where plan is pro",
    "segment: paying": "is in segment paying",
    "any: [has: customer.role, did: A]": "customer.role is known or has done A",
    "none: [did: A]": "not (has done A)",
    "none: [did: A, did: B]": "none of (has done A; has done B)",
    "all: [did: A, any: [did: B, did: C]]": "has done A and (has done B or has done C)",
}  # fmt: skip


@pytest.mark.parametrize(("text", "english"), ENGLISH.items())
def test_a_condition_in_english(text: str, english: str) -> None:
    """Every condition reads as an English phrase."""
    assert condition(rule(f"{START}if: [{text}]\n").conditions.parts[0]) == english


SENTENCES = {
    "card-expiry": (
        "Write to the owner of the account: `card-expiry` 30 days before, `card-expiry` 7 days before and"
        " `card-expiry-last-call` 1 day before account.card_expires_on, at 09:00. Only if: account.status is active."
    ),
    "we-miss-you": (
        "Write to the customer: `we-miss-you` after 14 days without and `we-miss-you-offer` after 30 days without"
        " any event (counted from customer.signed_up_at where there was none)."
        " Only if: account.status is one of active, trialing."
    ),
    "welcome-back": (
        "Write to the customer: `welcome-back` at once and `welcome-back-tour` 2 hours after a return after 30 days or"
        " more, at 08:30."
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "sentence"), SENTENCES.items())
def test_a_rule_in_english(name: str, sentence: str) -> None:
    """A rule reads as a sentence: to whom, what, when, only if."""
    assert rule_sentence(load(GOOD).rules.rules[name]) == sentence


def test_moments_in_english() -> None:
    """A moment says what it is counted from."""
    soon, now = rule(START).sends
    assert moment(soon, rule(START).trigger) == "7 days before account.renews_on"
    assert moment(now, rule(START).trigger) == "on account.renews_on"


CHANGES = {
    "nothing": (START, START, False, False),
    "spelling of a moment": (START, START.replace("7 days before", "1 week before"), False, False),
    "comment and description": (START, f"# for sales\ndescription: hello\n{START}", False, False),
    "condition": (START, f"{START}if: [has: account.plan]\n", True, False),
    "topic": (START, START.replace("tips", "offers"), True, False),
    "template": (START, START.replace("soon", "sooner"), True, False),
    "time of day": (START, f"{START}at: 10:00\n", True, False),
    "offset": (START, START.replace("7 days", "9 days"), True, False),
    "trigger": (START, START.replace("renews_on", "subscribed_on"), True, True),
    "whose it is": (START, f"{START}to: account owner\n", True, True),
}


@pytest.mark.parametrize(("old", "new", "rule_changes", "trigger_changes"), CHANGES.values(), ids=CHANGES)
def test_what_changes_a_fingerprint(old: str, new: str, *, rule_changes: bool, trigger_changes: bool) -> None:
    """What the engine does is in a rule's fingerprint, what is only said is not; a trigger's is its own."""
    one, other = rule(old), rule(new)
    assert (fingerprint(one, "UTC") != fingerprint(other, "UTC")) is rule_changes
    assert (trigger_fingerprint(one, "UTC") != trigger_fingerprint(other, "UTC")) is trigger_changes


def test_a_fingerprint_covers_what_a_rule_refers_to() -> None:
    """A segment's conditions and a trait's type are part of the rules that use them; a rule's own name is not."""
    text = f"{START}if: [segment: paying, account.boards: 3]\n"
    traits = GOOD["rules/traits.yaml"]
    base = fingerprint(rule(text), "UTC")
    assert fingerprint(rule(text, name="b"), "UTC") == base
    assert fingerprint(rule(text), "Asia/Tokyo") != base
    assert fingerprint(rule(text, segments="paying: [account.status: active]\n"), "UTC") != base
    assert fingerprint(rule(text, traits=traits.replace("type: number", "type: text")), "UTC") != base
    assert fingerprint(rule(text, segments=f"{GOOD['rules/segments.yaml']}more: [did: A]\n"), "UTC") == base


def test_a_trigger_tells_its_mails() -> None:
    """Each trigger gives the names that its mails may use, with their types."""
    names = {name: set(trigger_facts(rule)) for name, rule in load(GOOD).rules.rules.items()}
    assert names["card-expiry"] == {"days_left", "date"}
    assert names["loyalty-reward"] == {"years", "date"}
    assert names["monthly-report"] == {"months", "date"}
    assert names["we-miss-you"] == {"days_silent", "since"}
    assert names["welcome-back"] == {"days_away"}
    welcome = trigger_facts(load(GOOD).rules.rules["welcome"])
    assert welcome["event.properties.seats"].type is FactType.NUMBER
    assert welcome["event.properties.invited"].type is FactType.BOOLEAN
    assert welcome["event.properties.plan"].always
    assert not welcome["event.properties.*"].always


def test_every_trigger_s_example_is_a_rule() -> None:
    """The example of each row of the table loads as the trigger of that row."""
    for row in TRIGGERS.values():
        loaded = rule(f"topic: tips\nwhen: {row.example}\nsend: {{after 2 days: hello}}\n")
        assert isinstance(loaded.trigger, row.model)
        assert loaded.sends[0].offset == timedelta(days=2)


CERTAIN = {
    "": {"account.renews_on"},
    "if: [account.plan: pro, none: [has: account.name]]": {"account.renews_on", "account.plan"},
    "if: [missing: account.plan]": {"account.renews_on"},
    "if: [any: [account.plan: pro, all: [has: account.plan, did: A]]]": {"account.renews_on", "account.plan"},
    "if: [any: [account.plan: pro, has: account.name]]": {"account.renews_on"},
    "if: [segment: paying]": {"account.renews_on", "account.status"},
}


@pytest.mark.parametrize(("conditions", "facts"), CERTAIN.items())
def test_what_is_sure_to_be_known(conditions: str, facts: set[str]) -> None:
    """The trigger's fact and each fact that a condition needs are there when the mail is written."""
    assert certain_facts(rule(f"{START}{conditions}\n")) == facts
