"""When conditions turn by the clock alone: the times at which a window opens or closes, each asked of the evaluator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from engine.clock import from_micros, span
from engine.evaluate.clause_values import Answer
from engine.evaluate.explanation import Turn
from engine.evaluate.question import Question, Row
from engine.facts import FactType
from engine.rules.model import Condition, DidTest, FactTest
from engine.rules.operators import OPERATORS, Takes
from engine.rules.sql.calendars import DAY, MIDNIGHT, day_number, strikes
from engine.rules.sql.clauses import nodes, turning_counts

MOST_TRIED = 60
"""How many times are tried, the soonest first."""


def next_turn(question: Question, moment: Row | None, answer: Answer) -> Turn | None:
    """Return when the conditions will hold, or cease to, if nothing changes; None where the clock alone does not."""
    edges = {edge for edge in _edges(question, answer) if edge > question.at}
    for edge in sorted(edges)[:MOST_TRIED]:
        if question.later(edge).clauses(moment).holds is not answer.holds:
            return Turn(at=from_micros(edge), holds=not answer.holds)
    return None


def _edges(question: Question, answer: Answer) -> Iterator[int]:
    for number, node in enumerate(nodes(question.program.rule.conditions)):
        yield from _edges_of(node, number, answer)


def _edges_of(node: Condition, number: int, answer: Answer) -> Iterator[int]:
    if isinstance(node, DidTest) and node.within is not None:
        leaving = (answer.row[f"turn_{number}_{times}"] for times in turning_counts(node))
        yield from (at + span(node.within) for at in leaving if at is not None)
    elif isinstance(node, FactTest) and OPERATORS[node.operator].takes is Takes.SPAN:
        value = answer.fact(node.fact, answer.row[f"value_{number}"])
        if value is not None:
            days = node.fact.type is FactType.DATE
            yield from _days(node, str(value), answer.here) if days else _instants(node, int(value))


def _instants(test: FactTest, at: int) -> Iterator[int]:
    """Yield from when on a test of an instant has another truth."""
    length = span(test.operands[0])  # type: ignore[arg-type]
    turns = {"within last": (at, at + length), "within next": (at - length, at + 1), "more than ago": (at + length,)}
    yield from turns[test.operator]


def _days(test: FactTest, text: str, zone: str) -> Iterator[int]:
    """Yield the midnights from which on a test of a calendar day has another truth."""
    day, length = day_number(date.fromisoformat(text)), span(test.operands[0]) // DAY  # type: ignore[arg-type]
    turns = {
        "within last": (day, day + length),
        "within next": (day - length, day + 1),
        "more than ago": (day + length,),
    }
    yield from (strikes(zone, turn, MIDNIGHT) for turn in turns[test.operator])
