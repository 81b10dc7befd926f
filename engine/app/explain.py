"""Why a rule did or did not write to a customer: the evaluator's answer, and what became of the mails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine import evaluate
from engine.app.opened import App
from engine.app.rules import rules_with
from engine.db import reading
from engine.errors import UsageError
from engine.evaluate import Explanation
from engine.models.tables import message
from engine.outbox.readers import readers
from engine.rules.compiler import Program
from engine.subjects import find_customer, load_persons

MAILS = 5


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One mail of the rule for this subject: to whom, where it stands and why."""

    send_id: str
    template: str
    recipient: str
    status: str
    reason: str | None
    status_at: datetime
    not_before: datetime


@dataclass(frozen=True, kw_only=True)
class Explained:
    """An explanation with its mails; `release` 0 means the rule was read from the workspace's files.

    `reader` is the customer that its mail goes to, who is another where the rule writes to a role; None for nobody.
    """

    customer: str
    reader: str | None
    role: str | None
    explanation: Explanation
    mails: tuple[Sent, ...]
    release: int


def explained(app: App, rule: str, name: str, *, at: datetime | None = None) -> Explained:
    """Return why a rule did or did not, for the customer that an id or address names; `at` asks about the past.

    The rule is that of the live release, else of the files. Raises UsageError for a rule nobody has written or a
    customer whom the rule cannot be about, LifecycleError for an unknown customer.
    """
    running = rules_with(app, rule)
    if rule not in running.programs:
        raise UsageError(f"rules/{rule}.yaml is not a rule but a file that rules share")
    program = running.programs[rule]
    with reading(app.database) as connection:
        id_ = find_customer(connection, name)
        subject = subject_of(connection, program, id_)
        if subject is None:
            raise UsageError(f"the rule {rule} is about accounts, and the customer {id_} belongs to none")
        return Explained(
            customer=id_,
            reader=reader_of(connection, program, subject),
            role=program.rule.to_role,
            explanation=evaluate.explain(connection, program, subject, app.clock.now(), at),
            mails=mails_of(connection, program, subject),
            release=running.release,
        )


def reader_of(connection: sa.Connection, program: Program, subject: str) -> str | None:
    """Return the id of the customer that a rule's mail about a subject goes to, or None."""
    asked = (program.rule.subject, subject, program.rule)
    found = readers(connection, [asked], default_zone=program.zone)
    known = found[program.rule.subject, subject, program.rule.to_role or ""].known
    return known.person.id if known else None


def subject_of(connection: sa.Connection, program: Program, id_: str) -> str | None:
    """Return whom a rule judges where this customer is meant: the customer, or their account, which may be none."""
    return id_ if program.rule.subject == "customer" else load_persons(connection, [id_])[id_].account_id


def mails_of(connection: sa.Connection, program: Program, subject: str) -> tuple[Sent, ...]:
    """Return the newest mails of a rule for a subject."""
    m = message.c
    columns = (m.send_id, m.template, m.recipient_id, m.status, m.reason, m.status_at, m.not_before)
    mine = (m.subject_type == program.rule.subject, m.subject_id == subject, m.rule == program.rule.name)
    rows = connection.execute(sa.select(*columns).where(*mine).order_by(m.due_at.desc()).limit(MAILS)).mappings()
    return tuple(
        Sent(recipient=row["recipient_id"], **{k: v for k, v in row.items() if k != "recipient_id"}) for row in rows
    )
