"""A plan says whom a change of the files reaches, before it is made."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import sqlalchemy as sa
from company import DAY, FILES, MISS_YOU, NOW, edited, everything, people
from planned import Planner

RULE = "rules/we-miss-you.yaml"
WITHOUT = {path: text for path, text in FILES.items() if path != RULE}
BARE = {path: text for path, text in WITHOUT.items() if path != "templates/welcome-back.md"}


def test_files_in_step_with_the_release_change_nothing(planner: Planner) -> None:
    """Right after applying, a plan is empty."""
    planner.live(FILES)
    found = planner.plan(FILES)
    assert (found.changes, found.rules) == (False, ())


def test_a_later_moment_says_who_no_longer_gets_it_in_the_time(planner: Planner) -> None:
    """From 14 to 18 days: Cleo's mail falls out of the week, the others get theirs later; nobody is new."""
    people(planner.database)
    planner.live(FILES)
    rule = planner.rule(edited("14", "18"))
    assert rule.difference.what == ("moments: after 14 days → after 18 days",)
    assert [mail.customer_id for mail in rule.stops] == ["cleo"]
    assert rule.starts == ()
    moved = [(pair.after.customer_id, pair.before.at - NOW, pair.after.at - NOW) for pair in rule.moved]
    assert moved == [("ana", DAY, 5 * DAY), ("bob", 3 * DAY, 7 * DAY)]


def test_an_earlier_moment_says_who_starts_and_what_is_left_alone(planner: Planner) -> None:
    """From 14 to 10 days: Bob and Ana passed the tenth day before; a `backfill` would include them."""
    people(planner.database, {"ana": 13, "bob": 11, "eve": 5})
    planner.live(FILES)
    rule = planner.rule(edited("14", "10"))
    assert [(mail.customer_id, mail.at - NOW) for mail in rule.starts] == [("eve", 5 * DAY)]
    assert [mail.customer_id for mail in rule.stops] == ["ana", "bob"]
    assert rule.left_alone is not None
    assert (rule.left_alone.moments, rule.left_alone.backfill) == (2, "4 days")
    assert rule.first is not None
    assert (rule.first.letter.subject, "You were away for 10 days." in rule.first.letter.text) == (
        "Eve, come back",
        True,
    )


def test_moments_from_before_the_rule_went_live_are_no_part_of_a_change_of_conditions(planner: Planner) -> None:
    """Dan's moment was left alone when the rule went live; conditions bring none of that back."""
    people(planner.database)
    planner.live(FILES)
    assert planner.rule(edited("send:", "if: [did: Logged In]\nsend:")).left_alone is None


