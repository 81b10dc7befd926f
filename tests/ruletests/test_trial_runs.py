"""A test lives through its time as an installation would: what it says comes in when it is time, and mail leaves."""

from __future__ import annotations

import pytest
from ruletests.trial import outcomes, run


def test_a_rule_writes_and_keeps_silent_as_the_design_says() -> None:
    """The example of the design: who cancels hears nothing, who only thought of it does."""
    result = run(
        """
customers:
  ana: {signed_up_at: 2026-01-05}
  bob: {signed_up_at: 2026-01-05}
events:
  - {at: 2026-03-01 10:00, who: [ana, bob], did: Cancel Page Viewed}
  - {at: 2026-03-01 18:00, who: bob, did: Subscription Cancelled}
expect:
  - {at: 2026-03-02 10:00, to: ana, subject: "Before you go, friend"}
  - {never: bob}
"""
    )
    assert outcomes(result) == {}
    assert [verdict.title for verdict in result.verdicts] == ["to ana at 2026-03-02 10:00", "never bob", "nothing else"]
    assert result.sent == 1


CARD = """
start: 2026-03-01
until: 2026-05-01
accounts:
  acme: {status: active, card_expires_on: 2026-03-31}
customers:
  ana: {account: acme, role: owner}
  bob: {account: acme}
changes:
  - {at: 2026-03-20 08:00, who: %s}
expect:
  - %s
"""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("ana, set: {customer.first_name: Ana}", "{at: 2026-03-24 09:00, to: ana}"),
        ("ana, set: {account.card_expires_on: 2026-04}", "{at: 2026-04-23 09:00, to: ana}"),
        ("acme, set: {account.card_expires_on: 04/26}", "{at: 2026-04-23 09:00, to: ana}"),
        ("acme, set: {account.status: cancelled}", "{never: ana}"),
        ("acme, set: {account.time_zone: America/New_York}", "{at: 2026-03-24 13:00, to: ana}"),
        ("ana, set: {customer.time_zone: America/New_York}", "{at: 2026-03-24 09:00 America/New_York, to: ana}"),
        ("ana, suppress: true", "{never: ana}"),
        ("ana, leaves: acme", "{never: ana}"),
        ("bob, joins: acme, as: owner", "{at: 2026-03-24 09:00, to: ana}"),
    ],
)
def test_what_changes_counts_from_its_time(change: str, expected: str) -> None:
    """Facts, accounts, roles and refusals are those of the moment."""
    assert outcomes(run(CARD % (change, expected), rule="card")) == {}


@pytest.mark.parametrize(
    ("head", "at", "left"),
    [
        ("", "2026-03-01 10:00", "2026-03-02 10:00"),
        ("zone: Europe/Stockholm", "2026-03-01 10:00", "2026-03-02 09:00Z"),
        ("zone: Europe/Stockholm", "2026-03-01 10:00Z", "2026-03-02 11:00"),
        ("zone: Europe/Stockholm", "2026-03-01 10:00 Asia/Tokyo", "2026-03-02 02:00"),
        ("zone: America/New_York", "2026-03-07 10:00", "2026-03-08 11:00"),
        ("", "2026-03-01 10:07:30", "2026-03-02 10:07"),
        ("", "2026-03-01", "2026-03-02 00:00"),
    ],
)
def test_times_are_of_the_test_s_zone_unless_they_say_otherwise(head: str, at: str, left: str) -> None:
    """A day more is 24 hours more, also in the night in which the clock leaps; seconds belong to their minute."""
    expect = f"expect:\n  - {{at: {left}, to: ana}}\n"
    event = f"events:\n  - {{at: {at}, who: ana, did: Cancel Page Viewed}}\n"
    assert outcomes(run(f"{head}\ncustomers:\n  ana:\n{event}{expect}")) == {}


LATE = """
customers:
  ana:
events:
  - {at: 2026-03-01 10:00, who: ana, did: Cancel Page Viewed, arrives: %s}
expect:
  - %s
"""


@pytest.mark.parametrize(
    ("arrives", "expected"),
    [
        ("2026-03-01 12:00", "{at: 2026-03-02 10:00, to: ana}"),
        ("2026-03-03 12:00", "{at: 2026-03-03 12:00, to: ana}"),
        ("2026-03-04 12:00", "{at: 2026-03-04 12:00, to: ana}"),
    ],
)
def test_what_is_heard_of_late_is_judged_when_it_arrives(arrives: str, expected: str) -> None:
    """`arrives` tells of an upload that comes hours or days after the event."""
    assert outcomes(run(LATE % (arrives, expected))) == {}


def test_what_lies_before_the_start_is_left_alone() -> None:
    """The rule goes live at `start`; a cancel page viewed long before makes nothing due."""
    text = """
start: 2026-03-10
customers:
  ana:
events:
  - {at: [2026-03-01 10:00, 2026-03-12 10:00], who: ana, did: Cancel Page Viewed}
expect:
  - {at: 2026-03-13 10:00, to: ana}
"""
    assert outcomes(run(text)) == {}


def test_a_backfill_is_lived_through_too() -> None:
    """With `backfill` the past is judged as the rule goes live."""
    rule = "topic: account\nwhen: {event: Cancel Page Viewed}\nsend: {after 1 day: before-you-go}\nbackfill: 30 days\n"
    text = """
start: 2026-03-10
customers:
  ana:
events:
  - {at: 2026-03-01 10:00, who: ana, did: Cancel Page Viewed}
expect:
  - {at: 2026-03-10 00:00, to: ana}
"""
    assert outcomes(run(text, before_you_go=rule)) == {}


