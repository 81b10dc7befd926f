"""One rule's turn: a set of subjects judged in one window, in short transactions that see who else moved the rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import sqlalchemy as sa

from engine.db import deciding, passing, reading, writing
from engine.evaluate import brakes, state
from engine.evaluate.report import Did, Held, Limits, RuleReport
from engine.rules.compiler import Program
from engine.rules.sql.candidates import Whose, ids_text, these
from engine.rules.sql.judgement import ENROLLED, EXPIRED, OVERTAKEN
from engine.rules.sql.windows import Window

READ_AT_ONCE = 2_000
WRITE_AT_ONCE = 250
"""How many subjects of a pass are read and written in one transaction; a write holds SQLite's lock for milliseconds."""

Counts = Counter[str]


class MovedError(Exception):
    """Another worker moved the rule since it was read: nothing of this transaction may stay."""


class StoppedError(Exception):
    """The rule is to be held: nothing of this transaction may stay."""

    def __init__(self, held: Held) -> None:
        super().__init__(held.rule)
        self.held = held


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What all transactions of one rule's evaluation share."""

    engine: sa.Engine
    program: Program
    stand: state.State
    window: Window
    zones: tuple[str, ...]
    limits: Limits
    did: Did
    backfill: bool = False

    @cached_property
    def given(self) -> dict[str, Any]:
        """The parameters that all statements of the turn share."""
        given = self.program.window_parameters(self.window, zones=self.zones, stands_for=self.stand.stands_for)
        return {**given, "release_id": self.stand.release_id}

    @cached_property
    def _sends(self) -> list[dict[str, Any]]:
        return self.program.send_parameters(self.window, zones=self.zones)

    def states(self, connection: sa.Connection, whose: Whose) -> list[tuple[str, str]]:
        """Return each moment that would be decided for some subjects: whose it is, and its state."""
        given = {**self.given, **whose}
        if self.backfill:
            rows = self.program.run("backfill states", connection, given)
            return [(row.subject_id, row.state) for row in rows]
        seen: set[tuple[str, str]] = set()
        return [
            (row.subject_id, _beside(row.state, (row.subject_id, row.fact), seen))
            for send in self._sends
            for row in self.program.run("states", connection, {**given, **send})
        ]

    def enroll(self, connection: sa.Connection, whose: Whose) -> Counts:
        """Decide the moments of some subjects; returns how many rows of each state were written."""
        given = {**self.given, **whose}
        if self.backfill:
            return Counter(self.program.run("backfill", connection, given).scalars())
        rows: list[sa.Row[Any]] = []
        for send in self._sends:
            name = "enroll" if self._weighed(send) else "enroll last"
            fresh = ids_text(row.key for row in rows if len(row) > 1)
            rows += self.program.run(name, connection, {**given, **send, "fresh": fresh})
        return Counter(row.state for row in rows)

    def _weighed(self, send: Mapping[str, Any]) -> bool:
        """Return whether the ledger may hold another offset that counts for this one, or a later one."""
        if self.stand.beside is None or not send or self.stand.stands_for.get(send["send_code"]):
            return True
        others = (*self.stand.beside, *(other["send_offset"] for other in self._sends))
        return any(offset > send["send_offset"] for offset in others)

    def lock(self, connection: sa.Connection) -> state.State:
        """Keep others from moving the rule; raises MovedError where somebody did since it was read."""
        found = state.read(connection, self.stand.rule, lock=True).get(self.stand.rule)
        if found is None or found != self.stand:
            raise MovedError
        return found

    def brake(self, connection: sa.Connection, counts: Counts) -> None:
        """Raise StoppedError where these are more than the rule may enroll at once."""
        held = brakes.too_many(connection, self.program.rule, self.stand, self.limits, counts[ENROLLED])
        if held is not None:
            raise StoppedError(held)

    def finish(self, connection: sa.Connection) -> None:
        """Move the watermark to now."""
        state.move_on(connection, [self.stand.rule], self.window.now, passed=self.did is Did.FULL)

    def report(self, counts: Counts) -> RuleReport:
        """Return what was decided."""
        return RuleReport(
            rule=self.stand.rule,
            did=self.did,
            enrolled=counts[ENROLLED],
            expired=counts[EXPIRED],
            overtaken=counts[OVERTAKEN],
        )


def _beside(verdict: str, fact: tuple[str, str], seen: set[tuple[str, str]]) -> str:
    """Return the state of a moment among those of its fact that are to be decided with it, the later ones first."""
    if fact in seen and verdict == ENROLLED:
        return OVERTAKEN
    seen.add(fact)
    return verdict


def chunks(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield lists of at most `size` items."""
    every = iter(items)
    while chunk := list(islice(every, size)):
        yield chunk


def in_batches(turn: Turn, batches: Iterable[Whose]) -> RuleReport:
    """Decide for many, in batches: all are read first, that the brake sees the whole, then written.

    A crash between two writes loses nothing: the watermark moves with the last one, and what is written stays.
    """
    due, counts = _read(turn, batches)
    try:
        with reading(turn.engine) as connection:
            turn.brake(connection, counts)
    except StoppedError as stopped:
        return hold(turn, stopped.held)
    return _write(turn, due)


def _read(turn: Turn, batches: Iterable[Whose]) -> tuple[list[Whose], Counts]:
    """Return whom to write, each time as one text: so a million of them are some megabytes."""
    counts: Counts = Counter()
    return [these(some) for some in chunks(_due(turn, batches, counts), WRITE_AT_ONCE)], counts


def _due(turn: Turn, batches: Iterable[Whose], counts: Counts) -> Iterator[str]:
    for whose in batches:
        with passing(turn.engine) as connection:
            states = turn.states(connection, whose)
        counts.update(verdict for _, verdict in states)
        yield from dict.fromkeys(subject_id for subject_id, _ in states)


def _write(turn: Turn, due: Sequence[Whose]) -> RuleReport:
    counts: Counts = Counter()
    try:
        for whose in due:
            with deciding(turn.engine) as connection:
                turn.lock(connection)
                counts += turn.enroll(connection, whose)
        with writing(turn.engine) as connection:
            turn.lock(connection)
            turn.finish(connection)
    except MovedError:
        pass
    return turn.report(counts)


def hold(turn: Turn, held: Held) -> RuleReport:
    """Stop the rule as a whole."""
    try:
        with writing(turn.engine) as connection:
            turn.lock(connection)
            brakes.hold(connection, held, turn.window.now)
    except MovedError:
        return RuleReport(rule=turn.stand.rule, did=Did.ELSEWHERE)
    return RuleReport(rule=turn.stand.rule, did=Did.HELD, held=held)
