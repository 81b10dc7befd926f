"""All there is about one customer: facts, what happened, what each rule did, and what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import suppression
from engine.app.opened import App
from engine.app.sources import source
from engine.app.timeline import Happened, timeline
from engine.db import reading
from engine.evaluate import upcoming
from engine.hashing import address_hash
from engine.models.tables import account_member, enrollment, message
from engine.releases.store import live_id
from engine.rules.compiler import Program
from engine.runtime import Runtime, build
from engine.subjects import Known, find_customer, load

FAMILIES = ("customer", "account")


@dataclass(frozen=True, kw_only=True)
class RuleShown:
    """What one rule has to do with a customer: what it did last, and its next moment, if there is one.

    `holds_now` says whether the conditions of that moment hold by the facts of now.
    """

    rule: str
    last: str | None
    last_reason: str | None
    last_at: datetime | None
    next_at: datetime | None
    next_moment: str | None
    holds_now: bool | None


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One customer; `release` is the live release whose rules were asked, 0 for the workspace's files."""

    id: str
    address: str | None
    facts: Mapping[str, Any]
    account_id: str | None
    account: Mapping[str, Any]
    roles: tuple[tuple[str, str], ...]
    suppressed: Mapping[str, str]
    timeline: tuple[Happened, ...]
    rules: tuple[RuleShown, ...]
    release: int


def show(app: App, name: str, *, limit: int) -> Shown:
    """Return all about the customer that an id or address names; `limit` bounds the timeline.

    Raises LifecycleError where nobody is named so, ProblemsError where there is no release and the files are broken.
    """
    with reading(app.database) as connection:
        id_ = find_customer(connection, name)
        release = live_id(connection)
    running = build(source(app, live=release > 0).files, release_id=release, settings=app.settings)
    with reading(app.database) as connection:
        known = load(connection, [id_], traits=running.rules.traits)[id_]
        return Shown(
            id=id_,
            address=known.person.address,
            facts=known.person.facts,
            account_id=known.account.id if known.account else None,
            account=known.account.facts if known.account else {},
            roles=_roles(connection, id_),
            suppressed=_suppressed(connection, app, known),
            timeline=timeline(connection, id_, known.person.account_id, limit=limit),
            rules=tuple(_rules(connection, running, known, app.clock.now())),
            release=release,
        )


def _roles(connection: sa.Connection, id_: str) -> tuple[tuple[str, str], ...]:
    m = account_member.c
    rows = sa.select(m.role, m.account_id).where(m.customer_id == id_, m.removed_at.is_(None))
    return tuple((str(role), str(account)) for role, account in connection.execute(rows.order_by(m.account_id, m.role)))


def _suppressed(connection: sa.Connection, app: App, known: Known) -> Mapping[str, str]:
    if not known.person.address:
        return {}
    hashed = address_hash(known.person.address, app.settings.secret.get_secret_value())
    return suppression.of(connection, [hashed]).get(hashed, {})


def _rules(connection: sa.Connection, running: Runtime, known: Known, now: datetime) -> Iterable[RuleShown]:
    for rule, program in running.programs.items():
        subject = known.person.account_id if program.rule.subject == "account" else known.person.id
        last = _last(connection, program, subject)
        ahead = upcoming(connection, program, now=now, subject_id=subject, limit=1) if subject else []
        yield RuleShown(
            rule=rule,
            last=last["status"] or last["state"] if last else None,
            last_reason=last["reason"] if last else None,
            last_at=(last["status_at"] or last["decided_at"]) if last else None,
            next_at=ahead[0].due if ahead else None,
            next_moment=ahead[0].label if ahead else None,
            holds_now=ahead[0].conditions_hold_now if ahead else None,
        )


def _last(connection: sa.Connection, program: Program, subject: str | None) -> Mapping[str, Any] | None:
    """Return the ledger's newest row of a subject and rule, with its message where there is one."""
    e, m = enrollment.c, message.c
    same = ("subject_type", "subject_id", "rule", "occurrence", "step")
    joined = enrollment.outerjoin(message, sa.and_(*(e[name] == m[name] for name in same)))
    rows = sa.select(e.state, e.decided_at, m.status, m.reason, m.status_at).select_from(joined)
    of = (e.subject_type == program.rule.subject, e.subject_id == subject, e.rule == program.rule.name)
    newest = rows.where(*of).order_by(e.decided_at.desc(), e.due_at.desc()).limit(1)
    row = connection.execute(newest).mappings().one_or_none()
    return None if row is None else dict(row)