def test_a_condition_that_turns_by_itself_is_seen_in_its_minute() -> None:
    """In the hour in which a moment is open, a window that ends at :25 lets the mail out at :25."""
    rule = """
topic: account
when: {event: Cancel Page Viewed}
send: {after 1 day: before-you-go}
if: [did not: {event: Call Booked, within: 2 days}]
"""
    text = """
customers:
  ana:
events:
  - {at: 2026-02-28 10:25, who: ana, did: Call Booked}
  - {at: 2026-03-01 10:00, who: ana, did: Cancel Page Viewed}
expect:
  - {at: 2026-03-02 10:25, to: ana}
"""
    assert outcomes(run(text, before_you_go=rule)) == {}


def test_days_are_counted_by_everybody_s_own_midnight() -> None:
    """`within next 3 days` of a calendar day comes true as the day begins where the customer lives."""
    rule = """
topic: account
when: {event: Cancel Page Viewed}
send: {at once: before-you-go}
if: [account.renews_on: {within next: 3 days}]
"""
    text = """
accounts:
  acme: {renews_on: 2026-03-05, time_zone: Asia/Tokyo}
customers:
  ana: {account: acme, time_zone: Asia/Tokyo}
events:
  - {at: 2026-03-01 14:30, who: ana, did: Cancel Page Viewed}
expect:
  - {at: 2026-03-01 15:00, to: ana}
"""
    assert outcomes(run(text, before_you_go=rule)) == {}


def test_several_rules_run_together_where_the_test_names_them() -> None:
    """`rules` names them, and each mail says by which it comes."""
    text = """
rules: [before-you-go, quiet]
customers:
  ana:
events:
  - {at: 2026-03-01 10:00, who: ana, did: Cancel Page Viewed}
expect:
  - {at: 2026-03-02 10:00, to: ana, rule: before-you-go}
  - {at: 2026-03-15 10:00, to: ana, rule: quiet, template: quiet}
  - {at: 2026-03-31 10:00, to: ana, rule: quiet, template: quiet-30}
"""
    assert outcomes(run(text)) == {}


def test_a_rule_that_reaches_too_many_is_held_and_the_test_says_so() -> None:
    """The brake works as in life; the reason stands with the failure."""
    rule = "topic: account\nmax_at_once: 1\nwhen: {event: Cancel Page Viewed}\nsend: {after 1 day: before-you-go}\n"
    text = """
customers:
  ana:
  bob:
events:
  - {at: 2026-03-01 10:00, who: [ana, bob], did: Cancel Page Viewed}
expect:
  - {at: 2026-03-02 10:00, to: [ana, bob]}
"""
    result = run(text, before_you_go=rule)
    assert outcomes(result) == {"to ana at 2026-03-02 10:00": "failed", "to bob at 2026-03-02 10:00": "failed"}
    assert all(verdict.whys[0].sentence.startswith("held since") for verdict in result.verdicts[:2])


def test_a_silence_of_a_rule_that_did_not_run_is_no_silence() -> None:
    """A brake that held the rule as a whole shows nothing of the conditions that the test is about."""
    rule = "topic: account\nmax_at_once: 1\nwhen: {event: Cancel Page Viewed}\nsend: {after 1 day: before-you-go}\n"
    text = """
customers:
  ana:
  bob:
events:
  - {at: 2026-03-01 10:00, who: [ana, bob], did: Cancel Page Viewed}
expect:
  - {never: bob}
"""
    verdict = run(text, before_you_go=rule).verdicts[0]
    assert not verdict.passed
    assert verdict.wrong == ("the silence shows nothing: rule `before-you-go` did not run (held)",)


LAST_DAYS = ["02-28", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30", "10-31", "11-30", "12-31"]


def test_a_year_of_months_is_lived_through() -> None:
    """The clock leaps from moment to moment: each last day of a month, and nothing between them."""
    rule = "topic: account\nwhen: {every: month, since: customer.signed_up_at}\nsend: quiet\n"
    mails = "".join(f"  - {{at: 2026-{day} 09:00, to: ana}}\n" for day in LAST_DAYS)
    text = f"start: 2026-02-01\nuntil: 2027-01-01\ncustomers:\n  ana: {{signed_up_at: 2026-01-31}}\nexpect:\n{mails}"
    result = run(text, quiet=rule, rule="quiet")
    assert (outcomes(result), result.sent) == ({}, len(LAST_DAYS))


BECOMES = "topic: account\nwhen: {becomes: %s}\nsend: {at once: quiet, after 2 days: quiet-30}\n"


def test_a_trigger_made_of_conditions_is_lived_through_too() -> None:
    """Who comes to meet them later gets the mail; who met them before, or never does, is silent."""
    text = """
accounts:
  acme: {status: trialing}
  old: {status: active}
customers:
  ana: {account: acme}
  bob: {account: old}
  cleo:
changes:
  - {at: 2026-03-02 10:30, who: acme, set: {account.status: active}}
expect:
  - {at: 2026-03-02 10:30, to: ana, template: quiet}
  - {at: 2026-03-04 10:30, to: ana, template: quiet-30}
  - {never: [bob, cleo]}
"""
    assert outcomes(run(text, rule="quiet", quiet=BECOMES % "{account.status: active}")) == {}


def test_what_comes_true_by_time_alone_is_seen_in_its_minute() -> None:
    """Nothing happens on the seventh day after sign-up but that it is the seventh."""
    text = """
customers:
  ana: {signed_up_at: 2026-03-02 10:33}
events:
  - {at: 2026-03-05 09:00, who: ana, did: Logged In}
expect:
  - {at: 2026-03-09 10:33, to: ana, template: quiet}
  - {at: 2026-03-11 10:33, to: ana, template: quiet-30}
"""
    rule = BECOMES % "{customer.signed_up_at: {more than: 7 days ago}}"
    assert outcomes(run(text, rule="quiet", quiet=rule)) == {}
