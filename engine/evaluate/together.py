"""Several rules at once: a few subjects of each judged in one transaction, as a tick finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from engine.db import deciding
from engine.evaluate import members, state
from engine.evaluate.report import Did, Held, RuleReport
from engine.evaluate.turn import MovedError, StoppedError, Turn, hold
from engine.rules.sql.candidates import these

FEW = 2_000
"""How many candidates of a tick, of one rule or of several, are judged in one writing transaction."""
Looks = Sequence[tuple[Turn, Sequence[str]]]


def at_once(turns: Looks) -> list[RuleReport]:
    """Decide for a few subjects of some rules: one lock, one transaction, one move of their watermarks.

    A rule that is to be held takes the transaction back; the others go on without it.
    """
    held: dict[str, Held] = {}
    while True:
        going = [(turn, ids) for turn, ids in turns if turn.stand.rule not in held]
        try:
            reports = _decide(going) if going else {}
        except StoppedError as stopped:
            held[stopped.held.rule] = stopped.held
            continue
        aside = {turn.stand.rule: _hold(turn, ids, held) for turn, ids in turns if turn.stand.rule in held}
        return list((reports | aside).values())


def _hold(turn: Turn, ids: Sequence[str], held: Mapping[str, Held]) -> RuleReport:
    """Hold a rule, of which it is noticed all the same who came in and went out."""
    try:
        if turn.program.has_members:
            members.update(turn, [these(ids)])
    except MovedError:
        return RuleReport(rule=turn.stand.rule, did=Did.ELSEWHERE)
    return hold(turn, held[turn.stand.rule])


def _decide(turns: Looks) -> dict[str, RuleReport]:
    names = [turn.stand.rule for turn, _ in turns]
    with deciding(turns[0][0].engine) as connection:
        stands = state.read(connection, *names, lock=True)
        free = {turn.stand.rule for turn, _ in turns if stands.get(turn.stand.rule) == turn.stand}
        reports = {turn.stand.rule: _judge(connection, turn, ids) for turn, ids in turns if turn.stand.rule in free}
        state.move_on(connection, sorted(free), turns[0][0].window.now)
    return {name: reports.get(name) or RuleReport(rule=name, did=Did.ELSEWHERE) for name in names}


def _judge(connection: sa.Connection, turn: Turn, ids: Sequence[str]) -> RuleReport:
    if not ids:
        return RuleReport(rule=turn.stand.rule, did=turn.did)
    whose = these(ids)
    if turn.program.has_members:
        members.move(turn, connection, whose)
    counts = turn.enroll(connection, whose)
    turn.brake(connection, counts)
    return turn.report(counts)
