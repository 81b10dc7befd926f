"""Every table that holds something of a customer: whose rows they are, what they are, and what erasure does to them.

A test compares these tables with all there are: a new one is added here, or named among `EXEMPT` with its reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from engine.models import tables as t
from engine.privacy.names import Names

Whose = Callable[[Names], sa.ColumnElement[bool]]
Fate = Literal["deleted", "swept", "stripped"]
"""`deleted` at once, `swept` away in batches right after, or `stripped` of what is personal."""


@dataclass(frozen=True, kw_only=True)
class Holding:
    """The rows of one table that are about a customer; `section` is what an export calls them."""

    section: str
    table: sa.Table
    whose: Whose
    fate: Fate
    about: str


def _by(table: sa.Table, column: str = "customer_id") -> Whose:
    return lambda names: table.c[column] == names.id


def _subject(table: sa.Table) -> Whose:
    return lambda names: sa.and_(table.c.subject_type == "customer", table.c.subject_id == names.id)


def mails_of(names: Names) -> sa.ColumnElement[bool]:
    """Return which messages are to or about a customer; after the erasure, by the hash."""
    ids = (names.id, names.hash)
    about = sa.and_(t.message.c.subject_type == "customer", t.message.c.subject_id.in_(ids))
    return sa.or_(t.message.c.recipient_id.in_(ids), about)


def _send_ids(names: Names) -> sa.Select[tuple[str]]:
    return sa.select(t.message.c.send_id).where(mails_of(names))


def _of_mails(table: sa.Table) -> Whose:
    return lambda names: table.c.send_id.in_(_send_ids(names))


def _by_address(table: sa.Table) -> Whose:
    return lambda names: table.c.address_hash.in_(names.address_hashes)


def _feedback(names: Names) -> sa.ColumnElement[bool]:
    return sa.or_(_of_mails(t.feedback)(names), _by_address(t.feedback)(names))


def written_with(column: sa.ColumnElement[object], texts: Iterable[str]) -> sa.ColumnElement[bool]:
    """Return whether JSON has one of these texts somewhere in it, in whatever case; to be looked at more closely."""
    said = sa.func.lower(sa.cast(column, sa.Text))
    tests = [said.contains(form, autoescape=True) for text in texts for form in _forms(text)]
    return sa.or_(sa.false(), *tests)


def _forms(text: str) -> tuple[str, ...]:
    """Return how a text stands in JSON: as it is (PostgreSQL), or with its letters escaped (SQLite)."""
    return tuple({form[1:-1] for form in (json.dumps(text.lower(), ensure_ascii=False), json.dumps(text.lower()))})


def _provider_event(names: Names) -> sa.ColumnElement[bool]:
    heard = sa.select(t.feedback.c.event_id).where(_feedback(names))
    return sa.or_(t.provider_event.c.event_id.in_(heard), written_with(t.provider_event.c.payload, names.addresses))


def _audit(names: Names) -> sa.ColumnElement[bool]:
    return written_with(t.audit.c.detail, (names.id, *names.aliases, *names.addresses, *names.address_hashes))


def _hold(section: str, table: sa.Table, whose: Whose, fate: Fate, about: str) -> Holding:
    return Holding(section=section, table=table, whose=whose, fate=fate, about=about)


HOLDINGS: tuple[Holding, ...] = (
    _hold("customer", t.customer, _by(t.customer, "id"), "deleted", "the facts every customer has, as they are now"),
    _hold("other_names", t.identity, _by(t.identity), "deleted", "other ids of the customer"),
    _hold("traits", t.trait, _subject(t.trait), "deleted", "the facts that the company declared or sent besides"),
    _hold("memberships", t.account_member, _by(t.account_member), "deleted", "roles in accounts, ended ones too"),
    _hold("consent", t.consent, _by(t.consent), "deleted", "each yes and no to a topic, and where it was said"),
    _hold("history", t.fact_change, _subject(t.fact_change), "swept", "each change of a fact, and when it was learned"),
    _hold("events", t.event, _by(t.event), "swept", "what the customer did, as the product sent it"),
    _hold("totals", t.event_total, _by(t.event_total), "swept", "first, last and number of the events of each name"),
    _hold("days", t.event_daily, _by(t.event_daily), "swept", "how often something was done on a day (UTC)"),
    _hold("absences", t.absence, _by(t.absence), "swept", "gaps of a day or more between events"),
    _hold("stays", t.membership, _subject(t.membership), "deleted", "when a rule's `becomes` held"),
    _hold("decisions", t.enrollment, _subject(t.enrollment), "stripped", "each moment that a rule decided"),
    _hold("messages", t.message, mails_of, "stripped", "each mail to or about the customer, and where it stands"),
    _hold("contents", t.message_content, _of_mails(t.message_content), "deleted", "what these mails say"),
    _hold("feedback", t.feedback, _feedback, "stripped", "what became of these mails after they were sent"),
    _hold("provider_events", t.provider_event, _provider_event, "stripped", "what the provider reported, as it did"),
    _hold("suppressions", t.suppression, _by_address(t.suppression), "stripped", "mail that the addresses do not get"),
    _hold("recipients", t.recipient, _by_address(t.recipient), "stripped", "when an address was last written to"),
    _hold("audit", t.audit, _audit, "stripped", "what operators did that names the customer"),
)
"""In the order of an export."""

EXEMPT: Mapping[str, str] = {
    "account": "facts of a company; the people in it stand in `account_member`",
    "erased": "keyed hashes of ids; in clear only what an erasure under way has still to erase",
    "installation": "says which database this is",
    "lane": "what is stopped from sending, and why",
    "release": "files of the company: rules and templates",
    "restoration": "spans of time that a restored backup has lost",
    "rule_state": "how far each rule was evaluated",
    "witness": "how many requests each host has made",
    "worker": "running processes",
    "zone": "names of time zones that somebody has",
}
"""Tables that hold nothing of a customer, and why."""
