"""A plan shows whose mail reads otherwise, and what becomes of mail that waits."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import sqlalchemy as sa
from company import DAY, FILES, MISS_YOU, NOW, edited, everything, people, seen
from planned import Planner
from sending import HOUR

from engine import evaluate, outbox
from engine.db import writing
from engine.models.tables import customer, trait
from engine.runtime import build

RULE, MAIL, BRAND, TOPICS = (
    "rules/we-miss-you.yaml",
    "templates/welcome-back.md",
    "templates/brand.yaml",
    "rules/topics.yaml",
)
WORDS = edited("You were away", "You have been gone", MAIL)
RESTYLED = edited("accent: '#1557d6'", "accent: '#0a0a0a'", BRAND)
BUTTON = {"templates/welcome-back.md": FILES[MAIL] + "\n[Open](https://acme.test)\n"}


def test_a_change_of_words_shows_the_same_readers_mail_before_and_after(planner: Planner) -> None:
    """All three mails of the week read otherwise; the difference of Ana's is shown, at her instant."""
    people(planner.database)
    planner.live(FILES)
    before = everything(planner.database)
    rule = planner.rule(WORDS)
    assert (rule.difference.kind, rule.because) == ("same", (MAIL,))
    assert (rule.starts, rule.stops, rule.moved) == ((), (), ())
    assert [mail.customer_id for mail in rule.reworded] == ["ana", "bob", "cleo"]
    assert rule.rewording is not None
    assert [line for line in rule.rewording.diff if line[0] in "+-"] == [
        "-You were away for 14 days.",
        "+You have been gone for 14 days.",
    ]
    assert everything(planner.database) == before


SHARED: Mapping[str, tuple[Mapping[str, str], list[str]]] = {
    "brand": (
        edited("sender: {name: Acme,", "sender: {name: Acme Boards,", BRAND),
        ["-From: Acme <hello@acme.test>", "+From: Acme Boards <hello@acme.test>"],
    ),
    "layout": (
        edited("{{ body }}\n\n  {{", "{{ body }}\n\n  Yours, {{", "templates/layouts/letter.mjml"),
        ["-Acme AB, Storgatan 1, Stockholm mailto:", "+Yours, Acme AB, Storgatan 1, Stockholm mailto:"],
    ),
    "topic": (
        edited("tips: marketing", "tips: {kind: marketing, sender: Lena <lena@acme.test>}", TOPICS),
        ["-From: Acme <hello@acme.test>", "+From: Lena <lena@acme.test>"],
    ),
    "template of a moment": (
        {
            **edited("welcome-back}", "come-back}"),
            "templates/come-back.md": "---\nsubject: Come back\n---\n{{ days_silent }} days.\n",
        },
        ["-Subject: Ana, come back", "+Subject: Come back", "-You were away for 14 days.", "+14 days."],
    ),
    "words of a rule": (
        edited("welcome-back}", "{template: welcome-back, with: {gift: a month}}}"),
        [],
    ),
}


@pytest.mark.parametrize("what", SHARED)
def test_what_mails_are_made_from_shows_in_them(planner: Planner, what: str) -> None:
    """Brand, layout, topic and the rule's own words: each change that a reader sees is shown as the reader sees it."""
    people(planner.database, {"ana": 13})
    planner.live(FILES)
    files, expected = SHARED[what]
    if what == "template of a moment":
        files = {path: text for path, text in files.items() if path != MAIL}
    rule = planner.rule(files)
    shown = [line for line in rule.rewording.diff if line[0] in "+-"] if rule.rewording else []
    assert len(shown) == len(expected)
    assert [line.startswith(start) for line, start in zip(shown, expected, strict=True)] == [True] * len(expected)


def test_a_colour_changes_the_looks_and_not_the_words(planner: Planner) -> None:
    """HTML alone is told apart from words."""
    people(planner.database, {"ana": 13})
    files = {**FILES, **BUTTON}
    planner.live(files)
    rule = planner.rule({**files, BRAND: RESTYLED[BRAND], "templates/layouts/letter.mjml": LAYOUT})
    assert ([mail.customer_id for mail in rule.restyled], rule.reworded) == (["ana"], ())
    assert rule.rewording is not None
    assert rule.rewording.diff == ()


LAYOUT = FILES["templates/layouts/letter.mjml"].replace("<mj-column>{{ body }}", "<mj-column padding='8px'>{{ body }}")


def test_where_nobody_is_due_the_sample_shows_the_difference(planner: Planner) -> None:
    """A change of words is never invisible."""
    planner.live(FILES)
    rewording = planner.rule(WORDS).rewording
    assert rewording is not None
    assert (rewording.reworded, rewording.shown.mail) == ((), None)
    assert any(line.startswith("+You have been gone") for line in rewording.diff)


