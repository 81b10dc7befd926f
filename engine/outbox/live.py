"""Which moment of the live rules a decision belongs to; what waits follows the rules as they are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.clock import span
from engine.db import reading
from engine.models.tables import release
from engine.outbox.running import Running
from engine.rules.compiler import Program
from engine.rules.fingerprint import trigger_fingerprint
from engine.rules.loader import load
from engine.rules.model import Rule, Send, Topic
from engine.rules.question import successors

Row = Mapping[str, Any] | sa.RowMapping
REMOVED = "rule removed"
CHANGED = "rule changed"
NOT_DECIDED = "its enrollment is gone"
_KEPT = 16
_TRIGGERS: dict[str, Mapping[str, str]] = {}
"""The triggers of releases read lately, by the fingerprint of their files."""


@dataclass(frozen=True, kw_only=True)
class Live:
    """A moment of a live rule, and the topic of its mail."""

    rule: Rule
    send: Send
    topic: Topic


def live_moments(connection: sa.Connection, rows: Sequence[Row], running: Running) -> list[Live | str]:
    """Return, row by row, the live moment that a row of the ledger belongs to, or why there is none any more.

    An offset that is gone is succeeded by the one that stands for it. A rule whose trigger is another one than when
    the row was decided has nothing to do with it. A release that is not known says nothing.
    """
    rules = running.rules.rules
    known = [row for row in rows if row["rule"] in rules and row["offset"] is not None]
    succeeded = {name: successors(connection, rules[name]) for name in sorted(_with_others(known, rules))}
    other = _of_other_triggers(connection, known, running)
    found: dict[tuple[Any, ...], Live | str] = {}
    for row in rows:
        key = _moment(row)
        if key not in found:
            changed = (row["release_id"], row["rule"]) in other
            found[key] = CHANGED if changed else _live(row, running, succeeded.get(row["rule"], {}))
    return [found[_moment(row)] for row in rows]


def _moment(row: Row) -> tuple[Any, ...]:
    """Return all of a row that says which live moment is its own."""
    return (row["release_id"], row["rule"], row["offset"], row["subject_type"])


def _live(row: Row, running: Running, succeeded: Mapping[int, int]) -> Live | str:
    rule = running.rules.rules.get(row["rule"])
    if rule is None or row["offset"] is None:
        return REMOVED if rule is None else NOT_DECIDED
    if row["subject_type"] != rule.subject:
        return CHANGED
    offset = succeeded.get(row["offset"], row["offset"])
    send = next((send for send in rule.sends if span(send.offset) == offset), None)
    return CHANGED if send is None else Live(rule=rule, send=send, topic=running.rules.topics[rule.topic])


def _with_others(rows: Sequence[Row], rules: Mapping[str, Rule]) -> set[str]:
    """Return the rules of which a row has an offset that they do not have now."""
    own = {name: {span(send.offset) for send in rules[name].sends} for name in {row["rule"] for row in rows}}
    return {row["rule"] for row in rows if row["offset"] not in own[row["rule"]]}


def _of_other_triggers(connection: sa.Connection, rows: Sequence[Row], running: Running) -> set[tuple[int, str]]:
    """Return the (release, rule) of these rows whose rule had another trigger in that release."""
    asked = {(row["release_id"], row["rule"]) for row in rows if row["release_id"] != running.release_id}
    if not asked:
        return set()
    columns = (release.c.id, release.c.fingerprint, release.c.fingerprints)
    chosen = sa.select(*columns).where(release.c.id.in_({number for number, _ in asked}))
    found = {row.id: row for row in connection.execute(chosen)}
    edited = [each for each in asked if each[0] in found and not _same(found[each[0]], running.programs[each[1]])]
    triggers = _triggers(connection, {number: found[number].fingerprint for number, _ in edited})
    return {(number, name) for number, name in edited if _other(triggers[number], running.programs[name])}


def _names(rule: Rule) -> tuple[str, ...]:
    return (rule.name, rule.was) if rule.was else (rule.name,)


def _same(found: sa.Row[Any], program: Program) -> bool:
    return any(found.fingerprints.get(name) == program.fingerprint for name in _names(program.rule))


def _other(triggers: Mapping[str, str], program: Program) -> bool:
    """Say whether a rule's trigger was another; where the zone of days alone changed, it is the same."""
    then = next((triggers[name] for name in _names(program.rule) if name in triggers), None)
    return then is not None and then != trigger_fingerprint(program.rule, "")


def _triggers(connection: sa.Connection, wanted: Mapping[int, str]) -> Mapping[int, Mapping[str, str]]:
    """Return the fingerprints of the triggers of these releases, by rule."""
    unread = {number for number, fingerprint in wanted.items() if fingerprint not in _TRIGGERS}
    if len(_TRIGGERS) + len(unread) > _KEPT:
        _TRIGGERS.clear()
        unread = set(wanted)
    for row in connection.execute(sa.select(release).where(release.c.id.in_(unread))) if unread else ():
        rules = load(row.files, zone=row.time_zone).rules.rules
        _TRIGGERS[row.fingerprint] = {name: trigger_fingerprint(rule, "") for name, rule in rules.items()}
    return {number: _TRIGGERS[fingerprint] for number, fingerprint in wanted.items()}


def replaced(engine: sa.Engine, running: Running) -> bool:
    """Say whether a newer release is live than the one that runs here; files never applied have none."""
    if running.release_id == 0:
        return False
    with reading(engine) as connection:
        highest = connection.execute(sa.select(sa.func.coalesce(sa.func.max(release.c.id), 0))).scalar_one()
    return int(highest) > running.release_id
