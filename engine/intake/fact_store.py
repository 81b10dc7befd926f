"""Facts as stored: a batch of statements is settled against what is known, and only what really changed is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa

from engine import forgotten, recipients
from engine.clock import Clock
from engine.hashing import address_hash
from engine.intake.bulk import Upsert, given, latest, with_rows
from engine.intake.fact_rows import Statement
from engine.intake.fields import Kind
from engine.intake.history import Known
from engine.intake.knowledge import Knowledge, Reading
from engine.intake.stamp import learning
from engine.intake.subject_tables import SubjectTable
from engine.intake.taken import Taken
from engine.models.tables import fact_change, trait, zone
from engine.traits import Stored

_VALUES = ("text", "key", "number", "time", "day")
_ids, (_id,) = given(str)
_given_ids = sa.select(_id).select_from(_ids)
_TRAITS = sa.select(
    trait.c.subject_id,
    trait.c.name,
    trait.c.text,
    trait.c.key,
    trait.c.number,
    sa.type_coerce(trait.c.time, sa.BigInteger),
    sa.type_coerce(trait.c.day, sa.String),
).where(trait.c.subject_type == sa.bindparam("subject"), trait.c.subject_id.in_(_given_ids))
_HISTORY = (
    sa.select(fact_change.c.subject_id, fact_change.c.field, sa.type_coerce(fact_change.c.at, sa.BigInteger))
    .add_columns(fact_change.c.new)
    .where(fact_change.c.subject_type == sa.bindparam("subject"), fact_change.c.subject_id.in_(_given_ids))
    .order_by(fact_change.c.at, fact_change.c.stamp)
)
_WRITE_TRAITS = Upsert(
    table=trait,
    columns=("subject_type", "subject_id", "name", *_VALUES, "changed_at"),
    update=lambda new: {**{name: new[name] for name in _VALUES}, "changed_at": latest(trait, new)},
)
WRITE_CHANGES = Upsert(
    table=fact_change,
    columns=("subject_type", "subject_id", "field", "stamp", "at", "old", "new"),
    update=lambda new: {"new": new.new},
)
_WRITE_ZONES = Upsert(table=zone, columns=("name",))


def store(
    engine: sa.Engine,
    table: SubjectTable,
    statements: Sequence[Statement],
    *,
    reading: Reading,
    clock: Clock,
    secret: str,
) -> Taken:
    """Store a batch of statements in one transaction; return what was taken.

    Those of one subject must be in the order of their times; one without a time holds from now. `secret` is the key of
    the hashes by which addresses are locked and erased ids are known.
    """
    with learning(engine, clock) as (connection, learned):
        gone = _erased(connection, table, statements, secret)
        statements = [said for said in statements if said.id not in gone] if gone else statements
        known = _know(connection, table, statements, learned)
        news = 0
        for said in statements:
            at = learned if said.at is None else min(said.at, learned)
            news += known[said.id].hear(said.facts, at, reading)
        _lock_left_addresses(connection, known.values(), secret)
        _write(connection, table, known, learned)
    return Taken(news, gone)


def _erased(
    connection: sa.Connection, table: SubjectTable, statements: Iterable[Statement], secret: str
) -> frozenset[str]:
    """Return which of these customers were erased; accounts are nobody's person."""
    if table.kind is not Kind.CUSTOMERS:
        return frozenset()
    return forgotten.erased_among(connection, {said.id for said in statements}, secret)


def _lock_left_addresses(connection: sa.Connection, known: Iterable[Knowledge], secret: str) -> None:
    """Wait for claims on addresses that customers had until now, so that none starts once the change is committed."""
    changes = (change for one in known for name, change in one.changes if name == "email" and change.latest)
    left = {address_hash(change.old, secret) for change in changes if change.old}
    if left and secret:
        recipients.lock(connection, left)


def _know(
    connection: sa.Connection, table: SubjectTable, statements: Sequence[Statement], learned: int
) -> dict[str, Knowledge]:
    ids = sorted({said.id for said in statements})
    known = _load(connection, table, ids)
    if missing := [id_ for id_ in ids if id_ not in known]:
        table.create(connection, [(id_, learned, learned) for id_ in missing])
        created = _load(connection, table, missing)
        known |= {id_: replace(knowledge, created=True) for id_, knowledge in created.items()}
    timed = sorted({said.id for said in statements if said.at is not None} - set(missing))
    _remember(connection, table, known, timed)
    return known


def _load(connection: sa.Connection, table: SubjectTable, ids: Sequence[str]) -> dict[str, Knowledge]:
    """Lock subjects' rows in the order of their ids, and return what is known of each."""
    keys = [(id_,) for id_ in ids]
    found = with_rows(connection, table.select, keys)
    known = {id_: Knowledge(facts=dict(zip(table.facts, facts, strict=True))) for id_, *facts in found}
    for id_, name, *values in with_rows(connection, _TRAITS, keys, subject=table.subject):
        known[id_].traits[name] = Stored(*values)
    return known


def _remember(
    connection: sa.Connection, table: SubjectTable, known: Mapping[str, Knowledge], ids: Sequence[str]
) -> None:
    """Read the history of those of whom something is said with its own time."""
    keys = [(id_,) for id_ in ids]
    for id_, name, at, new in with_rows(connection, _HISTORY, keys, subject=table.subject) if keys else ():
        known[id_].history.setdefault(name, []).append(Known(at, new))


def _write(connection: sa.Connection, table: SubjectTable, known: Mapping[str, Knowledge], learned: int) -> None:
    _WRITE_ZONES(connection, [(name,) for name in sorted(_zones(known.values()))])
    table.write(connection, [table.row(id_, one.facts, learned) for id_, one in known.items() if one.changed])
    traits = [
        (table.subject, id_, name, *one.traits[name], learned)
        for id_, one in known.items()
        for name in sorted(one.changed_traits)
    ]
    _WRITE_TRAITS(connection, traits)
    changes = [
        (table.subject, id_, name, learned, change.at, change.old, change.new)
        for id_, one in known.items()
        for name, change in one.changes
    ]
    WRITE_CHANGES(connection, list({row[:5]: row for row in changes}.values()))


def _zones(known: Iterable[Knowledge]) -> set[str]:
    return {str(one.facts["time_zone"]) for one in known if one.changed and one.facts["time_zone"]}
