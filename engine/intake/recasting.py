"""Values that are stored already, read as the type that a declaration now gives them: what `apply` does to traits.

Texts stay as they are, so nothing is lost and nothing is learned: only the columns that rules compare are laid out
anew. A pass reads outside of any lock and writes a few rows at a time; one that was cut off begins again and finds
what it wrote in order (docs/decisions/0015).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from engine.clock import Clock, from_micros
from engine.db import reading
from engine.facts import FactType
from engine.intake.stamp import learning
from engine.models.tables import account, customer, release, trait
from engine.traits import Stored, recast
from engine.values import Border

READ_AT_ONCE = 2_000
WRITE_AT_ONCE = 250
"""How many rows are written in one transaction: some milliseconds of SQLite's write lock."""
SHOWN = 5
Types = Mapping[str, FactType]
Progress = Callable[[int, int], None]
_VALUES = ("key", "number", "time", "day")


def _nobody(_done: int, _total: int) -> None:
    """Tell nobody how far a pass has come."""


class SupersededError(Exception):
    """A newer release is live, whose own pass reads the values."""


@dataclass(kw_only=True)
class Recast:
    """What reading one trait as its new type came to.

    Of `values` stored, `moved` had to be laid out anew; the `unreadable` ones are no such values and count as missing
    for rules, their texts stay; `whose` are the ids of some of those.
    """

    path: str
    type: FactType
    values: int = 0
    moved: int = 0
    unreadable: int = 0
    whose: list[str] = field(default_factory=list)


class _Row(NamedTuple):
    subject_id: str
    now: Stored
    currency: str | None


def survey(engine: sa.Engine, types: Types, *, zone: str) -> tuple[Recast, ...]:
    """Return what reading traits (by path) as these types would come to; writes nothing."""
    found = []
    for path, type_ in types.items():
        told = Recast(path=path, type=type_)
        for rows in _batches(engine, path):
            _anew(rows, told, zone)
        found.append(told)
    return tuple(found)


def recast_all(
    engine: sa.Engine, types: Types, *, release_id: int, zone: str, clock: Clock, progress: Progress = _nobody
) -> tuple[Recast, ...]:
    """Read every stored value of some traits (by path) as these types, and write those that are not so yet.

    `zone` is that of times without an offset; sums without a unit are in their account's currency. Raises
    SupersededError once another release than `release_id` is live, and DatabaseError.
    """
    total, done = _count(engine, types), 0
    found = []
    for path, type_ in types.items():
        told = Recast(path=path, type=type_)
        for rows in _batches(engine, path):
            moved = _anew(rows, told, zone)
            for start in range(0, len(moved), WRITE_AT_ONCE):
                _write(engine, path, moved[start : start + WRITE_AT_ONCE], release_id, clock)
            done += len(rows)
            progress(done, total)
        found.append(told)
    return tuple(found)


def _anew(rows: Sequence[_Row], told: Recast, zone: str) -> list[tuple[str, Stored]]:
    """Return the rows whose columns must change, and count."""
    moved = []
    for row in rows:
        made = recast(told.type, row.now.text, Border(zone=zone, currency=row.currency))
        told.values += 1
        if made == Stored(text=row.now.text):
            told.unreadable += 1
            told.whose += [row.subject_id] if len(told.whose) < SHOWN else []
        if made != row.now:
            moved.append((row.subject_id, made))
    told.moved += len(moved)
    return moved


def _mine(path: str) -> sa.ColumnElement[bool]:
    subject, _, name = path.partition(".")
    return sa.and_(trait.c.subject_type == subject, trait.c.name == name, trait.c.text.is_not(None))


def _count(engine: sa.Engine, types: Types) -> int:
    with reading(engine) as connection:
        counts = (sa.select(sa.func.count()).select_from(trait).where(_mine(path)) for path in types)
        return sum(connection.execute(count).scalar_one() for count in counts)


def _batches(engine: sa.Engine, path: str) -> Iterator[list[_Row]]:
    """Yield the stored values of a trait in the order of ids, each batch over a snapshot of its own."""
    statement, after = _reading(path), ""
    while True:
        with reading(engine) as connection:
            rows = [_row(row) for row in connection.execute(statement, {"after": after})]
        if not rows:
            return
        yield rows
        after = rows[-1].subject_id


def _row(row: sa.Row[Any]) -> _Row:
    return _Row(row.subject_id, Stored(row.text, row.key, row.number, row.time, row.day), row.currency)


def _reading(path: str) -> sa.Select[Any]:
    """Return a query along the primary key; the name is tested so that no index serves it, or each batch would sort."""
    subject, _, name = path.partition(".")
    time, day = sa.type_coerce(trait.c.time, sa.BigInteger), sa.type_coerce(trait.c.day, sa.String)
    columns = (trait.c.subject_id, trait.c.text, trait.c.key, trait.c.number, time.label("time"), day.label("day"))
    of_whom = trait.c.subject_id
    joined: sa.FromClause = trait
    if subject == "customer":
        joined = trait.outerjoin(customer, customer.c.id == trait.c.subject_id)
        of_whom = customer.c.account_id
    joined = joined.outerjoin(account, account.c.id == of_whom)
    mine = (trait.c.subject_type == subject, sa.func.coalesce(trait.c.name, "") == name, trait.c.text.is_not(None))
    chosen = sa.select(*columns, account.c.currency).select_from(joined).where(*mine)
    return chosen.where(trait.c.subject_id > sa.bindparam("after")).order_by(trait.c.subject_id).limit(READ_AT_ONCE)


def _write(engine: sa.Engine, path: str, moved: Sequence[tuple[str, Stored]], release_id: int, clock: Clock) -> None:
    """Write some rows under a new stamp, but not where an import has said something else meanwhile."""
    with learning(engine, clock) as (connection, learned):
        _still_live(connection, release_id)
        columns = {name: sa.bindparam(f"_{name}", type_=_PLAIN.get(name)) for name in _VALUES}
        same = sa.and_(_mine(path), trait.c.subject_id == sa.bindparam("_id"), trait.c.text == sa.bindparam("_text"))
        change = sa.update(trait).where(same).values(**columns, changed_at=from_micros(learned))
        rows = [{"_id": id_, **{f"_{name}": value for name, value in made._asdict().items()}} for id_, made in moved]
        connection.execute(change, rows)


_PLAIN: Mapping[str, sa.types.TypeEngine[Any]] = {"time": sa.BigInteger(), "day": sa.String(10)}


def _still_live(connection: sa.Connection, release_id: int) -> None:
    """Keep the next release from going live before this transaction ends; raises SupersededError where it has."""
    newest = sa.select(release.c.id).order_by(release.c.id.desc()).limit(1).with_for_update(read=True)
    if connection.execute(newest).scalar() != release_id:
        raise SupersededError
