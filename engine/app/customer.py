"""All there is about one customer: facts, what happened, what each rule did, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import consent, evaluate, suppression
from engine.app.explain import reader_of
from engine.app.mail_fates import mails_of
from engine.app.opened import App
from engine.app.rules import Rules, running_rules
from engine.app.timeline import Happened, timeline
from engine.consent import Said
from engine.db import reading
from engine.hashing import address_hash
from engine.models.tables import account_member
from engine.rules.compiler import Program
from engine.subjects import Known, find_customer, load


@dataclass(frozen=True, kw_only=True)
class RuleShown:
    """What one rule has to do with a customer: its verdict in a sentence, its last mail, and its next moment.

    `holds_now` says whether its conditions hold by the facts of now; None where it cannot be about this customer.
    """

    rule: str
    verdict: str
    mail: str | None
    mail_reason: str | None
    mail_at: datetime | None
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
    consents: tuple[Said, ...]
    timeline: tuple[Happened, ...]
    rules: tuple[RuleShown, ...]
    release: int


def show(app: App, name: str, *, limit: int) -> Shown:
    """Return all about the customer that an id or address names; `limit` bounds the timeline.

    Raises LifecycleError where nobody is named so, ProblemsError where there is no release and the files are broken.
    """
    with reading(app.database) as connection:
        id_ = find_customer(connection, name)
    running = running_rules(app)
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
            consents=tuple(consent.latest(connection, [id_]).get(id_, {}).values()),
            timeline=timeline(connection, id_, known.person.account_id, limit=limit),
            rules=tuple(_rules(connection, running, known, app)),
            release=running.release,
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


def _rules(connection: sa.Connection, running: Rules, known: Known, app: App) -> Iterator[RuleShown]:
    for rule, program in running.programs.items():
        subject = known.person.account_id if program.rule.subject == "account" else known.person.id
        if subject is None:
            yield RuleShown(rule=rule, verdict="about accounts, and this customer has none", **_NOTHING)
        else:
            yield _rule(connection, program, subject, known.person.id, app)


def _rule(connection: sa.Connection, program: Program, subject: str, id_: str, app: App) -> RuleShown:
    if program.rule.to_role and reader_of(connection, program, subject) != id_:
        verdict = f"writes to the {program.rule.to_role} of the account, who is somebody else"
        return RuleShown(rule=program.rule.name, verdict=verdict, **_NOTHING)
    now = app.clock.now()
    answer = evaluate.explain(connection, program, subject, now)
    last = next(iter(mails_of(connection, program, subject, provider=app.settings.provider, now=now)), None)
    return RuleShown(
        rule=program.rule.name,
        verdict=answer.standing or (answer.moments[0].sentence if answer.moments else "nothing yet"),
        mail=last.status if last else None,
        mail_reason=last.reason if last else None,
        mail_at=last.status_at if last else None,
        next_at=answer.upcoming.due if answer.upcoming else None,
        next_moment=answer.upcoming.label if answer.upcoming else None,
        holds_now=answer.holds,
    )


_NOTHING: dict[str, Any] = dict.fromkeys(("mail", "mail_reason", "mail_at", "next_at", "next_moment", "holds_now"))
