"""Why a rule did or did not write to a customer: the evaluator's answer, and what became of the mails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine import evaluate
from engine.app.mail_fates import Sent, mails_of
from engine.app.opened import App
from engine.app.rules import rules_with
from engine.app.versions import Lineage
from engine.db import reading
from engine.errors import UsageError
from engine.evaluate import Explanation, Fate
from engine.outbox.readers import readers
from engine.rules.compiler import Program
from engine.subjects import find_customer, load_persons


@dataclass(frozen=True, kw_only=True)
class Explained:
    """An explanation with its mails; `release` 0 means the rule was read from the workspace's files.

    `verdict` is the answer in a sentence, the mail's fate included. `reader` is the customer that its mail goes to, who
    is another where the rule writes to a role; None for nobody.
    """

    customer: str
    verdict: str
    reader: str | None
    role: str | None
    explanation: Explanation
    mails: tuple[Sent, ...]
    release: int


def explained(app: App, rule: str, name: str, *, at: datetime | None = None) -> Explained:
    """Return why a rule did or did not, for the customer that an id or address names; `at` asks about the past.

    The rule is that of the live release, else of the files; of the past, that of the release that was live then.
    Raises UsageError for a rule nobody has written or a customer whom the rule cannot be about, LifecycleError for an
    unknown customer or a time of which nothing is known.
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
        now = app.clock.now()
        lineage = Lineage(connection=connection, program=program, release=running.release)
        explanation = evaluate.explain(connection, program, subject, now, at, versions=lineage)
        provider = app.settings.provider
        mails = mails_of(connection, program, subject, provider=provider, now=now, until=at)
        return Explained(
            customer=id_,
            verdict=verdict_of(explanation, mails),
            reader=reader_of(connection, program, subject),
            role=program.rule.to_role,
            explanation=explanation,
            mails=mails,
            release=running.release,
        )


def verdict_of(explanation: Explanation, mails: Sequence[Sent]) -> str:
    """Return what became of the latest moment, and of its mail."""
    latest = next(iter(explanation.moments), None)
    if latest is None or latest.fate is not Fate.ENROLLED:
        return explanation.verdict
    mail = next((mail for mail in mails if mail.occurrence == latest.occurrence), None)
    fate = mail.fate if mail else "has not been put into the outbox yet"
    return f"{explanation.verdict}; its mail {fate}"


def reader_of(connection: sa.Connection, program: Program, subject: str) -> str | None:
    """Return the id of the customer that a rule's mail about a subject goes to, or None."""
    asked = (program.rule.subject, subject, program.rule)
    found = readers(connection, [asked], default_zone=program.zone)
    known = found[program.rule.subject, subject, program.rule.to_role or ""].known
    return known.person.id if known else None


def subject_of(connection: sa.Connection, program: Program, id_: str) -> str | None:
    """Return whom a rule judges where this customer is meant: the customer, or their account, which may be none."""
    return id_ if program.rule.subject == "customer" else load_persons(connection, [id_])[id_].account_id
