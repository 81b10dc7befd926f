"""Whoever asks is told until when a mail waits, and why."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from company import app
from pacing import DAY, happened, leave, running
from sending import NOW, a_runtime, add_customer

from engine.app.mail_fates import mails_of
from engine.app.messages import Chosen, listed
from engine.app.status import Waiting, status
from engine.db import reading

CAPPED = running("tips: {kind: marketing, at most: 1 per day}\n")
WHY = "cap of tips reached (1 per day)"


def test_the_list_the_status_and_the_explanation_say_why_a_mail_waits(database: sa.Engine, tmp_path: Path) -> None:
    """`outbox list`, `status` and `explain` name the cap and the time."""
    add_customer(database)
    for _ in range(2):
        happened(database, "tip", NOW)
    leave(database, CAPPED, NOW)
    workspace = app(database, tmp_path, now=NOW)
    (waiting,) = listed(workspace, Chosen(status="queued"))
    assert (waiting.not_before, waiting.reason) == (NOW + DAY, WHY)
    assert status(workspace).waiting == {WHY: Waiting(messages=1, until=NOW + DAY)}
    with reading(database) as connection:
        fates = [
            mail.fate for mail in mails_of(connection, a_runtime().programs["tip"], "ana", provider="memory", now=NOW)
        ]
    assert f"waits until 2026-03-03 12:00 UTC: {WHY}" in fates
