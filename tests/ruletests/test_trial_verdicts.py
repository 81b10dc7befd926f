"""What is not as expected fails, with what was sent instead and why; a silence nobody could break is refused."""

from __future__ import annotations

import pytest
from ruletests.trial import ANA, failed, outcomes, run

from engine.ruletests.words import lines

MAIL = "{at: 2026-03-02 10:00, to: ana"


@pytest.mark.parametrize(
    ("expected", "wrong"),
    [
        (
            f"{MAIL}, subject: 'Before you go, Ana', text: [Can we help, 'Tell us'], html: '<strong>why</strong>'}}",
            None,
        ),
        (f"{MAIL}, template: before-you-go, language: en, rule: before-you-go}}", None),
        (f"{MAIL}, subject: 'Before you go'}}", "its subject is “Before you go, Ana”, not “Before you go”"),
        (f"{MAIL}, language: sv}}", "its language is “en”, not “sv”"),
        (f"{MAIL}, text: [Can we help, a discount]}}", "its text does not hold “a discount”"),
        (f"{MAIL}, html: <em>why</em>}}", "its HTML does not hold “<em>why</em>”"),
        ("{at: 2026-03-02 10:01, to: ana}", "no mail left for ana in that minute"),
        ("{at: 2026-03-02 09:59, to: ana}", "no mail left for ana in that minute"),
    ],
)
def test_a_mail_is_as_expected_or_says_in_what_it_differs(expected: str, wrong: str | None) -> None:
    """Time to the minute, the whole subject, and words of text and HTML."""
    title = f"to ana at {expected[5:21]}"
    assert failed(run(f"{ANA}expect:\n  - {expected}\n")) == ([f"{title}: {wrong}"] if wrong else [])


def test_a_mail_that_nobody_expected_fails_the_test() -> None:
    """Every mail of the rules under test has its line, or the test fails where `expect` is complete but for it."""
    text = ANA.replace("who: ana", "who: [ana, bob]").replace("events:", "  bob:\nevents:")
    result = run(f"{text}expect:\n  - {MAIL}}}\n")
    assert failed(result) == ["nothing else: 1 mail left that no line of `expect` names"]
    (mail,) = result.verdicts[-1].instead
    assert (mail.customer_id, f"{mail.at:%H:%M}", mail.template) == ("bob", "10:00", "before-you-go")


def test_a_silence_that_is_broken_shows_the_mail_once() -> None:
    """It is told with the silence, not once more as unexpected, and why it was sent."""
    result = run(f"{ANA}expect:\n  - {{never: ana}}\n")
    assert failed(result) == ["never ana: ana got a mail"]
    told = "\n".join(lines(result.verdicts[0], "UTC"))
    assert "2026-03-02 10:00  to ana  before-you-go  sent  “Before you go, Ana”" in told
    assert "before-you-go: enrolled on 2026-03-02 10:00" in told


def test_a_mail_that_came_too_late_is_told_once_with_its_time() -> None:
    """What left at another time stands with the expectation, and is not unexpected besides."""
    result = run(f"{ANA}expect:\n  - {{at: 2026-03-01 11:00, to: ana}}\n")
    assert outcomes(result) == {"to ana at 2026-03-01 11:00": "failed"}
    told = list(lines(result.verdicts[0], "UTC"))
    assert told[0] == "no mail left for ana in that minute"
    assert "  2026-03-02 10:00  to ana  before-you-go  sent  “Before you go, Ana”" in told


def test_a_mail_that_does_not_come_says_why_clause_by_clause() -> None:
    """The engine's own explanation, with the facts of that minute."""
    text = ANA + "  - {at: 2026-03-01 18:00, who: ana, did: Subscription Cancelled}\n"
    result = run(f"{text}expect:\n  - {MAIL}}}\n")
    told = "\n".join(lines(result.verdicts[0], "UTC"))
    said = "no  has not done Subscription Cancelled since the trigger  once since the trigger, on 2026-03-01 18:00 UTC"
    assert said in told
    assert "before-you-go: due on 2026-03-02 10:00" in told
    assert result.verdicts[0].whys[0].explanation is not None


def test_a_mail_that_is_skipped_says_so() -> None:
    """A suppressed address: the message is there, with its reason."""
    text = ANA.replace("first_name: Ana", "suppressed: true")
    result = run(f"{text}expect:\n  - {MAIL}}}\n")
    assert any("skipped: suppressed" in line for line in lines(result.verdicts[0], "UTC"))


def test_each_mail_answers_one_line() -> None:
    """Two lines of the same minute need two mails."""
    assert outcomes(run(f"{ANA}expect:\n  - {MAIL}}}\n  - {MAIL}, text: Can we}}\n")) == {
        "to ana at 2026-03-02 10:00": "failed"
    }


PEOPLE = """
start: 2026-03-01
until: 2026-05-01
accounts:
  acme: {{status: cancelled, card_expires_on: 2026-03-31}}
  none: {{status: active}}
  far: {{status: active, card_expires_on: 2030-03}}
customers:
  ana: {{account: acme, role: owner}}
  bob: {{account: acme}}
  cleo: {{account: none, role: owner}}
  dan: {{account: far, role: owner}}
  eve:
events:
  - {{at: [2026-03-10 10:00, 2026-03-20 10:00], who: ana, did: Logged In}}
  - {{at: 2026-03-10 10:00, who: bob, did: Signed Up, with: {{seats: 2}}}}
expect:
  - {{never: {never}}}
"""
NOTHING = "nothing happens to {} that `{}` waits for, from 2026-03-01 00:00 to 2026-05-01 00:00"


@pytest.mark.parametrize(
    ("rule", "never", "sure"),
    [
        ("card", "ana", False),
        ("card", "bob", False),
        ("card", "cleo", True),
        ("card", "dan", True),
        ("card", "eve", True),
        ("card", "ana, until: 2026-03-10", True),
        ("card", "ana, from: 2026-03-24, until: 2026-03-25", False),
        ("before-you-go", "ana", True),
        ("big-team", "bob", False),
        ("big-team", "ana", True),
        ("quiet", "ana, until: 2026-04-01", False),
        ("quiet", "eve", True),
    ],
)
def test_a_silence_is_refused_where_nothing_could_have_come(rule: str, never: str, sure: bool) -> None:  # noqa: FBT001
    """There must be something the trigger stands on, in that span, were the rule to ask nothing."""
    quiet = "topic: tips\nwhen: {silent: any event}\nsend: {after 60 days: quiet, after 70 days: quiet-30}\n"
    result = run(PEOPLE.format(never=never), rule=rule, quiet=quiet)
    refused = {verdict.title: str(verdict.problem) for verdict in result.verdicts if verdict.problem}
    assert bool(refused) is sure
    assert all("E607 a test that could not fail is refused" in problem for problem in refused.values())
    assert result.passed is not sure


def test_the_refusal_says_what_was_looked_for() -> None:
    """Whom, which rule, and from when to when."""
    problem = run(PEOPLE.format(never="eve"), rule="card").verdicts[0].problem
    assert problem is not None
    assert problem.message.endswith(NOTHING.format("eve", "card"))
    assert (problem.line, problem.column) == (18, 5)
