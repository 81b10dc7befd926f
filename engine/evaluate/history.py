"""What was known of a subject at a time in the past, in the shape of the tables, as parameters of a statement."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.clock import from_micros, to_micros
from engine.errors import LifecycleError
from engine.evaluate.saying import instant
from engine.facts import Fact, text_key
from engine.models.tables import account_member, event, fact_change
from engine.rules.compiler import Program
from engine.rules.sql.sources import FACT_COLUMNS
from engine.rules.sql.stored import TABLES, place
from engine.traits import recast
from engine.values import Border

EVER = 2**62
"""An instant after any other, in microseconds."""
_DERIVED = frozenset({"customer.id", "account.id", "customer.last_seen_at"})
"""Facts that need no history of their own: ids never change, and the log tells who was seen when."""
_WHOLE = frozenset({"amount", "renewals", "seats", "signed_up_at"})
Fields = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Then:
    """The past of one subject as parameters; `approximate` says in what it may differ from what the engine knew.

    `unknown` are the paths of facts that the rule reads and whose history does not reach back so far.
    """

    parameters: Mapping[str, Any]
    approximate: str = ""
    unknown: tuple[str, ...] = ()


def then(connection: sa.Connection, program: Program, subject_id: str, at: int) -> Then:
    """Return what held of a subject at an instant, by what had been learned until then.

    Of a subject that the engine did not know yet, what has been learned since is taken, and that is said. Raises
    LifecycleError where there is nothing about that time.
    """
    kind = program.rule.subject
    created = _created(connection, kind, subject_id)
    known = at if created <= at else EVER
    people = [subject_id] if kind == "customer" else _people(connection, subject_id)
    fields = {("customer", id_): _fields(connection, "customer", id_, at, known) for id_ in people}
    linked = {held["account_id"] for held in fields.values() if "account_id" in held}
    companies = linked if kind == "customer" else {subject_id}
    fields |= {("account", id_): _fields(connection, "account", id_, at, known) for id_ in companies}
    if known == EVER and not any(fields.values()) and not _did_anything(connection, people, at):
        raise LifecycleError(
            f"nothing is known of {kind} {subject_id} at {_words(program, at)}; "
            f"it was first heard of on {_words(program, created)}"
        )
    given: dict[str, Any] = {f"{owner}_facts": _rows(owner, fields) for owner in ("customer", "account")}
    given |= {"trait_facts": _traits(program, fields), "people": json.dumps(people), "then": at, "known": known}
    return Then(
        parameters=given,
        approximate=_approximate(program, subject_id, created) if known == EVER else "",
        unknown=tuple(_unknown(connection, program, fields, at)),
    )


def _approximate(program: Program, subject_id: str, created: int) -> str:
    who = f"{program.rule.subject} {subject_id}"
    return f"the engine first heard of {who} on {_words(program, created)}: this is what is known today of that time"


def _words(program: Program, at: int) -> str:
    return instant(at, program.zone)


def _unknown(
    connection: sa.Connection, program: Program, fields: Mapping[tuple[str, str], Fields], at: int
) -> Iterator[str]:
    """Yield the facts that had a value at a time of which no history tells."""
    for fact in program.facts:
        if fact.path in _DERIVED:
            continue
        owners = [(owner, id_) for (owner, id_), held in fields.items() if owner == fact.subject]
        held = [fields[owner].get(fact.name) for owner in owners]
        if any(_lost(connection, fact, id_, at) for (_, id_), value in zip(owners, held, strict=True) if value is None):
            yield fact.path


def _lost(connection: sa.Connection, fact: Fact, id_: str, at: int) -> bool:
    """Return whether the history of a fact begins after an instant with a value from before, or lacks one it has."""
    row = fact_change.c
    mine = (row.subject_type == fact.subject, row.subject_id == id_, row.field == fact.name)
    first = sa.select(row.at, row.old).where(*mine).order_by(row.at, row.stamp).limit(1)
    found = connection.execute(first).one_or_none()
    if found is None:
        return _present(connection, fact, id_)
    return to_micros(found.at) > at and found.old is not None


def _present(connection: sa.Connection, fact: Fact, id_: str) -> bool:
    where = place(fact)
    row = where.table.c
    mine = sa.and_(where.rows(), row[where.id] == id_)
    return connection.execute(sa.select(row[where.shown]).where(mine)).scalar() is not None


def _created(connection: sa.Connection, kind: str, subject_id: str) -> int:
    table = TABLES[kind]
    created = connection.execute(sa.select(table.c.created_at).where(table.c.id == subject_id)).scalar()
    if created is None:
        raise LifecycleError(f"there is no {kind} {subject_id}")
    return to_micros(created)


def _people(connection: sa.Connection, account_id: str) -> list[str]:
    """Return who is or was in an account."""
    row = account_member.c
    return list(connection.execute(sa.select(row.customer_id).where(row.account_id == account_id).distinct()).scalars())


def _did_anything(connection: sa.Connection, people: Sequence[str], at: int) -> bool:
    row = event.c
    before = sa.and_(row.customer_id.in_(people), row.at <= from_micros(at))
    return connection.execute(sa.select(row.id).where(before).limit(1)).first() is not None


def _fields(connection: sa.Connection, owner: str, id_: str, at: int, known: int) -> Fields:
    """Return the values of an owner's fields: of what held from before `at` the latest, of equals what came last."""
    row = fact_change.c
    told = sa.and_(row.subject_type == owner, row.subject_id == id_, row.at <= from_micros(at))
    learned = sa.type_coerce(row.stamp, sa.BigInteger) <= known
    found = connection.execute(sa.select(row.field, row.new).where(told, learned).order_by(row.at, row.stamp))
    return {field: new for field, new in dict(found.tuples().all()).items() if new is not None}


def _rows(owner: str, fields: Mapping[tuple[str, str], Fields]) -> str:
    rows = [
        [id_ if column == "id" else _column(column, held) for column in FACT_COLUMNS[owner]]
        for (kind, id_), held in fields.items()
        if kind == owner
    ]
    return json.dumps(rows)


def _column(column: str, held: Fields) -> str | int | None:
    if column == "signed_up_on":
        at = held.get("signed_up_at")
        return None if at is None else from_micros(int(at)).date().isoformat()
    if column in held:
        return int(held[column]) if column in _WHOLE else held[column]
    said = held.get(column.removesuffix("_key")) if column.endswith("_key") else None
    return None if said is None else text_key(said)


def _traits(program: Program, fields: Mapping[tuple[str, str], Fields]) -> str:
    """Return the traits that a rule reads, each as the type that the rule has it of; unreadable ones are missing."""
    rows = [
        _trait(owner, id_, fact, held[fact.name], _border(program, owner, held, fields))
        for fact in program.facts
        for (owner, id_), held in fields.items()
        if place(fact).trait and fact.subject == owner and fact.name in held
    ]
    return json.dumps(rows)


def _border(program: Program, owner: str, held: Fields, fields: Mapping[tuple[str, str], Fields]) -> Border:
    """Return what bare times and sums of a subject are in: the workspace's zone, the account's currency."""
    account = held if owner == "account" else fields.get(("account", held.get("account_id", "")), {})
    return Border(zone=program.zone, currency=account.get("currency"))


def _trait(owner: str, id_: str, fact: Fact, text: str, border: Border) -> list[Any]:
    values = {"subject_type": owner, "subject_id": id_, "name": fact.name, **recast(fact.type, text, border)._asdict()}
    return [values.get(name) for name in FACT_COLUMNS["trait"]]
