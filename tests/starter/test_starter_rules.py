"""Every shipped rule loads, says what it does, and sends mails that are there."""

from __future__ import annotations

import re

import pytest
from starter import pack

from engine.rules.model import Rule

RULES = sorted(pack.rules().rules.values(), key=lambda rule: rule.name)
FAMILIES = {
    "welcome": ("welcome", "first-steps"),
    "feature nudges": ("nudge-reports", "nudge-automations", "nudge-integrations"),
    "silence and return": ("we-miss-you", "welcome-back"),
    "card expiry": ("card-expiry",),
    "renewal offer": ("renewal-offer",),
    "loyalty reward": ("loyalty-reward",),
}


def test_check_has_nothing_to_say() -> None:
    """`check` finds no mistake and no lint in any rule, mail, part, layout or word of the pack."""
    assert pack.problems() == ()


def test_there_are_six_families() -> None:
    """The six families are there, and no rule beside them."""
    assert sorted(name for names in FAMILIES.values() for name in names) == [rule.name for rule in RULES]


def test_every_template_is_sent_and_every_sent_template_is_there() -> None:
    """The templates folder and the rules name the same mails."""
    sent = {send.template for rule in RULES for send in rule.sends}
    assert sent == pack.templates()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_opens_with_what_it_does_and_what_to_change(rule: Rule) -> None:
    """Each file begins with one sentence on what it does and one that names the number a marketer would change."""
    what, number, *_ = pack.files()[f"rules/{rule.name}.yaml"].splitlines()
    assert re.fullmatch(r"# [A-Z].{30,110}\.", what)
    assert re.fullmatch(r"# The number to change: .+\.", number)


@pytest.mark.parametrize(
    ("name", "moments"),
    [
        ("welcome", {"at once"}),
        ("first-steps", {"after 2 days"}),
        ("nudge-reports", {"after 7 days"}),
        ("nudge-automations", {"after 14 days"}),
        ("nudge-integrations", {"after 21 days"}),
        ("we-miss-you", {"after 14 days", "after 30 days"}),
        ("welcome-back", {"after 1 hour"}),
        ("card-expiry", {"30 days before", "7 days before", "1 day before"}),
        ("renewal-offer", {"30 days before", "7 days before"}),
        ("loyalty-reward", {"on the day"}),
    ],
)
def test_moments_are_the_promised_ones(name: str, moments: set[str]) -> None:
    """Each rule sends at the moments its family promises."""
    rule = pack.rules().rules[name]
    assert {send.label for send in rule.sends} == moments


@pytest.mark.parametrize("name", FAMILIES["card expiry"] + FAMILIES["renewal offer"] + FAMILIES["loyalty reward"])
def test_money_is_a_matter_of_the_account(name: str) -> None:
    """Cards, renewals and anniversaries are written once for an account, to its owner."""
    rule = pack.rules().rules[name]
    assert (rule.subject, rule.to_role) == ("account", "owner")


def test_gift_and_discount_stand_in_the_rules() -> None:
    """A marketer changes the discount and the gift in the rule, not in the mail; both reminders offer the same."""
    rules = pack.rules().rules
    assert {dict(send.values)["discount"] for send in rules["renewal-offer"].sends} == {20}
    assert [dict(send.values) for send in rules["loyalty-reward"].sends] == [{"gift": "one month free"}]


def test_topics_say_which_mail_may_be_refused() -> None:
    """Accounts and payments are transactional, tips and offers marketing, and each has a title for people."""
    topics = pack.rules().topics
    assert {name: topic.kind for name, topic in topics.items()} == {
        "account": "transactional",
        "billing": "transactional",
        "tips": "marketing",
        "offers": "marketing",
    }
    assert all(topic.title and topic.description for topic in topics.values())


def test_only_what_people_wait_for_may_arrive_at_night() -> None:
    """Every rule waits for a local morning, but the welcome and the mail to those who just came back."""
    assert {rule.name for rule in RULES if rule.at is None} == {"welcome", "welcome-back"}
