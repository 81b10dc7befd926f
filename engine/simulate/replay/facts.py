"""Telling the scratch what held from when: through the intake's own stores, in the order of time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from engine.clock import SetClock, from_micros
from engine.db import reading
from engine.facts import BUILT_IN, FactType, Trait
from engine.intake import Kind, fact_store, member_store
from engine.intake.bulk import given, with_rows
from engine.intake.fact_rows import Facts, Statement
from engine.intake.knowledge import Reading
from engine.intake.member_rows import DEFAULT_ROLE, Membership
from engine.intake.subject_tables import SUBJECTS
from engine.models.tables import customer
from engine.simulate.replay import stamps
from engine.simulate.replay.pages import PAGE
from engine.simulate.replay.told import ACCOUNT_ID, told
from engine.traits import read_again
from engine.values import BadValue, Border, Value

_TOLD = (
    sa.select(told.c.at, told.c.subject_type, told.c.subject_id, told.c.field, told.c.value)
    .where(told.c.at > sa.bindparam("since"), told.c.at <= sa.bindparam("until"))
    .order_by(told.c.at, told.c.subject_type, told.c.subject_id, told.c.stamp)
)
_ids, (_id,) = given(str)
_ACCOUNTS = sa.select(customer.c.id, customer.c.account_id).where(customer.c.id.in_(sa.select(_id).select_from(_ids)))
_READ: Mapping[FactType, Callable[[str], Value]] = {
    FactType.TEXT: str,
    FactType.NUMBER: lambda text: int(text) if text.lstrip("-").isdigit() else float(text),
    FactType.MONEY: int,
    FactType.DATE: lambda text: date.fromisoformat(text).isoformat(),
    FactType.TIME: int,
}
"""How the text that the history keeps of a built-in fact becomes a value again."""


class Word(NamedTuple):
    """A value that held of a subject from an instant on; None: it was cleared."""

    at: int
    subject_type: str
    subject_id: str
    field: str
    value: str | None


class Move(NamedTuple):
    """A customer who came from one account, left it, or both."""

    at: int
    customer_id: str
    old: str | None
    new: str | None


class Telling:
    """Tells what is `told`, up to one instant after the other; texts are read as the types that are declared now."""

    def __init__(self, scratch: sa.Engine, traits: Iterable[Trait], zone: str) -> None:
        self._scratch = scratch
        self._border = Border(zone=zone)
        self._types: dict[str, dict[str, FactType]] = {one.subject: {} for one in SUBJECTS.values()}
        for each in traits:
            self._types[each.subject][each.name] = each.type

    def tell(self, since: int, until: int) -> None:
        """Tell what held from later than `since` and not later than `until`, in microseconds."""
        with reading(self._scratch) as connection:
            rows = connection.execute(_TOLD, {"since": since, "until": until})
            for part in rows.partitions(PAGE):
                self._hear([Word(*row) for row in part], since, until)

    def _hear(self, words: Sequence[Word], since: int, until: int) -> None:
        for kind, one in SUBJECTS.items():
            mine = [word for word in words if word.subject_type == one.subject and word.field != ACCOUNT_ID]
            if mine:
                self._state(kind, mine, since, until)
        links = [word for word in words if word.field == ACCOUNT_ID]
        for moves in _rounds(links, _accounts(self._scratch, links)):
            _move(self._scratch, moves, since, until)

    def _state(self, kind: Kind, words: Sequence[Word], since: int, until: int) -> None:
        one = SUBJECTS[kind]
        said: dict[tuple[str, int], Facts] = {}
        for word in words:
            said.setdefault((word.subject_id, word.at), {})[word.field] = self._value(one.subject, word)
        statements = [Statement(id_, at, facts) for (id_, at), facts in said.items()]
        clock = SetClock(from_micros(until))
        as_declared = Reading(types=self._types[one.subject], border=self._border)
        fact_store.store(self._scratch, one, statements, reading=as_declared, clock=clock, secret="")
        stamps.of_facts(self._scratch, one, {word.subject_id for word in words}, since=since, stamp=until)

    def _value(self, subject: str, word: Word) -> Value | None:
        if word.value is None:
            return None
        built_in = BUILT_IN.get(f"{subject}.{word.field}")
        if built_in:
            return _READ[built_in.type](word.value)
        try:
            return read_again(self._types[subject].get(word.field, FactType.TEXT), word.value, self._border)
        except BadValue:
            return None


def _accounts(scratch: sa.Engine, words: Iterable[Word]) -> dict[str, str | None]:
    """Return the accounts in which customers are until now."""
    who = [(id_,) for id_ in sorted({word.subject_id for word in words})]
    with reading(scratch) as connection:
        return dict(with_rows(connection, _ACCOUNTS, who).tuples().all())


def _rounds(words: Iterable[Word], accounts: dict[str, str | None]) -> Iterator[list[Move]]:
    """Yield moves from account to account so that nobody moves twice in one round."""
    rounds: dict[int, list[Move]] = defaultdict(list)
    moved: dict[str, int] = defaultdict(int)
    for word in words:
        old = accounts.get(word.subject_id)
        if old != word.value:
            rounds[moved[word.subject_id]].append(Move(word.at, word.subject_id, old, word.value))
            moved[word.subject_id] += 1
            accounts[word.subject_id] = word.value
    yield from (rounds[number] for number in sorted(rounds))


def _move(scratch: sa.Engine, moves: Sequence[Move], since: int, until: int) -> None:
    said: list[Membership] = []
    for move in moves:
        if move.old is not None:
            said.append(_membership(move, move.old, removed_at=move.at))
        if move.new is not None:
            said.append(_membership(move, move.new))
    member_store.store(scratch, said, clock=SetClock(from_micros(until)), secret="")
    stamps.of_moves(scratch, [(move.customer_id, move.new, move.at) for move in moves], since=since, stamp=until)


def _membership(move: Move, account_id: str, **ended: Any) -> Membership:  # noqa: ANN401 (nothing or an instant)
    return Membership(move.customer_id, account_id, DEFAULT_ROLE, bool(ended), ended.get("removed_at"))
