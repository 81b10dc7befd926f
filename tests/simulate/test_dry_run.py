"""A dry run shows what the stages would do and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa
from company import DAY, FILES, NOW, app, edited, everything, people

from engine import suppression
from engine.app.dry_run import DryRun, Wanted, dry_run
from engine.app.release import make_release
from engine.app.sources import source
from engine.errors import ProblemsError, UsageError


def look(
    database: sa.Engine,
    folder: Path,
    files: Mapping[str, str] = FILES,
    *,
    live: bool = False,
    days: int = 7,
    **more: object,
) -> DryRun:
    """A dry run of some days from now."""
    opened = app(database, folder, files)
    wanted = Wanted(start=NOW, until=NOW + days * DAY, **more)  # type: ignore[arg-type]
    return dry_run(opened, source(opened, live=live), wanted)


def test_nothing_is_changed(database: sa.Engine, tmp_path: Path) -> None:
    """Every row of every table is as it was, also where the files differ from what is live."""
    people(database)
    make_release(app(database, tmp_path))
    before = everything(database)
    found = look(database, tmp_path, edited("14", "10"))
    assert found.mails
    assert everything(database) == before


def test_it_says_who_gets_what_and_when(database: sa.Engine, tmp_path: Path) -> None:
    """The clock moves through the real stages: each mail stands at its hour, with its subject as it would be sent."""
    people(database)
    make_release(app(database, tmp_path))
    found = look(database, tmp_path)
    assert [(mail.at - NOW, mail.customer_id, mail.subject, mail.status) for mail in found.mails] == [
        (1 * DAY, "ana", "Ana, come back", "sent"),
        (3 * DAY, "bob", "Bob, come back", "sent"),
        (5 * DAY, "cleo", "Cleo, come back", "sent"),
    ]
    assert found.source.in_step


def test_it_reads_the_files_or_the_live_release_and_says_which(database: sa.Engine, tmp_path: Path) -> None:
    """Files that are not live yet are looked at as if applied now; `live` looks at what runs."""
    people(database)
    make_release(app(database, tmp_path))
    files = look(database, tmp_path, edited("14", "16"))
    assert [mail.customer_id for mail in files.mails] == ["ana", "bob", "cleo"]
    assert (files.source.kind, files.source.in_step) == ("files", False)
    assert files.source.differing == ("rules/we-miss-you.yaml",)
    live = look(database, tmp_path, edited("14", "16"), live=True)
    assert [(live.mails[0].at - NOW), live.source.kind] == [DAY, "live"]


def test_what_lies_before_a_rule_is_counted_with_the_backfill_that_would_include_it(
    database: sa.Engine, tmp_path: Path
) -> None:
    """Dan has been quiet for 40 days: his moment was 27 days ago, and is left alone."""
    people(database)
    (past,) = look(database, tmp_path).left_alone
    assert (past.rule, past.moments, past.backfill) == ("we-miss-you", 1, "27 days")
    found = look(database, tmp_path, edited("send:", "backfill: 27 days\nsend:"))
    assert [mail.customer_id for mail in found.mails] == ["dan", "ana", "bob", "cleo"]
    assert found.left_alone == ()


def test_who_is_held_back_is_shown_with_the_reason(database: sa.Engine, tmp_path: Path) -> None:
    """A suppressed address gets nothing, and the dry run says so."""
    people(database)
    opened = app(database, tmp_path)
    suppression.add(database, "ana@example.com", reason="asked", secret="test", now=NOW, actor="me")
    make_release(opened)
    (mail,) = [mail for mail in look(database, tmp_path).mails if mail.status != "sent"]
    assert (mail.customer_id, mail.status) == ("ana", "skipped")
    assert "suppressed" in mail.reason


def test_a_rule_that_reaches_too_many_is_shown_as_held(database: sa.Engine, tmp_path: Path) -> None:
    """The brake works as in the daemon: the rule is held as a whole."""
    people(database, {f"c{number}": 13 for number in range(5)})
    found = look(database, tmp_path, edited("send:", "max_at_once: 4\nsend:"))
    assert found.mails == ()
    assert [(held.rule, held.count, held.limit) for held in found.held] == [("we-miss-you", 5, 4)]


def test_the_next_date_is_told_where_nobody_is_due(database: sa.Engine, tmp_path: Path) -> None:
    """A rule without mail in the time names its next moment."""
    people(database, {"cleo": 2})
    (coming,) = look(database, tmp_path).next_due
    assert (coming.rule, coming.subject, coming.due) == ("we-miss-you", "cleo", NOW + 12 * DAY)


def test_one_customer_or_one_rule_can_be_asked_for(database: sa.Engine, tmp_path: Path) -> None:
    """The whole is simulated, and the part that was asked for is shown; a rule that is none is refused."""
    people(database)
    assert [mail.customer_id for mail in look(database, tmp_path, customer="bob").mails] == ["bob"]
    assert len(look(database, tmp_path, rules=frozenset({"we-miss-you"})).mails) == len(["ana", "bob", "cleo"])
    with pytest.raises(UsageError, match="there is no rule we-mis-you; did you mean `we-miss-you`"):
        look(database, tmp_path, rules=frozenset({"we-mis-you"}))


def test_each_mail_can_be_written_as_files_with_an_index(database: sa.Engine, tmp_path: Path) -> None:
    """HTML, text and .eml of each, and a page that links them; a folder with other things in it is refused."""
    people(database)
    opened = app(database, tmp_path)
    wanted = Wanted(start=NOW, until=NOW + 2 * DAY)
    found = dry_run(opened, source(opened), wanted, out=tmp_path / "out")
    assert found.gallery is not None
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [f"0001-we-miss-you-ana.{kind}" for kind in ("eml", "html", "txt")] + ["index.html"]
    assert "Ana, come back" in found.gallery.read_text()
    dry_run(opened, source(opened), wanted, out=tmp_path / "out")
    with pytest.raises(UsageError, match="holds other things"):
        dry_run(opened, source(opened), wanted, out=tmp_path)


def test_broken_files_are_told_with_their_places(database: sa.Engine, tmp_path: Path) -> None:
    """A dry run of files that do not pass `check` is refused with every problem."""
    with pytest.raises(ProblemsError, match=r"rules/we-miss-you.yaml:\d+:\d+: E"):
        look(database, tmp_path, edited("after 14 days", "after 14 dyas"))