KINDS: Mapping[str, tuple[Mapping[str, str], dict[str, tuple[str, str | None, list[str], list[str]]]]] = {
    "new": (
        {**FILES, "rules/other.yaml": MISS_YOU.replace("14", "12")},
        {"other": ("new", None, ["bob", "cleo"], [])},
    ),
    "removed": (BARE, {"we-miss-you": ("removed", None, [], ["ana", "bob", "cleo"])}),
    "renamed": (
        {**WITHOUT, "rules/come-back.yaml": f"was: we-miss-you\n{MISS_YOU}"},
        {"come-back": ("changed", "we-miss-you", [], [])},
    ),
    "replaced": (
        {**WITHOUT, "rules/other.yaml": MISS_YOU},
        {
            "other": ("new", None, ["ana", "bob", "cleo"], []),
            "we-miss-you": ("removed", None, [], ["ana", "bob", "cleo"]),
        },
    ),
    "another trigger": (
        edited("{silent: any event}", "{silent: Report Shared}"),
        {"we-miss-you": ("changed", None, [], ["ana", "bob", "cleo"])},
    ),
    "conditions": (
        edited("send:", "if: [customer.first_name: [Ana, Bob]]\nsend:"),
        {"we-miss-you": ("changed", None, [], ["cleo"])},
    ),
    "a moment more": (
        edited("{after 14 days: welcome-back}", "{after 14 days: welcome-back, after 16 days: welcome-back}"),
        {"we-miss-you": ("changed", None, ["ana", "bob", "cleo"], [])},
    ),
    "backfill of a new rule": (
        {**WITHOUT, "rules/other.yaml": f"backfill: 40 days\n{MISS_YOU}"},
        {
            "other": ("new", None, ["dan", "ana", "bob", "cleo"], []),
            "we-miss-you": ("removed", None, [], ["ana", "bob", "cleo"]),
        },
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_change_says_who_starts_and_who_stops(planner: Planner, kind: str) -> None:
    """Each rule is named for what it is; and no row of any table is another afterwards."""
    people(planner.database)
    planner.live(FILES)
    before = everything(planner.database)
    files, expected = KINDS[kind]
    found = {
        row.difference.rule: (
            row.difference.kind,
            row.difference.was,
            [mail.customer_id for mail in row.starts],
            [mail.customer_id for mail in row.stops],
        )
        for row in planner.plan(files).rules
    }
    assert found == expected
    assert everything(planner.database) == before


def test_a_change_of_conditions_is_said_in_english(planner: Planner) -> None:
    """What is asked now and was not before stands as a sentence."""
    people(planner.database)
    planner.live(FILES)
    (sentence,) = planner.rule(edited("send:", "if: [did not: Report Shared]\nsend:")).difference.what
    assert sentence.startswith("now asks: ")
    assert "Report Shared" in sentence


def test_without_a_release_every_rule_is_new(planner: Planner) -> None:
    """The first plan compares with nothing."""
    people(planner.database)
    found = planner.plan(FILES)
    assert found.base is None
    assert [(row.difference.kind, len(row.starts)) for row in found.rules] == [("new", 3)]


def test_a_rule_that_would_reach_too_many_is_shown_as_held(planner: Planner) -> None:
    """The brake is pulled as it would be after applying."""
    people(planner.database, {f"c{number}": 13 for number in range(5)})
    planner.live(FILES)
    rule = planner.rule(edited("send:", "max_at_once: 4\nsend:"))
    assert rule.held is not None
    assert (rule.held.count, rule.held.limit, len(rule.stops)) == (5, 4, 5)


def test_a_rule_that_does_not_change_is_not_in_the_plan(planner: Planner) -> None:
    """Only what a change touches is run and shown; rules do not influence each other."""
    people(planner.database)
    others = {**FILES, "rules/other.yaml": MISS_YOU.replace("14", "12")}
    planner.live(others)
    found = planner.plan({**others, RULE: MISS_YOU.replace("14", "10")})
    assert [row.difference.rule for row in found.rules] == ["we-miss-you"]


BECOMES = {
    "rules/named.yaml": "topic: tips\nbackfill: 40 days\nwhen: {becomes: {has: customer.first_name}}\nsend: hello\n",
    "templates/hello.md": "---\nsubject: Hello\n---\nHello.\n",
}


def test_a_rule_of_membership_is_planned_like_any_other(planner: Planner) -> None:
    """New it reaches those whom it looks back at; untouched it is left out, whatever its backfill says."""
    people(planner.database, {"ana": 13})
    planner.live(FILES)
    rule = planner.rule({**FILES, **BECOMES})
    assert [mail.customer_id for mail in rule.starts] == ["ana"]
    planner.live({**FILES, **BECOMES})
    found = planner.plan({**edited("14", "18"), **BECOMES})
    assert [row.difference.rule for row in found.rules] == ["we-miss-you"]


def test_totals_count_a_person_once(planner: Planner) -> None:
    """Whoever gets two mails more is one person more."""
    people(planner.database, {"ana": 9})
    planner.live(BARE)
    rules = {f"rules/{name}.yaml": MISS_YOU.replace("14", "12") for name in ("one", "two")}
    totals = planner.plan({**WITHOUT, **rules}).totals
    assert (totals.new, totals.more, totals.fewer) == (2, 1, 0)


@pytest.mark.parametrize("rows", [0, 1])
def test_a_shadow_of_some_rules_copies_what_became_of_these_alone(planner: Planner, rows: int) -> None:
    """The ledger may be long; a plan reads of it what belongs to the rules that it runs."""
    from engine.models.tables import rule_state
    from engine.simulate.shadow import shadow

    planner.live(FILES)
    names = ["we-miss-you"] * rows
    with shadow(planner.url, rules=names) as inside, inside.connect() as connection:
        assert len(connection.execute(sa.select(rule_state)).all()) == rows
