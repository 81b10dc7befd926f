"""Addresses that get no mail any more, as the operator names them: by address, or by customer."""

from __future__ import annotations

from engine import suppression, values
from engine.app.opened import App
from engine.app.rules import running_rules
from engine.db import reading
from engine.errors import UsageError, did_you_mean
from engine.policy import ANY_TOPIC
from engine.releases.origin import author
from engine.subjects import find_customer, load_persons
from engine.workspace import require_secret


def add(app: App, name: str, *, topic: str | None, reason: str) -> str:
    """Suppress an address; returns what became of it. Once this returns, no mail to it starts.

    Raises UsageError for a topic that the rules do not have, LifecycleError for an unknown customer.
    """
    address, scope = _written(_address(app, name)), _scope(app, topic)
    now, secret, actor = app.clock.now(), require_secret(app.settings), author()
    new = suppression.add(app.database, address, secret=secret, reason=reason, now=now, scope=scope, actor=actor)
    return f"{address} gets no mail{_of(topic)} any more." if new else f"{address} was suppressed already{_of(topic)}."


def remove(app: App, name: str, *, topic: str | None) -> str:
    """Lift a suppression; returns what became of it, and raises UsageError where there was none."""
    address, scope = _address(app, name), topic or ANY_TOPIC
    now, secret = app.clock.now(), require_secret(app.settings)
    if not suppression.remove(app.database, address, secret=secret, now=now, scope=scope, actor=author()):
        raise UsageError(f"{address} was not suppressed{_of(topic)}; `lifecycle suppress list` shows what is")
    return f"{address} may get mail{_of(topic)} again."


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
