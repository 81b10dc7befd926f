"""What became of the mails of a rule, in a sentence each: sent, waiting until when, held by what, or ended by what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.clock import to_micros
from engine.evaluate import read
from engine.evaluate.saying import instant
from engine.models.tables import message
from engine.outbox import Status, stopped
from engine.rules.compiler import Program

MAILS = 5
_S = Status
_ENDED: Mapping[str, str] = {
    _S.SENDING: "is being sent, since {at}",
    _S.SENT: "was sent on {at}",
    _S.SKIPPED: "was skipped on {at}: {reason}",
    _S.EXPIRED: "expired on {at}: {reason}",
    _S.CANCELLED: "was cancelled on {at}: {reason}",
    _S.FAILED: "failed on {at}: {reason}",
    _S.IN_DOUBT: "is in doubt since {at}, whether the provider has it nobody knows: {reason}",
}


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One mail of the rule for this subject: to whom, where it stands and why; `fate` says it in a sentence."""

    send_id: str
    occurrence: str
    template: str
    recipient: str
    status: str
    reason: str | None
    status_at: datetime
    not_before: datetime
    fate: str


def mails_of(
    connection: sa.Connection,
    program: Program,
    subject: str,
    *,
    provider: str,
    now: datetime,
    until: datetime | None = None,
) -> tuple[Sent, ...]:
    """Return the newest mails of a rule for a subject as they stand now; with `until` those that there were by then."""
    m = message.c
    columns = (m.send_id, m.occurrence, m.template, m.status, m.reason, m.status_at, m.not_before)
    mine = [m.subject_type == program.rule.subject, m.subject_id == subject, m.rule == program.rule.name]
    mine += [] if until is None else [m.created_at <= until]
    found = sa.select(*columns, m.recipient_id.label("recipient")).where(*mine).order_by(m.due_at.desc()).limit(MAILS)
    rows = connection.execute(found).mappings().all()
    held = _held(connection, program, provider) if any(row["status"] == Status.QUEUED for row in rows) else ""
    return tuple(Sent(**row, fate=_fate(row, program.zone, now=now, held=held)) for row in rows)


def _fate(row: sa.RowMapping, zone: str, *, now: datetime, held: str) -> str:
    if row["status"] != Status.QUEUED:
        return _ENDED[row["status"]].format(at=instant(to_micros(row["status_at"]), zone), reason=row["reason"] or "")
    if held:
        return f"is held: {held}"
    if row["not_before"] <= now:
        return "is about to be sent"
    why = f": {row['reason']}" if row["reason"] else ""
    return f"waits until {instant(to_micros(row['not_before']), zone)}{why}"


def _held(connection: sa.Connection, program: Program, provider: str) -> str:
    """Return what keeps the queued mails of a rule back, or nothing."""
    stand = read(connection, program.rule.name).get(program.rule.name)
    if stand is not None and stand.paused_at is not None:
        return f"the rule is paused since {instant(stand.paused_at, program.zone)}"
    lane = stopped(connection, provider)
    return "" if lane is None else lane.sentence
