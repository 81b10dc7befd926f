"""A customer by id, by another name or by address."""

from __future__ import annotations

from contextlib import suppress

import sqlalchemy as sa

from engine.errors import LifecycleError
from engine.facts import text_key
from engine.models.tables import customer, identity

_SHOWN = 5


def find_customer(connection: sa.Connection, id_or_address: str) -> str:
    """Return the id of the customer that is meant; an exact id wins over an alias, and that over an address.

    Raises LifecycleError when there is none, or when several customers share the address.
    """
    for chosen in (
        sa.select(customer.c.id).where(customer.c.id == id_or_address),
        sa.select(identity.c.customer_id).where(identity.c.alias == id_or_address),
    ):
        if found := connection.scalars(chosen).first():
            return str(found)
    return _by_address(connection, id_or_address)


def _by_address(connection: sa.Connection, address: str) -> str:
    chosen = sa.select(customer.c.id).where(customer.c.email_key.in_(_spellings(address)))
    found = connection.scalars(chosen.order_by(customer.c.id).limit(_SHOWN)).all()
    if not found:
        raise LifecycleError(f"no customer has the id or the address {address!r}; see `lifecycle import customers`")
    if len(found) > 1:
        raise LifecycleError(f"{address} is the address of several customers: {', '.join(found)}; name one by its id")
    return str(found[0])


def _spellings(address: str) -> set[str]:
    """Return the keys under which an address may be stored: its domain in letters, or as it goes over the wire."""
    from email_validator import EmailNotValidError, validate_email

    keys = {text_key(address)}
    with suppress(EmailNotValidError):
        valid = validate_email(address.strip(), check_deliverability=False, test_environment=True)
        keys |= {text_key(f"{valid.local_part}@{domain}") for domain in (valid.domain, valid.ascii_domain)}
    return keys
