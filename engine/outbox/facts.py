"""What the mails of a batch are made from: readers, accounts and the events that set them off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from engine.clock import MICROSECOND, to_micros
from engine.models.tables import enrollment, event, message, message_content
from engine.outbox.running import Running
from engine.rules.model import EventTrigger, EveryTrigger, Rule
from engine.subjects import Known, load_accounts, load_persons
from engine.subjects.moments import Enrolled, moment

Row = Mapping[str, Any]
KEY = ("subject_type", "subject_id", "rule", "occurrence", "step")
_OWN = (
    *("send_id", *KEY, "recipient_id", "address_hash", "topic", "template", "release_id", "priority"),
    *("status", "reason", "due_at", "not_before", "expires_at", "attempt", "doubts", "first_intent_at"),
)
_LEDGER = ("fact", "send", "offset", "since_at", "until_at", "closes_at")


def _by_subject(column: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """Keep out the index by rule: a database that does not yet know of many would read all of a rule for each mail."""
    return column.concat("") if column.name == "rule" else column


MESSAGES = (
    sa.select(
        *(message.c[name] for name in _OWN),
        *(enrollment.c[name] for name in _LEDGER),
        message_content.c.facts.label("rendered_from"),
        message_content.c.rendered_at,
    )
    .outerjoin(enrollment, sa.and_(*(_by_subject(enrollment.c[name]) == message.c[name] for name in KEY)))
    .outerjoin(message_content, message_content.c.send_id == message.c.send_id)
)
"""Messages with what the ledger says of them; those without content are rendered from nothing: NULL."""
_HAPPENED = sa.tuple_(event.c.customer_id, event.c.name, sa.type_coerce(event.c.at, sa.BigInteger))
_EVENTS = (
    sa.select(event.c.customer_id, event.c.id, event.c.name, event.c.at, event.c.properties)
    .where(_HAPPENED.in_(sa.bindparam("keys", expanding=True)))
    .order_by(event.c.id)
)


def made_from(known: Known, running: Running) -> str:
    """Return what content is made from: the texts of a release, the facts of its reader, and where its links lead."""
    return f"{running.release_id}:{known.fingerprint}:{running.settings.public_url}"


def readers_of(connection: sa.Connection, rows: Sequence[Row], running: Running) -> Mapping[str, Known]:
    """Return what is known of each message's reader and account, by send id; readers who are gone are left out."""
    traits = running.rules.traits
    ids = {row["recipient_id"] for row in rows} | {
        row["subject_id"] for row in rows if row["subject_type"] == "customer"
    }
    persons = load_persons(connection, ids, traits=traits)
    about: dict[str, str] = {}
    for row in rows:
        subject = persons.get(row["subject_id"])
        of_account = row["subject_type"] == "account"
        about[row["send_id"]] = row["subject_id"] if of_account else (subject and subject.account_id) or ""
    accounts = load_accounts(connection, set(about.values()) - {""}, traits=traits)
    return {
        row["send_id"]: Known(person=persons[row["recipient_id"]], account=accounts.get(about[row["send_id"]]))
        for row in rows
        if row["recipient_id"] in persons
    }


def events_of(connection: sa.Connection, rows: Sequence[Row], running: Running) -> Mapping[str, Mapping[str, Any]]:
    """Return the event that set off each message whose trigger is one, by send id, with its properties."""
    rules = running.rules.rules
    wanted = {
        row["send_id"]: (row["subject_id"], trigger.event, row["due_at"] - row["offset"] * MICROSECOND, row["fact"])
        for row in rows
        if row["rule"] in rules and isinstance(trigger := rules[row["rule"]].trigger, EventTrigger)
    }
    if not wanted:
        return {}
    keys = {(customer_id, name, to_micros(at)) for customer_id, name, at, _ in wanted.values()}
    found: dict[tuple[Any, ...], list[sa.RowMapping]] = {}
    for row in connection.execute(_EVENTS, {"keys": sorted(keys)}).mappings().all():
        found.setdefault((row["customer_id"], row["name"], row["at"]), []).append(row)
    return {id_: _shown(_meant(found.get(key[:3], []), key[3])) for id_, key in wanted.items()}


def moment_of(
    row: Row, rule: Rule, known: Known, happened: Mapping[str, Any], *, now: datetime, zone: str
) -> dict[str, Any]:
    """Return what the trigger adds to a message that is rendered now for a reader in a zone."""
    enrolled = Enrolled(
        fact=row["fact"],
        since_at=row["since_at"],
        until_at=row["until_at"],
        event=happened,
        started=_started(rule, known),
        now=now,
        zone=zone,
    )
    return moment(rule, enrolled)


def _started(rule: Rule, known: Known) -> date | datetime | None:
    if not isinstance(rule.trigger, EveryTrigger):
        return None
    of_account = known.account.facts if known.account else {}
    facts = of_account if rule.date_fact.subject == "account" else known.person.facts
    value = facts.get(rule.date_fact.name)
    return value if isinstance(value, date) else None


def _meant(candidates: Sequence[sa.RowMapping], fact: str) -> sa.RowMapping | None:
    """Of events at the same instant, the one the ledger names; the first where it names none of them."""
    return next((row for row in candidates if row["id"] == fact), candidates[0] if candidates else None)


def _shown(row: sa.RowMapping | None) -> dict[str, Any]:
    if row is None:
        return {}
    given = {name: value for name, value in (row["properties"] or {}).items() if value is not None}
    return given | {"name": row["name"], "at": row["at"], "properties": given}
