"""Every example of the design reads as it says."""

from __future__ import annotations

from datetime import time, timedelta

from engine.facts import BUILT_IN
from engine.rules.loader import load
from engine.rules.model import (
    DateTrigger,
    DidTest,
    EventTrigger,
    EveryTrigger,
    FactTest,
    Group,
    Rule,
    SilentTrigger,
)

TOPICS = """
billing: transactional
account: {kind: transactional, title: Your account, sender: Tidepool <hello@tidepool.example>, priority: 5}
tips: {kind: marketing, on_doubt: resend}
offers: marketing
"""
SEGMENTS = """
uses-main-features:
  - did: Report Shared
"""
CARD_EXPIRY = """
topic: billing
to: account owner
when: {date: account.card_expires_on}
send:
  30 days before: card-expiry
  7 days before: card-expiry
  1 day before: card-expiry-last-call
if:
  - account.status: active
at: 09:00
"""
WE_MISS_YOU = """
topic: tips
when: {silent: any event, or since: customer.signed_up_at}
send: {after 14 days: we-miss-you, after 30 days: we-miss-you-offer}
if: [account.status: [active, trialing]]
"""
NUDGE = """
topic: tips
when: {date: customer.signed_up_at}
send: {after 7 days: did-you-know-reports}
if:
  - did not: Report Shared
  - did: {event: Logged In, at least: 3, within: 7 days}
"""
BEFORE_YOU_GO = """
topic: account
when: {event: Cancel Page Viewed}
send: {after 1 day: before-you-go}
if: [did not: {event: Subscription Cancelled, since: trigger}]
"""
LOYALTY = """
topic: offers
to: account owner
when: {every: year, since: account.subscribed_on}
send: {on the day: {template: loyalty-reward, with: {gift: one month free}}}
if: [account.renewals: {at least: 1}, segment: uses-main-features]
"""


def one(text: str, **options: object) -> Rule:
    """Load one rule among the design's topics and segments, which must be without a fault."""
    files = {"rules/topics.yaml": TOPICS, "rules/segments.yaml": SEGMENTS, "rules/it.yaml": text}
    loaded = load(files, **options)  # type: ignore[arg-type]
    assert loaded.problems == ()
    return loaded.rules.rules["it"]


def test_card_expiry() -> None:
    """A date of the account, three offsets before it, one account mail at nine."""
    rule = one(CARD_EXPIRY)
    assert rule.trigger == DateTrigger(fact=BUILT_IN["account.card_expires_on"])
    moments = [(send.label, send.offset.days, send.template) for send in rule.sends]
    assert moments == [
        ("30 days before", -30, "card-expiry"),
        ("7 days before", -7, "card-expiry"),
        ("1 day before", -1, "card-expiry-last-call"),
    ]
    assert (rule.topic, rule.to_role, rule.subject, rule.at) == ("billing", "owner", "account", time(9))
    assert rule.conditions.parts == (FactTest(fact=BUILT_IN["account.status"], operator="is", operands=("active",)),)
    assert (rule.open_for, rule.too_late_after) == (timedelta(hours=1), timedelta(days=3))
    assert (rule.place.path, rule.place.line) == ("rules/it.yaml", 2)


def test_we_miss_you() -> None:
    """A silence with a start for those who never did anything, and a list that means one of."""
    rule = one(WE_MISS_YOU)
    assert rule.trigger == SilentTrigger(event=None, or_since=BUILT_IN["customer.signed_up_at"])
    assert [send.offset.days for send in rule.sends] == [14, 30]
    status = FactTest(fact=BUILT_IN["account.status"], operator="one of", operands=("active", "trialing"))
    assert rule.conditions == Group(kind="all", parts=(status,))
    assert (rule.to_role, rule.subject, rule.at) == (None, "customer", None)


def test_nudge_reports() -> None:
    """What was not done, and what was done often enough lately."""
    rule = one(NUDGE)
    assert rule.conditions.parts == (
        DidTest(event="Report Shared", negated=True),
        DidTest(event="Logged In", at_least=3, within=timedelta(days=7)),
    )


def test_before_you_go() -> None:
    """An event, a delay, and what has not happened since."""
    rule = one(BEFORE_YOU_GO)
    assert rule.trigger == EventTrigger(event="Cancel Page Viewed")
    assert rule.conditions.parts == (DidTest(event="Subscription Cancelled", negated=True, since_trigger=True),)


def test_loyalty_reward() -> None:
    """An anniversary with words for its mail, an operator, and a segment written out."""
    rule = one(LOYALTY)
    assert rule.trigger == EveryTrigger(period="year", since=BUILT_IN["account.subscribed_on"])
    assert rule.sends[0].values == {"gift": "one month free"}
    assert rule.conditions.parts == (
        FactTest(fact=BUILT_IN["account.renewals"], operator="at least", operands=(1,)),
        Group(kind="all", parts=(DidTest(event="Report Shared"),), segment="uses-main-features"),
    )


def test_topics_of_the_design() -> None:
    """A topic is its kind alone, or a table."""
    topics = load({"rules/topics.yaml": TOPICS}).rules.topics
    assert {name: topic.kind for name, topic in topics.items()} == {
        "billing": "transactional", "account": "transactional", "tips": "marketing", "offers": "marketing",
    }  # fmt: skip
    account = topics["account"]
    assert (account.title, account.sender, account.priority) == ("Your account", "Tidepool <hello@tidepool.example>", 5)
    assert (topics["tips"].on_doubt, topics["billing"].on_doubt) == ("resend", "hold")


def test_a_rule_needs_its_topic() -> None:
    """Without the topic there is one problem, at its place, and no rule."""
    text = BEFORE_YOU_GO.replace("topic: account", "topic: acount")
    loaded = load({"rules/a.yaml": text, "rules/topics.yaml": TOPICS})
    assert [str(problem) for problem in loaded.problems] == [
        "rules/a.yaml:2:8: E301 there is no topic `acount`; did you mean `account`?"
    ]
    assert not loaded.rules.rules
