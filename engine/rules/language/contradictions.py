"""Finds conditions that can never hold, and such as always do: a rule that is silent for ever, or a test of nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.errors import Problem
from engine.rules.codes import RULE_CODES
from engine.rules.language.located import Located
from engine.rules.language.possible import possible
from engine.rules.language.taken_for_granted import NOTHING, Granted
from engine.rules.model import Group
from engine.yaml_text import Node


def contradictions(conditions: Located, granted: Granted = NOTHING) -> Iterator[Problem]:
    """Yield each condition that cannot hold, because of an earlier one of the same `all`, the trigger, or itself.

    One that always holds is lint, and so is an alternative that cannot hold beside what must hold anyway.
    """
    together = list(_together(conditions))
    seen: list[Located] = []
    for item in together:
        if problem := _impossible(item, seen, granted):
            yield problem
        else:
            seen.append(item)
            yield from _certain(item, granted)
    for item in seen:
        yield from _inner(item, [other for other in seen if other is not item], granted)


def _together(conditions: Located, place: Node | None = None) -> Iterator[Located]:
    """Yield what must all hold; the conditions of a segment at the place that names it, without their parts."""
    for part in conditions.parts:
        if isinstance(part.condition, Group) and part.condition.kind == "all":
            yield from _together(part, place or (part.node if part.segment else None))
        else:
            yield Located(condition=part.condition, node=place, parts=()) if place else part


def _impossible(item: Located, seen: Sequence[Located], granted: Granted) -> Problem | None:
    if not _can_hold([item], NOTHING):
        return (
            None if item.parts and _told_inside(item) else RULE_CODES["E506"].at(item.node, why="nothing satisfies it")
        )
    if not _can_hold([item], granted):
        return RULE_CODES["E506"].at(item.node, why=granted.why)
    if _can_hold([*seen, item], granted):
        return None
    clash = _first_clash(item, seen, granted)
    return RULE_CODES["E505"].at(item.node, other=_where(clash)) if clash else None


def _can_hold(items: Sequence[Located], granted: Granted) -> bool:
    return possible([*((item.condition, True) for item in items), *granted.goals])


def _told_inside(item: Located) -> bool:
    """Return whether each alternative of a group is impossible by itself, which is told of each."""
    return bool(item.parts) and isinstance(item.condition, Group) and item.condition.kind == "any"


def _first_clash(item: Located, seen: Sequence[Located], granted: Granted) -> Located | None:
    """Return the earlier condition that, with those before it, leaves nothing for this one."""
    before: list[Located] = []
    for other in seen:
        before.append(other)
        if other.node is not item.node and not _can_hold([*before, item], granted):
            return other
    return None


def _where(other: Located) -> str:
    return f"the condition on line {other.node.line}"


def _certain(item: Located, granted: Granted) -> Iterator[Problem]:
    if not possible([(item.condition, False), *granted.goals]):
        why = f": {granted.why}" if possible([(item.condition, False)]) else ""
        yield RULE_CODES["L603"].at(item.node, why=why)


def _inner(item: Located, beside: Sequence[Located], granted: Granted) -> Iterator[Problem]:
    """Yield the problems of the parts of a group, each by itself; a segment's are judged in its own file."""
    if not isinstance(item.condition, Group):
        return
    either = item.condition.kind == "any"
    for part in item.parts:
        found = [] if part.segment else list(contradictions(_as_all(part), granted if either else NOTHING))
        yield from (problem for problem in found if problem.code != "L603" or isinstance(part.condition, Group))
        if either and not found:
            yield from _dead(part, beside, granted)


def _as_all(part: Located) -> Located:
    if isinstance(part.condition, Group) and part.condition.kind == "all":
        return part
    return Located(condition=Group(kind="all", parts=(part.condition,)), node=part.node, parts=(part,))


def _dead(part: Located, beside: Sequence[Located], granted: Granted) -> Iterator[Problem]:
    """Yield an alternative that cannot hold beside what must hold anyway."""
    if not _can_hold([*beside, part], granted):
        clash = _first_clash(part, beside, granted)
        yield RULE_CODES["L604"].at(part.node, other=_where(clash) if clash else "the others")
