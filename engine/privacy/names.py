"""All that a customer is known by: the id, other names, addresses of now and before, and their keyed hashes."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa

from engine.facts import text_key
from engine.hashing import address_hash, id_hash
from engine.models.tables import customer, fact_change, identity, message, message_content
from engine.policy import ascii_address


@dataclass(frozen=True, kw_only=True)
class Names:
    """One customer's names; `secret` is the key of their hashes."""

    id: str
    aliases: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    secret: str = field(repr=False)

    @property
    def hash(self) -> str:
        """What stands for the id in the ledger once it is erased."""
        return id_hash(self.id, self.secret)

    @property
    def alias_hashes(self) -> tuple[str, ...]:
        """What is remembered of the other names."""
        return tuple(id_hash(alias, self.secret) for alias in self.aliases)

    @property
    def address_hashes(self) -> tuple[str, ...]:
        """What suppressions and locks know the addresses by, each once."""
        return tuple(sorted({address_hash(address, self.secret) for address in self.addresses}))


def names_of(connection: sa.Connection, id_: str, secret: str) -> Names:
    """Return what a customer is known by, with every address that was ever stored or written to."""
    mine = sa.and_(fact_change.c.subject_type == "customer", fact_change.c.subject_id == id_)
    changes = sa.select(fact_change.c.old, fact_change.c.new).where(mine, fact_change.c.field == "email")
    written = sa.select(message_content.c.recipient).join(message, message.c.send_id == message_content.c.send_id)
    found = [
        *connection.scalars(sa.select(customer.c.email).where(customer.c.id == id_)),
        *(address for change in connection.execute(changes) for address in change),
        *connection.scalars(written.where(message.c.recipient_id == id_).distinct()),
    ]
    aliases = sa.select(identity.c.alias).where(identity.c.customer_id == id_).order_by(identity.c.alias)
    wire = [ascii_address(address) for address in found if address]  # what providers know, and files are named by
    known = {text_key(address): address for address in (*wire, *found) if address}
    return Names(
        id=id_, aliases=tuple(connection.scalars(aliases)), addresses=tuple(sorted(known.values())), secret=secret
    )
