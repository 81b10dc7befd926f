"""`explain`: why a rule did or did not, clause by clause, now or in the past, from the evaluator's own SQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from engine.clock import from_micros, to_micros
from engine.errors import LifecycleError
from engine.evaluate import state
from engine.evaluate.decisions import Decisions
from engine.evaluate.explanation import Ahead, Clause, Explanation, MomentSeen, OneVersion, Stay, Version, Versions
from engine.evaluate.fates import Fates
from engine.evaluate.history import then
from engine.evaluate.outlook import upcoming
from engine.evaluate.question import Question
from engine.evaluate.saying import instant
from engine.evaluate.state import State
from engine.evaluate.stays import stay
from engine.evaluate.turning import next_turn
from engine.rules import english
from engine.rules.compiler import Program
from engine.rules.model import BecomesTrigger
from engine.rules.sql.stored import TABLES

_RECASTING = "waits for values to be read as their new type; `lifecycle run` or `lifecycle apply` goes on with that"


def explain(
    connection: sa.Connection,
    program: Program,
    subject_id: str,
    now: datetime,
    at: datetime | None = None,
    *,
    versions: Versions | None = None,
) -> Explanation:
    """Return why a rule did or did not, or when it will, for one customer (of an account rule: one account).

    With `at` in the past: by what was known then, and by the version of the rule that `versions` says was live then;
    what the ledger decided is shown as it was decided. Raises LifecycleError where nothing is known of the subject at
    that time, where a fact has no history of it, or where `at` lies ahead.
    """
    zone = program.zone
    if at is not None and at > now:
        when = instant(to_micros(at), zone)
        raise LifecycleError(f"{when} lies ahead; `lifecycle dry-run --at` shows what would happen")
    _known(connection, program, subject_id)
    stand = state.read(connection, program.rule.name).get(program.rule.name)
    live = Version(
        program=program,
        release=stand.release_id if stand else 0,
        activated=stand.activated if stand else {},
    )
    versions = versions or OneVersion(version=live)
    if at is None:
        asked = Question(
            connection=connection,
            program=program,
            subject_id=subject_id,
            at=to_micros(now),
            stands_for=stand.stands_for if stand else {},
        )
        return _explain(asked, live, versions, stand, past=False)
    version = versions.at(to_micros(at))
    asked, approximate = _past(connection, version.program, subject_id, to_micros(at))
    return replace(_explain(asked, version, versions, stand, past=True), approximate=approximate)


def _past(connection: sa.Connection, program: Program, subject_id: str, at: int) -> tuple[Question, str]:
    known = then(connection, program, subject_id, at)
    if known.unknown:
        fields, when = " and ".join(known.unknown), instant(at, program.zone)
        raise LifecycleError(f"{when} cannot be explained: no history of {fields} reaches back so far")
    asked = Question(connection=connection, program=program, subject_id=subject_id, at=at, facts=known.parameters)
    return asked, known.approximate


def _explain(
    question: Question, version: Version, versions: Versions, stand: State | None, *, past: bool
) -> Explanation:
    rule = question.program.rule
    seen = question.moments()
    latest = next(iter(seen.values()), None)
    answer = question.clauses(latest)
    fates = Fates(version=version, stand=None if past else stand, at=question.at)
    moments = Decisions(question=question, fates=fates, versions=versions, past=past).told(seen)
    ahead = None if past else _ahead(question)
    lasting = stay(question, version) if isinstance(rule.trigger, BecomesTrigger) else None
    return Explanation(
        rule=rule.name,
        subject_type=rule.subject,
        subject_id=question.subject_id,
        at=from_micros(question.at),
        rule_sentence=english.rule_sentence(rule),
        trigger=answer.trigger(rule),
        becoming=_becoming(question),
        clauses=answer.clauses(rule.conditions),
        holds=answer.holds,
        turn=None if past else next_turn(question, latest, answer),
        moments=moments,
        verdict=version.idle if version.idle and not moments else _verdict(question.program, moments, ahead, lasting),
        upcoming=ahead,
        stay=lasting,
        release=version.release,
        standing=_standing(question, stand, past=past),
        version=version.remark,
    )


def _becoming(question: Question) -> tuple[Clause, ...]:
    trigger = question.program.rule.trigger
    return question.becoming().clauses(trigger.conditions) if isinstance(trigger, BecomesTrigger) else ()


def _known(connection: sa.Connection, program: Program, subject_id: str) -> None:
    table = TABLES[program.rule.subject]
    if connection.execute(sa.select(table.c.id).where(table.c.id == subject_id)).scalar() is None:
        raise LifecycleError(f"there is no {program.rule.subject} {subject_id}")


def _ahead(question: Question) -> Ahead | None:
    """Return the next moment with its conditions as they will be when it is due, if nothing changes."""
    now = from_micros(question.at)
    coming = upcoming(question.connection, question.program, now=now, subject_id=question.subject_id, limit=1)
    if not coming:
        return None
    due = to_micros(coming[0].due)
    answer = question.later(due).clauses(question.moment_at(due, coming[0].occurrence))
    clauses = answer.clauses(question.program.rule.conditions)
    return Ahead(
        due=coming[0].due,
        label=coming[0].label,
        occurrence=coming[0].occurrence,
        holds=answer.holds,
        wanting=tuple(clause.text for clause in clauses if not clause.holds),
    )


def _verdict(program: Program, moments: tuple[MomentSeen, ...], ahead: Ahead | None, lasting: Stay | None) -> str:
    if moments:
        return moments[0].sentence
    if ahead is not None:
        return f"nothing has come yet; the next moment is on {instant(to_micros(ahead.due), program.zone)}"
    if lasting is not None:
        return lasting.sentence
    return f"nothing has made it due: it waits for {english.trigger_words(program.rule.trigger)}"


def _standing(question: Question, stand: State | None, *, past: bool) -> str:
    """Return what stops the rule as a whole; of the past only what is known to have stopped it then."""
    if stand is None:
        return f"rule `{question.program.rule.name}` is not live; `lifecycle apply` makes it so"
    reasons = (
        (stand.retired_at, "the live release no longer has it, since {}"),
        (stand.paused_at, "paused since {}; `lifecycle resume` lets it go on"),
        (
            stand.held_at,
            f"held since {{}}: {stand.held_count} were about to be enrolled; `lifecycle approve` lets them",
        ),
    )
    zone = question.program.zone
    found = (
        words.format(instant(since, zone))
        for since, words in reasons
        if since is not None and not (past and since > question.at)
    )
    recasting = _RECASTING if stand.recasting and not past else ""
    return next(found, recasting)