def test_a_segment_a_trait_and_a_zone_are_said_with_whom_they_reach(planner: Planner) -> None:
    """Changes outside of a rule's file change the rule: the plan says which, and who starts and stops."""
    people(planner.database, {"ana": 13, "bob": 13})
    with writing(planner.database) as connection:
        connection.execute(sa.update(customer).where(customer.c.id == "ana").values(locale="sv", locale_key="sv"))
    asks = {**edited("send:", "if: [segment: ours]\nsend:"), "rules/segments.yaml": "ours: [customer.locale: sv]\n"}
    planner.live(asks)
    rule = planner.rule({**asks, "rules/segments.yaml": "ours: [has: customer.first_name]\n"})
    assert rule.difference.what == ("segment ours: customer.locale is sv → customer.first_name is known",)
    assert [mail.customer_id for mail in rule.starts] == ["bob"]


def test_another_type_of_a_trait_is_said(planner: Planner) -> None:
    """A trait that is a text now is compared as one."""
    people(planner.database, {"ana": 13})
    with writing(planner.database) as connection:
        row = {"subject_type": "customer", "subject_id": "ana", "name": "boards"}
        connection.execute(sa.insert(trait).values(**row, number=3, changed_at=NOW - DAY))
    asks = {**edited("send:", "if: [customer.boards: 3]\nsend:"), "rules/traits.yaml": "customer:\n  boards: number\n"}
    planner.live(asks)
    as_text = MISS_YOU.replace("send:", "if: [customer.boards: '3']\nsend:")
    rule = planner.rule({**asks, "rules/traits.yaml": "customer:\n  boards: text\n", RULE: as_text})
    assert "trait customer.boards: number → text" in rule.difference.what
    assert [mail.customer_id for mail in rule.stops] == ["ana"]


def test_another_time_zone_moves_mail(planner: Planner) -> None:
    """Nine in the morning comes earlier in Kolkata, for a reader who names no zone; the plan names both zones."""
    people(planner.database, {"ana": 13})
    morning = {**FILES, RULE: f"at: 09:00\n{MISS_YOU}"}
    planner.live(morning)
    rule = planner.rule(morning, time_zone="Asia/Kolkata")
    assert "time zone: UTC → Asia/Kolkata" in rule.difference.what
    (moved,) = rule.moved
    assert (moved.before.at - NOW, moved.after.at - NOW) == (DAY + 21 * HOUR, DAY + 16 * HOUR)


EVENING = {**FILES, RULE: f"at: 18:00\n{MISS_YOU}"}


def waiting(planner: Planner, *names: str) -> None:
    """Messages of the live rule, decided at noon, that wait for the evening."""
    with writing(planner.database) as connection:
        for name in names:
            seen(connection, name, NOW - 14 * DAY - HOUR / 2)
    planner.live(EVENING)
    runtime = build(EVENING, release_id=1, settings=planner.app(EVENING).settings)
    evaluate.run_once(planner.database, runtime.programs, release_id=1, now=NOW)
    assert outbox.enqueue(planner.database, runtime, now=NOW).by_status == {"queued": len(names)}


def evening(old: str, new: str, path: str = RULE) -> Mapping[str, str]:
    """The evening's files with one text changed."""
    return {**EVENING, path: EVENING[path].replace(old, new)}


FATES: Mapping[str, tuple[Mapping[str, str], list[tuple[str, str, int]]]] = {
    "removed": (
        {path: text for path, text in FILES.items() if path not in {RULE, MAIL}},
        [("cancelled", "rule removed", 2)],
    ),
    "another trigger": (evening("any event", "Report Shared"), [("cancelled", "rule changed", 2)]),
    "conditions": (
        evening("send:", "if: [customer.first_name: Ana]\nsend:"),
        [("cancelled", "conditions no longer hold: customer.first_name is Ana", 1), ("stays", "", 1)],
    ),
    "words": (evening("You were away", "You have been gone", MAIL), [("rewritten", "", 2)]),
    "a later moment": (evening("after 14 days", "after 20 days"), [("stays", "", 2)]),
    "lateness": (evening("at: 18:00", "at: 18:00\ntoo_late_after: 5 days"), [("stays", "", 2)]),
}


@pytest.mark.parametrize("change", FATES)
def test_what_becomes_of_waiting_messages_is_told_with_its_reason(planner: Planner, change: str) -> None:
    """They stay, are written anew, or are cancelled with the reason that they would get."""
    waiting(planner, "ana", "bob")
    before = everything(planner.database)
    files, expected = FATES[change]
    rule = planner.rule(files)
    assert [(fate.fate, fate.reason, fate.count) for fate in rule.waiting] == expected
    assert everything(planner.database) == before


def test_moments_that_are_open_are_judged_by_the_new_version(planner: Planner) -> None:
    """Ana's fourteenth day came half an hour ago and her condition did not hold: she is judged once more."""
    with writing(planner.database) as connection:
        seen(connection, "ana", NOW - 14 * DAY - HOUR / 2)
    planner.live(edited("send:", "if: [did: Report Shared]\nsend:"))
    rule = planner.rule(FILES)
    assert (rule.opened, [mail.customer_id for mail in rule.starts]) == (1, ["ana"])
