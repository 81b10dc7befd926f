"""The stage: every rule of the live release judged up to now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

import sqlalchemy as sa

from engine.clock import to_micros
from engine.db import by_keys, reading
from engine.evaluate import members, state
from engine.evaluate.everybody import key_ranges
from engine.evaluate.report import Did, Limits, Report, RuleReport
from engine.evaluate.together import FEW, at_once
from engine.evaluate.turn import READ_AT_ONCE, MovedError, Turn, chunks, in_batches
from engine.rules.compiler import Program, zones_in_use
from engine.rules.sql.calendars import strikes, today
from engine.rules.sql.candidates import Whose, these

NET_AT = time(3)
"""When, by the workspace's clock, the nightly net falls due."""
NO_LIMITS = Limits()


def run_once(
    engine: sa.Engine,
    programs: Mapping[str, Program],
    *,
    release_id: int,
    now: datetime,
    limits: Limits = NO_LIMITS,
) -> Report:
    """Judge what became due for every rule since it was last evaluated; returns what was decided.

    Idempotent: repeated, missed, late and simultaneous runs decide every moment once. Rules of another release than
    `release_id` are left alone. Raises DatabaseError.
    """
    at = to_micros(now)
    with reading(engine) as connection:
        by_keys(connection)
        states = state.read(connection)
        zones = zones_in_use(connection, *{program.zone for program in programs.values()})
        stands = [(program, states.get(program.rule.name)) for program in programs.values()]
        seen = [
            _look(connection, program, stand, _to_do(stand, program, release_id, at), now=at, zones=zones)
            for program, stand in stands
        ]
    superseded = any(stand.release_id > release_id for stand in states.values())
    stage = _Stage(engine=engine, zones=zones, now=at, limits=limits)
    reports = stage.together(seen)
    done = [reports.get(look.program.rule.name) or stage.evaluate(look) for look in seen]
    return Report(rules=tuple(stage.net(seen, done)), superseded=superseded)


@dataclass(frozen=True, kw_only=True)
class _Look:
    """What a first look says of a rule: what to do with it, and for a tick whom to look at."""

    program: Program
    stand: state.State | None
    did: Did
    ids: Sequence[str] = ()


def _look(
    connection: sa.Connection,
    program: Program,
    stand: state.State | None,
    did: Did,
    *,
    now: int,
    zones: tuple[str, ...],
) -> _Look:
    if did is not Did.TICK or stand is None:
        return _Look(program=program, stand=stand, did=did)
    if program.asks_everybody(since=stand.watermark, now=now, zones=zones):
        return _Look(program=program, stand=stand, did=Did.EVERYBODY)
    given = program.arm_parameters(since=stand.watermark - state.OVERLAP, now=now, zones=zones)
    ids = sorted(set(program.run("candidates", connection, given).scalars()))
    return _Look(program=program, stand=stand, did=did, ids=ids)


def _to_do(stand: state.State | None, program: Program, release_id: int, now: int) -> Did:
    if stand is None or stand.release_id != release_id:
        return Did.OTHER_RELEASE
    reasons = (
        (stand.fingerprint != program.fingerprint, Did.OTHER_MEANING),
        (stand.retired_at is not None, Did.RETIRED),
        (stand.paused_at is not None, Did.PAUSED),
        (stand.held_at is not None, Did.HELD),
        (stand.recasting, Did.RECASTING),
        (now < stand.watermark <= now + state.OVERLAP, Did.AHEAD),
        (now < stand.watermark or stand.full_pass or stand.backfill is not None, Did.FULL),
    )
    return next((did for holds, did in reasons if holds), Did.TICK)


def _grouped(looks: Iterable[_Look]) -> Iterator[list[tuple[_Look, state.State]]]:
    """Yield groups of rules that have few to look at, or nobody."""
    group: list[tuple[_Look, state.State]] = []
    for look in looks:
        if look.stand is None or look.did is not Did.TICK or len(look.ids) > FEW:
            continue
        if group and sum(len(other.ids) for other, _ in group) + len(look.ids) > FEW:
            yield group
            group = []
        group.append((look, look.stand))
    if group:
        yield group


