"""Who a mail goes to: the customer, or the person of a role in the account."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from engine.facts import text_key
from engine.models.tables import account_member, customer
from engine.outbox.live import CHANGED, Row
from engine.outbox.running import Running
from engine.policy import Cancel
from engine.rules.model import Rule
from engine.subjects import Known, load_accounts, load_persons

Key = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Who reads a mail, and in which zone; `known` is None where nobody holds the role."""

    known: Known | None
    reader_zone: str


def readers(
    connection: sa.Connection, asked: Iterable[tuple[str, str, Rule]], *, default_zone: str
) -> Mapping[Key, Reader]:
    """Return who reads the mail of (subject type, subject id, rule), by (subject type, subject id, role).

    With several people of a role the lowest customer id is written to.
    """
    wanted = {(type_, id_, rule.to_role or "") for type_, id_, rule in asked}
    of_customers = load_persons(connection, {id_ for type_, id_, _ in wanted if type_ == "customer"})
    about: dict[Key, str | None] = {}
    for type_, id_, role in wanted:
        person = of_customers.get(id_)
        about[type_, id_, role] = id_ if type_ == "account" else (person.account_id if person else None)
    holders = _holders(
        connection, {(account_id, role) for (_, _, role), account_id in about.items() if account_id and role}
    )
    accounts = load_accounts(connection, {account_id for account_id in about.values() if account_id})
    persons = {**of_customers, **load_persons(connection, set(holders.values()) - set(of_customers))}
    found: dict[Key, Reader] = {}
    for (type_, id_, role), account_id in about.items():
        company = accounts.get(account_id or "")
        reads = holders.get((account_id or "", role)) if role else id_
        person = persons.get(reads or "")
        known = Known(person=person, account=company) if person else None
        of_account = (company and company.text("time_zone")) or default_zone
        found[type_, id_, role] = Reader(
            known=known,
            reader_zone=known.zone(default_zone) if known else of_account,
        )
    return found


def _holders(connection: sa.Connection, wanted: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
    """Return the lowest customer id that holds each role of each account now."""
    if not wanted:
        return {}
    keys = {role: text_key(role) for _, role in wanted}
    members = (
        sa.select(account_member.c.account_id, account_member.c.role_key, sa.func.min(account_member.c.customer_id))
        .join(customer, customer.c.id == account_member.c.customer_id)
        .where(
            account_member.c.account_id.in_({account_id for account_id, _ in wanted}),
            account_member.c.role_key.in_(set(keys.values())),
            account_member.c.removed_at.is_(None),
        )
        .group_by(account_member.c.account_id, account_member.c.role_key)
    )
    found = {(account_id, key): customer_id for account_id, key, customer_id in connection.execute(members)}
    return {
        (account_id, role): found[account_id, keys[role]]
        for account_id, role in wanted
        if (account_id, keys[role]) in found
    }


def unread(
    connection: sa.Connection, rows: Sequence[Row], known: Mapping[str, Known], running: Running
) -> dict[str, Cancel]:
    """Return why messages are no longer for their reader, by send id: one who left the role, or a rule to others now.

    One who still holds the role is written to, also where a lower id holds it too by now.
    """
    roles = {row["send_id"]: running.rules.rules[row["rule"]].to_role for row in rows if row["send_id"] in known}
    members = _members(connection, [row for row in rows if roles.get(row["send_id"])], known)
    found: dict[str, Cancel] = {}
    for row in rows:
        send_id, reader, first = row["send_id"], row["recipient_id"], row["first_intent_at"] is None
        if role := roles.get(send_id):
            company = known[send_id].account
            if company is None or (company.id, text_key(role), reader) not in members:
                found[send_id] = Cancel(reason=f"no longer account {role}", anew=first)
        elif send_id in roles and reader != row["subject_id"]:
            found[send_id] = Cancel(reason=CHANGED, anew=first)
    return found


def _members(connection: sa.Connection, rows: Sequence[Row], known: Mapping[str, Known]) -> set[tuple[str, str, str]]:
    """Return who of these messages' readers holds which role of their accounts now: account, role and customer."""
    if not rows:
        return set()
    columns = (account_member.c.account_id, account_member.c.role_key, account_member.c.customer_id)
    accounts = {company.id for row in rows if (company := known[row["send_id"]].account)}
    chosen = sa.select(*columns).where(
        account_member.c.account_id.in_(accounts),
        account_member.c.customer_id.in_({row["recipient_id"] for row in rows}),
        account_member.c.removed_at.is_(None),
    )
    return {(account_id, role, customer_id) for account_id, role, customer_id in connection.execute(chosen)}
