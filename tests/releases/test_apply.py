"""Files become what runs all at once, once checked, and never by accident."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from company import FILES, NOW, app, edited, everything

from engine.app.release import make_release
from engine.clock import SetClock
from engine.db import reading
from engine.errors import ProblemsError
from engine.models.tables import audit, rule_state
from engine.releases import store


def test_applying_makes_a_numbered_release_with_its_files_and_who_made_it(database: sa.Engine, tmp_path: Path) -> None:
    """The first release is 1, holds every file, and its rules go live at that instant."""
    done = make_release(app(database, tmp_path))
    assert done.applied is not None
    assert (done.applied.release_id, done.applied.new, done.applied.before) == (1, True, None)
    with reading(database) as connection:
        live = store.live(connection)
        state = connection.execute(sa.select(rule_state)).mappings().one()
        assert connection.execute(sa.select(audit.c.action)).scalars().all() == ["apply"]
    assert live is not None
    assert live.files == FILES
    assert live.applied_at == NOW
    assert (state["rule"], state["watermark"], state["retired_at"]) == ("we-miss-you", NOW, None)


def test_the_same_files_are_not_a_new_release(database: sa.Engine, tmp_path: Path) -> None:
    """Applying what is live already changes nothing at all."""
    make_release(app(database, tmp_path))
    before = everything(database)
    done = make_release(app(database, tmp_path))
    assert done.applied is not None
    assert not done.applied.new
    assert everything(database) == before


@pytest.mark.parametrize(
    "files",
    [
        edited("welcome-back", "welcome-bakc"),
        edited("silent: any event", "silnet: any event"),
        edited("days_silent", "days_silnet", "templates/welcome-back.md"),
    ],
    ids=["template", "trigger", "variable"],
)
def test_a_broken_file_never_becomes_a_release(database: sa.Engine, tmp_path: Path, files: dict[str, str]) -> None:
    """The problem is told with its place, and nothing is written."""
    make_release(app(database, tmp_path))
    before = everything(database)
    with pytest.raises(ProblemsError, match=r"(rules|templates)/\S+:\d+:\d+: [ET]\d+ .*did you mean"):
        make_release(app(database, tmp_path, files))
    assert everything(database) == before


def test_a_rule_that_is_gone_is_retired_and_may_come_back(database: sa.Engine, tmp_path: Path) -> None:
    """Taking a rule's file away stops the rule; putting it back starts it anew."""
    make_release(app(database, tmp_path))
    with_other = {**FILES, "rules/other.yaml": FILES["rules/we-miss-you.yaml"]}
    make_release(app(database, tmp_path, with_other))
    (tmp_path / "rules/we-miss-you.yaml").unlink()
    make_release(app(database, tmp_path, {}))
    with reading(database) as connection:
        live = sa.select(rule_state.c.rule).where(rule_state.c.retired_at.is_(None))
        assert connection.execute(live).scalars().all() == ["other"]


def test_a_rolling_deployment_never_goes_back(database: sa.Engine, tmp_path: Path) -> None:
    """A host that restarts with the older files leaves the newer release live; `apply` by hand may go back."""
    old, new = tmp_path / "old", tmp_path / "new"
    make_release(app(database, old), never_back=True)
    make_release(app(database, new, edited("14", "10")), never_back=True)
    done = make_release(app(database, old), never_back=True)
    assert (done.applied, done.older, done.live) == (None, 1, 2)
    with reading(database) as connection:
        assert store.live_id(connection) == 2
    by_hand = make_release(app(database, old))
    assert by_hand.applied is not None
    assert by_hand.applied.release_id == 3


def test_what_became_due_under_the_old_rules_is_judged_before_the_new_ones(database: sa.Engine, tmp_path: Path) -> None:
    """Applying evaluates the release before once more, so that a change loses nothing."""
    from company import DAY, people

    people(database)
    first = app(database, tmp_path)
    make_release(first)
    assert isinstance(first.clock, SetClock)
    first.clock.at = NOW + DAY
    (tmp_path / "rules/we-miss-you.yaml").write_text(edited("14", "20")["rules/we-miss-you.yaml"])
    make_release(first)
    with reading(database) as connection:
        enrolled = (
            connection.exec_driver_sql("SELECT subject_id FROM enrollment WHERE state = 'enrolled'").scalars().all()
        )
    assert enrolled == ["ana"]


def test_the_same_files_in_another_time_zone_are_a_new_release(database: sa.Engine, tmp_path: Path) -> None:
    """Their days fall due at other times, and a worker evaluates only what was applied with its meaning."""
    first = app(database, tmp_path)
    make_release(first)
    moved = replace(first, settings=first.settings.model_copy(update={"time_zone": "Asia/Kolkata"}))
    done = make_release(moved)
    assert done.applied is not None
    assert (done.applied.release_id, done.applied.new) == (2, True)
