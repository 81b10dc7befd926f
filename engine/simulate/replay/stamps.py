"""Stamps of a replay: set back from the tick, at which it told everything, to when each thing happened.

So all of the past looks as if it had been learned the moment it happened (docs/decisions/0021). Only rows of the
subjects that a batch was about are touched.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from engine.db import writing
from engine.intake.subject_tables import SUBJECTS, SubjectTable
from engine.simulate.replay.told import ACCOUNT_ID

Moved = tuple[str, str | None, int]
"""A customer, the account they came to, and when."""

_HAPPENED = (
    """
    UPDATE event SET received_at = at
    WHERE customer_id IN (SELECT value FROM json_each(:ids)) AND at > :since AND received_at = :stamp
    """,
    """
    UPDATE event_total SET
        first_changed_at = CASE WHEN first_changed_at = :stamp THEN first_at ELSE first_changed_at END,
        last_changed_at = CASE WHEN last_changed_at = :stamp THEN last_at ELSE last_changed_at END,
        changed_at = last_at
    WHERE customer_id IN (SELECT value FROM json_each(:ids)) AND changed_at = :stamp
    """,
    """
    UPDATE absence SET changed_at = until_at
    WHERE customer_id IN (SELECT value FROM json_each(:ids)) AND changed_at = :stamp
    """,
    """
    UPDATE customer SET seen_changed_at = last_seen_at
    WHERE id IN (SELECT value FROM json_each(:ids)) AND seen_changed_at = :stamp
    """,
)
_TOLD = (
    """
    UPDATE fact_change SET stamp = at
    WHERE subject_type = :subject AND subject_id IN (SELECT value FROM json_each(:ids)) AND stamp = :stamp
    """,
    """
    UPDATE trait SET changed_at = (
        SELECT max(at) FROM fact_change AS change WHERE change.subject_type = trait.subject_type
        AND change.subject_id = trait.subject_id AND change.field = trait.name
    ) WHERE subject_type = :subject AND subject_id IN (SELECT value FROM json_each(:ids)) AND changed_at > :since
    """,
)
_MOVED = (
    """
    UPDATE fact_change SET stamp = :at, at = :at
    WHERE subject_type = 'customer' AND subject_id = :customer AND field = :field AND stamp = :stamp AND at = :stamp
    """,
    "UPDATE account_member SET changed_at = :at WHERE customer_id = :customer AND changed_at = :stamp",
    "UPDATE account SET created_at = min(created_at, :at) WHERE id = :account AND created_at > :since",
)
_BEGAN = """
    UPDATE {table} SET created_at = min(created_at, coalesce((
        SELECT min(at) FROM fact_change WHERE subject_type = '{table}' AND subject_id = {table}.id
    ), created_at)) WHERE id IN (SELECT value FROM json_each(:ids)) AND created_at > :since
"""
_BEGAN_WITH_AN_EVENT = """
    UPDATE customer SET created_at = min(created_at, (SELECT min(at) FROM event WHERE customer_id = customer.id))
    WHERE id IN (SELECT value FROM json_each(:ids)) AND created_at > :since
"""
_CHANGED = """
    UPDATE {table} SET changed_at = max(created_at, coalesce((
        SELECT max(at) FROM fact_change WHERE subject_type = '{table}' AND subject_id = {table}.id
        AND field IN (SELECT value FROM json_each(:fields))
    ), created_at)) WHERE id IN (SELECT value FROM json_each(:ids)) AND changed_at > :since
"""


def of_events(scratch: sa.Engine, customers: Iterable[str], *, since: int, stamp: int) -> None:
    """Let events that were stored with a stamp, and what is kept from them, be learned when they happened."""
    statements = (*_HAPPENED, _BEGAN_WITH_AN_EVENT, _CHANGED.format(table="customer"))
    _run(scratch, statements, customers, since=since, stamp=stamp, fields=_fields("customer"))


def of_facts(scratch: sa.Engine, one: SubjectTable, ids: Iterable[str], *, since: int, stamp: int) -> None:
    """Let facts that were stored with a stamp be learned when they began to hold."""
    subject = one.subject
    statements = (*_TOLD, *(each.format(table=subject) for each in (_BEGAN, _CHANGED)))
    _run(scratch, statements, ids, since=since, stamp=stamp, subject=subject, fields=_fields(subject))


def of_moves(scratch: sa.Engine, moves: Sequence[Moved], *, since: int, stamp: int) -> None:
    """Let moves between accounts that were stored with a stamp be learned when they happened."""
    given = {"since": since, "stamp": stamp, "field": ACCOUNT_ID}
    rows = [{"customer": who, "account": account, "at": at, **given} for who, account, at in moves]
    with writing(scratch) as connection:
        for statement in _MOVED:
            connection.execute(sa.text(statement), rows)
    for table, ids in (("customer", [who for who, _, _ in moves]), ("account", [to for _, to, _ in moves if to])):
        statements = (_BEGAN.format(table=table), _CHANGED.format(table=table))
        _run(scratch, statements, ids, since=since, fields=_fields(table))


def _fields(table: str) -> str:
    """Return the facts whose change is a change of the row itself: the built-in ones."""
    return json.dumps([*next(one.facts for one in SUBJECTS.values() if one.subject == table), ACCOUNT_ID])


def _run(scratch: sa.Engine, statements: Iterable[str], ids: Iterable[str], **given: int | str) -> None:
    parameters = {"ids": json.dumps(sorted(set(ids))), **given}
    with writing(scratch) as connection:
        for statement in statements:
            connection.execute(sa.text(statement), parameters)
