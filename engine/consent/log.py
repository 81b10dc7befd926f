"""The log of yes and no: append-only; what is said last counts, and holds from its commit on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from engine import recipients, suppression
from engine.clock import MICROSECOND
from engine.db import insert_missing
from engine.hashing import address_hash as hash_of
from engine.models.tables import consent, customer, message
from engine.policy import ALL_MARKETING

State = Literal["yes", "no"]
UNSUBSCRIBED = "unsubscribed"
SOURCE = suppression.BY_CONSENT
"""The source of suppressions that a no set; a yes lifts these alone."""
_WAITING = ("queued", "sending")


@dataclass(frozen=True, kw_only=True)
class Said:
    """One yes or no of a customer to a topic (or to all of marketing), where and in what words it was said."""

    topic: str
    state: State
    at: datetime
    source: str
    wording: str | None = None


def say(
    connection: sa.Connection,
    *,
    customer_id: str,
    address_hash: str | None,
    topic: str,
    state: State,
    source: str,
    wording: str | None,
    secret: str,
    now: datetime,
) -> bool:
    """Write down a yes or no that is said now; returns whether anything is new.

    A no suppresses the topic for the address, a yes lifts what a no has set. `topic` is `ALL_MARKETING` where
    somebody wants no mail that can be unsubscribed from. Once the transaction has committed, no request that it
    forbids starts. What was said before in the same words is not written again.
    """
    own = {address_hash} if address_hash else set()
    recipients.lock(connection, own | concerned(connection, [customer_id], secret=secret))
    last = counting(latest(connection, [customer_id]).get(customer_id, {}), topic)
    known = last is not None and (last.state, last.source, last.wording) == (state, source, wording)
    if not known:
        at = max(now, last.at + MICROSECOND) if last else now
        said = Said(topic=topic, state=state, at=at, source=source, wording=wording)
        record(connection, [(customer_id, said)])
    followed = address_hash is not None and _follow(connection, address_hash, topic, state, source, now=now)
    return followed or not known


def record(connection: sa.Connection, rows: Collection[tuple[str, Said]]) -> None:
    """Write down, within a transaction, what customers said; what is there already stays as it is."""
    values = [
        {
            "customer_id": customer_id,
            "topic": said.topic,
            "at": said.at,
            "state": said.state,
            "source": said.source,
            "wording": said.wording,
        }
        for customer_id, said in rows
    ]
    if values:
        connection.execute(insert_missing(connection, consent), values)


def latest(connection: sa.Connection, customer_ids: Collection[str]) -> Mapping[str, Mapping[str, Said]]:
    """Return what these customers said last, by customer and topic."""
    found: dict[str, dict[str, Said]] = {}
    if not customer_ids:
        return found
    chosen = sa.select(consent).where(consent.c.customer_id.in_(customer_ids)).order_by(consent.c.at)
    for row in connection.execute(chosen).mappings():
        told = {name: value for name, value in row.items() if name != "customer_id"}
        found.setdefault(row["customer_id"], {})[row["topic"]] = Said(**told)
    return found


def counting(said: Mapping[str, Said], topic: str) -> Said | None:
    """Return what counts for a topic of what somebody said last: the topic's own, or a no to all that came later."""
    own, general = said.get(topic), said.get(ALL_MARKETING)
    if general and general.state == "no" and (own is None or own.at <= general.at):
        return general
    return own


def concerned(connection: sa.Connection, customer_ids: Collection[str], *, secret: str) -> set[str]:
    """Return the addresses, as hashes, that what these customers say is about: the present ones, and where mail waits.

    Whoever locks more than one customer's locks all of them in one step: so two never wait for each other.
    """
    chosen = sa.select(customer.c.email).where(customer.c.id.in_(customer_ids), customer.c.email.is_not(None))
    present = {hash_of(each, secret) for each in connection.scalars(chosen)} if customer_ids else set()
    return present | waiting(connection, customer_ids)


def waiting(connection: sa.Connection, customer_ids: Collection[str]) -> set[str]:
    """Return the addresses, as hashes, that mail to these customers waits for."""
    chosen = sa.and_(message.c.recipient_id.in_(customer_ids), message.c.status.in_(_WAITING))
    hashes = connection.scalars(sa.select(message.c.address_hash).where(chosen).distinct())
    return {each for each in hashes if each}


def _follow(
    connection: sa.Connection, address_hash: str, topic: str, state: State, source: str, *, now: datetime
) -> bool:
    """Let the suppression of an address be what was said; returns whether it was not so before."""
    if state == "no":
        row = {"address_hash": address_hash, "scope": topic, "reason": UNSUBSCRIBED, "source": SOURCE, "at": now}
        return suppression.put(connection, row, actor=source)
    lifted = [
        suppression.lift(connection, address_hash, scope, actor=source, now=now, source=SOURCE)
        for scope in (topic, ALL_MARKETING)
    ]
    return any(lifted)
