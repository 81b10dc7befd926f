"""`explain` judges the past by the release that was live then, and mails are told with their fate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sending
import sqlalchemy as sa
from company import FILES, MISS_YOU, NOW, app, edited, people

from engine.app import App
from engine.app.explain import Explained, explained
from engine.app.mail_fates import mails_of
from engine.app.release import make_release
from engine.db import reading, writing
from engine.models.tables import message, release
from engine.outbox import Status
from engine.outbox.lanes import ALL, stop
from engine.rules.compiler import compile_rule
from engine.rules.loader import load

DAY = timedelta(days=1)
RENAMED = {
    **{path: text for path, text in FILES.items() if path != "rules/we-miss-you.yaml"},
    "rules/come-back.yaml": MISS_YOU.replace("after 14 days", "after 10 days") + "was: we-miss-you\n",
}


def steps(database: sa.Engine, folder: Path, *releases: Mapping[str, str]) -> App:
    """Apply releases, one a day; return the workspace a day after the last."""
    for number, files in enumerate(releases):
        for path in (folder / "rules").glob("*.yaml"):
            path.unlink()
        make_release(app(database, folder, files, NOW + number * DAY))
    return app(database, folder, releases[-1], NOW + len(releases) * DAY)


def asked(workspace: App, days: float, rule: str = "we-miss-you") -> Explained:
    """Explain the rule for Ana so many days after the first release."""
    return explained(workspace, rule, "ana", at=NOW + days * DAY)


def test_the_past_is_judged_by_the_release_that_was_live(database: sa.Engine, tmp_path: Path) -> None:
    """With the moments that had begun to count by then."""
    people(database, {"ana": 12})
    workspace = steps(database, tmp_path, FILES, edited("after 14 days", "after 10 days"), FILES)
    answers = [asked(workspace, days).explanation for days in (0.5, 1.5, 2.5)]
    assert [answer.release for answer in answers] == [1, 2, 3]
    assert ["after 10 days" in answer.rule_sentence for answer in answers] == [False, True, False]
    assert [answer.version for answer in answers] == ["", "", ""]
    assert "before the rule went live on 2026-03-03 12:00 UTC" in answers[1].verdict


def test_what_was_live_without_a_break_counts_from_its_first_release(database: sa.Engine, tmp_path: Path) -> None:
    """A change of the text starts nothing anew; a rule that was away does."""
    people(database, {"ana": 20})
    away = {**FILES, "rules/other.yaml": MISS_YOU}
    away.pop("rules/we-miss-you.yaml")
    other = edited("You were", "You have been", "templates/welcome-back.md")
    workspace = steps(database, tmp_path, FILES, other, away, FILES)
    lives = [asked(workspace, days).verdict.partition("went live on ")[2][:10] for days in (0.5, 1.5, 3.5)]
    assert lives == ["2026-03-02", "2026-03-02", "2026-03-05"]
    gone = asked(workspace, 2.5).explanation
    assert gone.version == "release 3 had no rule we-miss-you; judged by the rule as it is now"


def test_a_rule_is_followed_through_its_names(database: sa.Engine, tmp_path: Path) -> None:
    """`was` leads to the file it was."""
    people(database)
    workspace = steps(database, tmp_path, FILES, RENAMED)
    before = asked(workspace, 0.5, "come-back").explanation
    assert (before.release, before.version, before.rule) == (1, "", "come-back")
    assert "after 14 days" in before.rule_sentence


BROKEN = {
    "before the first release": (-0.5, "no release was live then; judged by the rule as it is now"),
    "a release that a later version refuses": (
        0.5,
        "release 1 cannot be read any more; judged by the rule as it is now",
    ),
}


@pytest.mark.parametrize(("days", "remark"), BROKEN.values(), ids=BROKEN)
def test_a_version_that_cannot_be_had_is_said(database: sa.Engine, tmp_path: Path, days: float, remark: str) -> None:
    """And the rule as it is now stands in."""
    people(database)
    workspace = steps(database, tmp_path, FILES, edited("after 14 days", "after 10 days"))
    with writing(database) as connection:
        broken = {**FILES, "rules/we-miss-you.yaml": "topic: tips\n"}
        connection.execute(sa.update(release).where(release.c.id == 1).values(files=broken))
    found = asked(workspace, days).explanation
    assert (found.version, found.release) == (remark, 2)


WHEN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
FATES = {
    Status.SENT: "was sent on 2026-03-02 15:00 UTC",
    Status.SENDING: "is being sent, since 2026-03-02 15:00 UTC",
    Status.SKIPPED: "was skipped on 2026-03-02 15:00 UTC: why",
    Status.EXPIRED: "expired on 2026-03-02 15:00 UTC: why",
    Status.CANCELLED: "was cancelled on 2026-03-02 15:00 UTC: why",
    Status.FAILED: "failed on 2026-03-02 15:00 UTC: why",
    Status.IN_DOUBT: "is in doubt since 2026-03-02 15:00 UTC, whether the provider has it nobody knows: why",
    Status.QUEUED: "waits until 2026-03-02 17:00 UTC: why",
}


@pytest.fixture
def queued(database: sa.Engine) -> sa.Engine:
    """A mail to Ana that waits."""
    sending.add_customer(database)
    sending.enroll(database)
    sending.queue(database)
    return database


def fate(database: sa.Engine, now: datetime = WHEN) -> str:
    """Say what became of the one mail."""
    program = compile_rule(load(sending.FILES).rules.rules["welcome"], zone="UTC")
    with reading(database) as connection:
        (mail,) = mails_of(connection, program, "ana", provider="memory", now=now)
    return mail.fate


@pytest.mark.parametrize(("status", "sentence"), FATES.items())
def test_every_mail_has_its_fate(queued: sa.Engine, status: Status, sentence: str) -> None:
    """In a sentence, with the time and the reason."""
    values = {"status": status, "status_at": WHEN, "reason": "why", "not_before": WHEN + 2 * timedelta(hours=1)}
    with writing(queued) as connection:
        connection.execute(sa.update(message).values(**values))
    assert fate(queued) == sentence


def test_what_holds_a_waiting_mail_is_said(queued: sa.Engine) -> None:
    """Its time has come, and sending is stopped."""
    assert fate(queued) == "is about to be sent"
    with writing(queued) as connection:
        stop(connection, ALL, reason="paused by an operator", by="ops", now=NOW)
    assert fate(queued).startswith("is held: all is stopped (paused by an operator, by ops)")
