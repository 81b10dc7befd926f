"""`lifecycle check` finds every mistake of every file at once and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from commands import Lifecycle

from engine.clock import SystemClock
from engine.db import writing
from engine.models.tables import event_total

NOW = SystemClock().now()


def test_the_starter_pack_is_without_mistakes(alone: Lifecycle, starter: Path) -> None:
    """What `init` writes passes, and nothing is printed to stdout."""
    del starter
    done = alone.ok("check")
    assert done.out == ""
    assert "No mistakes in " in done.err


def _misspelt_topic(folder: Path) -> None:
    path = folder / "rules" / "card-expiry.yaml"
    path.write_text(path.read_text().replace("topic: billing", "topic: biling"))


def _not_utf8(folder: Path) -> None:
    (folder / "rules" / "card-expiry.yaml").write_bytes(b"topic: billing\n# \xff\n")


def _missing_template(folder: Path) -> None:
    path = folder / "rules" / "card-expiry.yaml"
    path.write_text(path.read_text().replace("7 days before: card-expiry", "7 days before: card-expirey"))


def _unknown_part(folder: Path) -> None:
    path = folder / "templates" / "welcome.md"
    path.write_text(path.read_text() + "\n::: buton [Go](https://example.com)\n")


@pytest.mark.parametrize(
    ("break_it", "place", "hint"),
    [
        (_misspelt_topic, "rules/card-expiry.yaml:", "did you mean `billing`?"),
        (_not_utf8, "rules/card-expiry.yaml:2:3: F101", ""),
        (_missing_template, "rules/card-expiry.yaml:", "did you mean `card-expiry`?"),
        (_unknown_part, "templates/welcome.md:", "did you mean `button`?"),
    ],
)
def test_a_mistake_has_its_place_and_what_would_be_right(
    alone: Lifecycle, starter: Path, break_it: Callable[[Path], None], place: str, hint: str
) -> None:
    """One line to stdout for each mistake, exit 1."""
    break_it(starter)
    done = alone("check")
    assert done.code == 1
    assert [line for line in done.out.splitlines() if line.startswith(place) and line.endswith(hint)]
    assert " mistake" in done.err


def test_mistakes_of_all_files_are_told_at_once(alone: Lifecycle, starter: Path) -> None:
    """A marketer mends them in one go."""
    for break_it in (_misspelt_topic, _unknown_part):
        break_it(starter)
    done = alone("check", "--json")
    assert {problem["path"] for problem in done.json} >= {"rules/card-expiry.yaml", "templates/welcome.md"}


def test_lint_alone_exits_3(alone: Lifecycle, starter: Path) -> None:
    """What breaks nothing has an exit code of its own."""
    (starter / "rules" / "notes.txt").write_text("remember the milk")
    done = alone("check")
    assert done.code == 3
    assert done.out.startswith("rules/notes.txt:1:1: F105")


def test_marketing_mail_needs_a_link_that_unsubscribes(
    alone: Lifecycle, starter: Path, variables: pytest.MonkeyPatch
) -> None:
    """Where recipients cannot reach us, `check` says so at the topic."""
    del starter
    variables.setenv("LIFECYCLE_PROVIDER", "smtp")
    done = alone("check")
    assert done.code == 1
    assert "rules/topics.yaml:" in done.out
    assert "set `public_url`" in done.out
    variables.setenv("LIFECYCLE_PUBLIC_URL", "https://mail.example.com")
    assert "E601" not in alone("check").out


def test_an_event_that_nobody_did_is_pointed_out(lifecycle: Lifecycle, starter: Path, database: sa.Engine) -> None:
    """Names of events are compared with what the database has seen."""
    lifecycle.ok("check")
    names = ("Signed Up", "Board Created", "Card Completed", "Logged in", "Report Shared")
    with writing(database) as connection:
        for name in names:
            row = {"customer_id": "c", "name": name, "count": 1, "first_at": NOW, "last_at": NOW}
            stamps = dict.fromkeys(("changed_at", "first_changed_at", "last_changed_at"), NOW)
            connection.execute(sa.insert(event_total).values(row | stamps))
    done = lifecycle("check")
    assert done.code == 3
    assert "did you mean `Logged in`?" in done.out


def test_a_trait_that_nobody_has_is_pointed_out(lifecycle: Lifecycle, starter: Path, tmp_path: Path) -> None:
    """Once somebody is stored; the nearest name that somebody has is offered."""
    rule = starter / "rules" / "first-steps.yaml"
    rule.write_text(rule.read_text().replace("account.boards", "account.bords"))
    traits = starter / "rules" / "traits.yaml"
    traits.write_text(traits.read_text() + "  bords: number\n")
    lifecycle.ok("check")
    (tmp_path / "accounts.csv").write_text("id,boards\nacme,3\n")
    lifecycle.ok("import", "accounts", str(tmp_path / "accounts.csv"))
    done = lifecycle("check")
    assert done.code == 3
    assert "9:12: L607 no stored account has `bords`; did you mean `boards`?" in done.out


def test_check_works_without_a_database(alone: Lifecycle, starter: Path, variables: pytest.MonkeyPatch) -> None:
    """A build server has the files alone; what could not be compared is said."""
    del starter
    variables.setenv("LIFECYCLE_DATABASE_URL", "sqlite:///nowhere.db")
    assert "were not compared with what happened" in alone.ok("check").err


@pytest.mark.parametrize("command", ["check", "plan", "dry-run", "apply"])
def test_whoever_meets_a_bomb_first_survives_it(lifecycle: Lifecycle, starter: Path, command: str) -> None:
    """An email without end is one problem of its file; nothing goes live, and nothing waits for it."""
    facts = "\n".join(f"{{{{ event.properties.a{number} | default('') }}}}" for number in range(700))
    (starter / "templates" / "bomb.md").write_text(f"---\nsubject: Bomb\n---\n{facts}\n")
    done = lifecycle(command)
    assert done.code == 1
    assert "templates/bomb.md:1:1: T901 it takes more than 2 seconds of computing" in done.out + done.err
    assert "none yet" in lifecycle.ok("status").out