@dataclass(frozen=True, kw_only=True)
class _Stage:
    engine: sa.Engine
    zones: tuple[str, ...]
    now: int
    limits: Limits

    def together(self, looks: Sequence[_Look]) -> dict[str, RuleReport]:
        """Judge the rules whose arms found few, as many in one transaction as its length allows."""
        reports: dict[str, RuleReport] = {}
        for group in _grouped(looks):
            turns = [(self._turn(look.program, stand, Did.TICK), look.ids) for look, stand in group]
            reports |= {report.rule: report for report in at_once(turns)}
        return reports

    def evaluate(self, look: _Look) -> RuleReport:
        """Judge a rule."""
        if look.stand is None or look.did not in {Did.TICK, Did.EVERYBODY, Did.FULL}:
            return RuleReport(rule=look.program.rule.name, did=look.did)
        try:
            if look.did is Did.FULL:
                return self._pass(self._full(look.program, look.stand))
            if look.did is Did.EVERYBODY:
                return self._pass(self._turn(look.program, look.stand, look.did))
            return self._tick(self._turn(look.program, look.stand, Did.TICK), look.ids)
        except MovedError:
            return RuleReport(rule=look.program.rule.name, did=Did.ELSEWHERE)

    def _tick(self, turn: Turn, ids: Sequence[str]) -> RuleReport:
        """Judge those whom the arms found, too many for one transaction."""
        batches = [these(some) for some in chunks(ids, READ_AT_ONCE)]
        if turn.program.has_members:
            members.update(turn, batches)
        return in_batches(turn, batches)

    def _pass(self, turn: Turn) -> RuleReport:
        """Judge everybody."""
        if turn.program.has_members:
            members.update(turn, self._everybody(turn.program))
        return in_batches(turn, self._everybody(turn.program))

    def _turn(self, program: Program, stand: state.State, did: Did) -> Turn:
        window = state.tick_window(stand, program, self.now)
        return Turn(
            engine=self.engine,
            program=program,
            stand=stand,
            window=window,
            zones=self.zones,
            limits=self.limits,
            did=did,
        )

    def _full(self, program: Program, stand: state.State) -> Turn:
        turn = self._turn(program, stand, Did.FULL)
        if stand.backfill is None:
            return turn
        return replace(
            turn, window=state.backfill_window(stand, program, self.now, self._oldest(program)), backfill=True
        )

    def _oldest(self, program: Program) -> int:
        with reading(self.engine) as connection:
            return program.oldest(connection)

    def _everybody(self, program: Program) -> Iterable[Whose]:
        return key_ranges(self.engine, program.rule.subject)

    def net(self, seen: Sequence[_Look], done: Sequence[RuleReport]) -> list[RuleReport]:
        """Let the rule whose net is most overdue, if any is, pass over everybody; its finds were missed by the tick."""
        reports = {report.rule: report for report in done}
        overdue = [look for look in seen if reports[look.program.rule.name].did is Did.TICK and self._wants_net(look)]
        if not overdue:
            return list(done)
        look = min(overdue, key=lambda look: (look.stand and look.stand.full_pass_at) or 0)
        caught = self._cast(look)
        before = reports[caught.rule]
        reports[caught.rule] = replace(
            before,
            enrolled=before.enrolled + caught.enrolled,
            expired=before.expired + caught.expired,
            overtaken=before.overtaken + caught.overtaken,
            missed=caught.enrolled + caught.expired + caught.overtaken,
            held=caught.held,
            did=caught.did if caught.held else before.did,
        )
        return list(reports.values())

    def _wants_net(self, look: _Look) -> bool:
        if not self.limits.net or look.stand is None or look.did is not Did.TICK:
            return False
        day = today(look.program.zone, self.now)
        last = max(at for at in (strikes(look.program.zone, n, NET_AT) for n in (day - 1, day)) if at <= self.now)
        passed = look.stand.full_pass_at or max(look.stand.activated.values(), default=0)
        return passed < last

    def _cast(self, look: _Look) -> RuleReport:
        """Judge everybody in the window that the tick just judged."""
        assert look.stand is not None
        with reading(self.engine) as connection:
            stand = state.read(connection, look.stand.rule)[look.stand.rule]
        if stand.watermark != self.now:
            return RuleReport(rule=look.stand.rule, did=Did.ELSEWHERE)
        window = state.tick_window(look.stand, look.program, self.now)
        turn = replace(self._turn(look.program, stand, Did.FULL), window=window)
        try:
            return self._pass(turn)
        except MovedError:
            return RuleReport(rule=look.stand.rule, did=Did.ELSEWHERE)
