"""The stay of a subject in what a `becomes` rule describes, as it was recorded: which it is, and since when."""

from __future__ import annotations

import sqlalchemy as sa

from engine.clock import from_micros, to_micros
from engine.evaluate.explanation import Stay, Version
from engine.evaluate.question import Question
from engine.evaluate.saying import instant
from engine.models.tables import membership

_ALONE = "has been in since before the rule went live on {live}, so left alone; the next stay counts"


def stay(question: Question, version: Version) -> Stay | None:
    """Return the stay that lasts at the time asked about; None where nothing of the kind was recorded by then."""
    live = min(version.activated.values(), default=None)
    if live is None or live > question.at:
        return None
    row = question.connection.execute(_lasting(question)).one_or_none()
    if row is None:
        return None
    zone = question.program.zone
    if row.entered_at is None:
        return Stay(number=row.episode, since=None, sentence=_ALONE.format(live=instant(live, zone)))
    since = instant(to_micros(row.entered_at), zone)
    return Stay(number=row.episode, since=row.entered_at, sentence=f"in since {since}, stay {row.episode}")


def _lasting(question: Question) -> sa.Select[tuple[object, ...]]:
    row, rule, at = membership.c, question.program.rule, from_micros(question.at)
    mine = (row.rule == rule.name, row.subject_type == rule.subject, row.subject_id == question.subject_id)
    begun = sa.or_(row.entered_at.is_(None), row.entered_at <= at)
    lasts = sa.or_(row.left_at.is_(None), row.left_at > at)
    chosen = sa.select(row.episode, row.entered_at).where(*mine, begun, lasts)
    return chosen.order_by(row.episode.desc()).limit(1)
