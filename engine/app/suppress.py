"""Addresses that get no mail any more, as the operator names them: by address, or by customer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from engine import consent, suppression, values
from engine.app.opened import App
from engine.app.rules import running_rules
from engine.db import reading
from engine.errors import UsageError, did_you_mean
from engine.facts import text_key
from engine.hashing import address_hash
from engine.models.tables import customer
from engine.policy import ALL_MARKETING, ANY_TOPIC
from engine.releases.origin import author
from engine.subjects import find_customer, load_persons
from engine.workspace import require_secret

_LESS: Mapping[str, str] = {ANY_TOPIC: "no mail at all", ALL_MARKETING: "no marketing"}
"""What an address gets that is suppressed for more than one topic."""


def add(app: App, name: str, *, topic: str | None, reason: str) -> str:
    """Suppress an address; returns what became of it. Once this returns, no mail to it starts.

    Raises UsageError for a topic that the rules do not have, LifecycleError for an unknown customer.
    """
    address, scope = _written(_address(app, name)), _scope(app, topic)
    now, secret, actor = app.clock.now(), require_secret(app.settings), author()
    new = suppression.add(app.database, address, secret=secret, reason=reason, now=now, scope=scope, actor=actor)
    return f"{address} gets no mail{_of(topic)} any more." if new else f"{address} was suppressed already{_of(topic)}."


def remove(app: App, name: str, *, topic: str | None) -> str:
    """Lift a suppression; returns what became of it, with whatever else still keeps mail back.

    Raises UsageError where there was none.
    """
    address, scope = _address(app, name), topic or ANY_TOPIC
    now, secret = app.clock.now(), require_secret(app.settings)
    if not suppression.remove(app.database, address, secret=secret, now=now, scope=scope, actor=author()):
        hint = _misspelt(app, topic) or "`lifecycle suppress list` shows what is"
        raise UsageError(f"{address} was not suppressed{_of(topic)}; {hint}")
    kept = "; ".join(f"{_LESS.get(scope, f'no mail{_of(scope)}')} ({why})" for scope, why in _kept(app, address, topic))
    if kept:
        return f"{address} is not suppressed{_of(topic)} any more, but still gets {kept}."
    return f"{address} may get mail{_of(topic)} again."


def _kept(app: App, address: str, topic: str | None) -> Iterator[tuple[str, str]]:
    """Yield what of its mail an address still does not get, and why: other suppressions, and what customers said."""
    hashed = address_hash(address, require_secret(app.settings))
    holders = sa.select(customer.c.id).where(customer.c.email_key == text_key(address))
    with reading(app.database) as connection:
        why = dict(suppression.of(connection, [hashed]).get(hashed, {}))
        answers = consent.answers_of(connection, connection.scalars(holders).all())
    for id_, answered in sorted(answers.items()):
        noes = {scope for scope in (answered.said if topic is None else [topic]) if answered.to(scope) == "no"}
        why |= dict.fromkeys(noes, f"the customer {id_} said no, and only their own yes changes that")
    wanted = why if topic is None else {ANY_TOPIC, ALL_MARKETING, topic}
    yield from ((scope, why[scope]) for scope in sorted(why) if scope in wanted)


def _misspelt(app: App, topic: str | None) -> str:
    """Return which topic may have been meant, where there is none of this name."""
    topics = running_rules(app).rules.topics if topic else {}
    return did_you_mean(topic, topics) if topic and topic not in topics else ""


def _scope(app: App, topic: str | None) -> str:
    """Refuse a topic that is misspelt or transactional, since it would keep nothing back."""
    if topic is None:
        return ANY_TOPIC
    topics = running_rules(app).rules.topics
    if topic not in topics:
        hint = did_you_mean(topic, topics) or f"there is {', '.join(sorted(topics))}"
        raise UsageError(f"there is no topic {topic}; {hint}")
    if topics[topic].kind == "transactional":
        raise UsageError(f"nobody can say no to the transactional topic {topic} alone; without --topic, to all mail")
    return topic


def _written(address: str) -> str:
    """Refuse what is no address: nobody would be kept from anything by a typing mistake."""
    try:
        values.email(address)
    except values.BadValue as error:
        raise UsageError(f"{address} {error}") from None
    return address


def _of(topic: str | None) -> str:
    return f" of the topic {topic}" if topic else ""


def _address(app: App, name: str) -> str:
    """Return an address as it is, else the address of the customer that is named."""
    if "@" in name:
        return name.strip()
    with reading(app.database) as connection:
        id_ = find_customer(connection, name)
        address = load_persons(connection, [id_])[id_].address
    if not address:
        raise UsageError(f"the customer {id_} has no address to suppress")
    return address
