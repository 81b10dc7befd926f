"""What the mails of a batch are made from: readers, accounts and the events that set them off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import starmap
from typing import Any, NamedTuple

import sqlalchemy as sa

from engine.clock import from_micros, to_micros
from engine.db import Straight, among_rows
from engine.models.tables import enrollment, event, message, message_content
from engine.outbox.running import Running
from engine.rules.model import EventTrigger, EveryTrigger, Rule
from engine.subjects import Known, Person, load_accounts, load_persons
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
_HAPPENED = (event.c.customer_id, event.c.name, sa.type_coerce(event.c.at, sa.BigInteger).label("at"))
_EVENTS = Straight(
    sa.select(*_HAPPENED, event.c.id, event.c.properties).where(among_rows(_HAPPENED, "keys")).order_by(event.c.id)
)


class _Event(NamedTuple):
    """An event as it is stored: `at` in microseconds."""

    customer_id: str
    name: str
    at: int
    id: str
    properties: Mapping[str, Any] | None


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
    about = [_account_of(row, persons) for row in rows]
    accounts = load_accounts(connection, set(about) - {""}, traits=traits)
    return {
        row["send_id"]: Known(person=person, account=accounts.get(account_id))
        for row, account_id in zip(rows, about, strict=True)
        if (person := persons.get(row["recipient_id"]))
    }


def _account_of(row: Row, persons: Mapping[str, Person]) -> str:
    """Return the account that a message is about, or nothing: its subject, or that of the customer it is about."""
    if row["subject_type"] == "account":
        return str(row["subject_id"])
    subject = persons.get(row["subject_id"])
    return (subject and subject.account_id) or ""


def events_of(connection: sa.Connection, rows: Sequence[Row], running: Running) -> Mapping[str, Mapping[str, Any]]:
    """Return the event that set off each message whose trigger is one, by send id, with its properties."""
    rules = running.rules.rules
    wanted = {
        row["send_id"]: ((row["subject_id"], trigger.event, to_micros(row["due_at"]) - row["offset"]), row["fact"])
        for row in rows
        if row["rule"] in rules and isinstance(trigger := rules[row["rule"]].trigger, EventTrigger)
    }
    if not wanted:
        return {}
    found: dict[tuple[str, str, int], list[_Event]] = {}
    for each in starmap(_Event, _EVENTS.rows(connection, {"keys": sorted({key for key, _ in wanted.values()})})):
        found.setdefault((each.customer_id, each.name, each.at), []).append(each)
    return {id_: _shown(_meant(found.get(key, []), fact)) for id_, (key, fact) in wanted.items()}


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


def _meant(candidates: Sequence[_Event], fact: str) -> _Event | None:
    """Of events at the same instant, the one the ledger names; the first where it names none of them."""
    return next((each for each in candidates if each.id == fact), candidates[0] if candidates else None)


def _shown(meant: _Event | None) -> dict[str, Any]:
    if meant is None:
        return {}
    given = {name: value for name, value in (meant.properties or {}).items() if value is not None}
    return given | {"name": meant.name, "at": from_micros(meant.at), "properties": given}
