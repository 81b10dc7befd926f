"""A plan says whom a change of the files reaches, before it is made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa
from company import DAY, FILES, MISS_YOU, NOW, app, edited, everything, people

from engine.app.planning import Plan, RulePlan, plan
from engine.app.release import make_release
from engine.app.sources import source


def planned(database: sa.Engine, folder: Path, files: Mapping[str, str]) -> Plan:
    """The plan of a week for these files."""
    for path in folder.glob("rules/*.yaml"):
        path.unlink()
    opened = app(database, folder, files)
    return plan(opened, source(opened), start=NOW, until=NOW + 7 * DAY)


def changed(found: Plan) -> RulePlan:
    """The one rule that the plan is about."""
    (rule,) = found.rules
    return rule


def test_files_in_step_with_the_release_change_nothing(database: sa.Engine, tmp_path: Path) -> None:
    """Right after applying, a plan is empty."""
    make_release(app(database, tmp_path))
    found = planned(database, tmp_path, FILES)
    assert (found.changes, found.rules) == (False, ())


def test_a_later_moment_says_who_no_longer_gets_it_in_the_time(database: sa.Engine, tmp_path: Path) -> None:
    """From 14 to 18 days: Cleo's mail falls out of the week; nobody is new."""
    people(database)
    make_release(app(database, tmp_path))
    before = everything(database)
    rule = changed(planned(database, tmp_path, edited("14", "18")))
    assert rule.difference.what == ("moments: after 14 days → after 18 days",)
    assert [mail.customer_id for mail in rule.stops] == ["cleo"]
    assert rule.starts == ()
    assert everything(database) == before


def test_an_earlier_moment_says_who_starts_and_what_is_left_alone(database: sa.Engine, tmp_path: Path) -> None:
    """From 14 to 10 days: Bob and Ana passed the tenth day before; a `backfill` would include them."""
    people(database, {"ana": 13, "bob": 11, "eve": 5})
    make_release(app(database, tmp_path))
    rule = changed(planned(database, tmp_path, edited("14", "10")))
    assert [(mail.customer_id, mail.at - NOW) for mail in rule.starts] == [("eve", 5 * DAY)]
    assert [mail.customer_id for mail in rule.stops] == ["ana", "bob"]
    assert rule.left_alone is not None
    assert (rule.left_alone.moments, rule.left_alone.backfill) == (2, "4 days")


def test_a_new_rule_a_removed_one_and_a_renamed_one(database: sa.Engine, tmp_path: Path) -> None:
    """Each is named for what it is; a renamed rule goes on with its people."""
    people(database)
    make_release(app(database, tmp_path))
    without = {path: text for path, text in FILES.items() if path != "rules/we-miss-you.yaml"}
    renamed = {**without, "rules/come-back.yaml": f"was: we-miss-you\n{MISS_YOU}"}
    rule = changed(planned(database, tmp_path, renamed))
    assert (rule.difference.kind, rule.difference.was) == ("changed", "we-miss-you")
    assert (rule.starts, rule.stops) == ((), ())
    replaced = {**without, "rules/other.yaml": MISS_YOU}
    kinds = {row.difference.rule: row.difference.kind for row in planned(database, tmp_path, replaced).rules}
    assert kinds == {"other": "new", "we-miss-you": "removed"}


def test_a_change_of_conditions_is_said_in_english(database: sa.Engine, tmp_path: Path) -> None:
    """What is asked now and was not before stands as a sentence."""
    people(database)
    make_release(app(database, tmp_path))
    rule = changed(planned(database, tmp_path, edited("send:", "if: [did not: Report Shared]\nsend:")))
    (sentence,) = rule.difference.what
    assert sentence.startswith("now asks: ")
    assert "Report Shared" in sentence
