"""What held before the history begins: the earliest value that is known, and that is said (docs/decisions/0021)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.clock import from_micros, span, to_micros
from engine.db import reading, writing

DAY = span(timedelta(days=1))
"""What is told within a day counts as told in time, and together."""
_UNCHANGING = "signed_up_at"


@dataclass(frozen=True, kw_only=True)
class Assumed:
    """A fact of which the history begins after the replay does: how many customers or accounts, and when it begins.

    `since` is the first instant of which any of these histories tells; None where there is only the value of today.
    """

    subject: str
    field: str
    subjects: int
    since: datetime | None

    @property
    def path(self) -> str:
        """The fact as rules write it."""
        return "customer's account" if self.field == "account_id" else f"{self.subject}.{self.field}"


_BORN = (
    """
    UPDATE born SET at = min(at, coalesce((
        SELECT min(known_at) FROM told WHERE subject_type = born.subject_type AND subject_id = born.subject_id
    ), at))
    """,
    """
    UPDATE born SET at = min(at, coalesce((
        SELECT min(person.at) FROM born AS person WHERE person.account_id = born.subject_id
    ), at)) WHERE subject_type = 'account'
    """,
)
_FIELDS = "CREATE TABLE first_told AS SELECT subject_type, field, min(stamp) AS stamp FROM told GROUP BY 1, 2"
_ASSUME = """
    UPDATE told SET at = (
        SELECT at FROM born AS t WHERE t.subject_type = told.subject_type AND t.subject_id = told.subject_id
    )
    WHERE known_at IS NULL OR (
        known_at > :day + (
            SELECT at FROM born AS t WHERE t.subject_type = told.subject_type AND t.subject_id = told.subject_id
        )
        AND known_at = (
            SELECT min(known_at) FROM told AS t WHERE t.subject_type = told.subject_type
            AND t.subject_id = told.subject_id AND t.field = told.field
        )
        AND (
            SELECT min(stamp) FROM told AS t WHERE t.subject_type = told.subject_type
            AND t.subject_id = told.subject_id AND t.field = told.field
        ) <= :day + max(
            (SELECT min(stamp) FROM told AS t
             WHERE t.subject_type = told.subject_type AND t.subject_id = told.subject_id),
            (SELECT stamp FROM first_told AS t WHERE t.subject_type = told.subject_type AND t.field = told.field)
        )
    )
"""
_ORDER = "CREATE INDEX ix_told_at ON told (at, subject_type, subject_id, stamp)"
_UNKNOWN = """
    SELECT subject_type, field, count(DISTINCT subject_id), min(known_at) FROM told
    WHERE field <> :unchanging AND at <= :until
      AND (known_at IS NULL OR known_at - max(at, :start) > :day)
    GROUP BY subject_type, field ORDER BY subject_type, field
"""


def assume(scratch: sa.Engine) -> None:
    """Let what was told first of each subject hold since there was that subject, where it was told later than a day.

    A fact that was first told later than a day after the first word on its subject was missing until then, unless it
    had not been told of anybody before: then it too held all along.
    """
    with writing(scratch) as connection:
        for statement in (*_BORN, _FIELDS, _ASSUME, _ORDER):
            connection.execute(sa.text(statement), {"day": DAY})


def assumed(scratch: sa.Engine, start: datetime, until: datetime) -> tuple[Assumed, ...]:
    """Return the facts whose value was assumed for more than a day between two instants."""
    given = {"start": to_micros(start), "until": to_micros(until), "day": DAY, "unchanging": _UNCHANGING}
    with reading(scratch) as connection:
        rows = connection.execute(sa.text(_UNKNOWN), given).tuples().all()
    return tuple(
        Assumed(subject=subject, field=field, subjects=count, since=None if at is None else from_micros(at))
        for subject, field, count, at in rows
    )
