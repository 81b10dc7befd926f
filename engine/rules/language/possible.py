"""Whether conditions can hold together at all: every way to satisfy them is tried, without a database.

"No" is certain; what is too long to try, or depends on more than is looked at, is taken to be possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.rules.language.possible_counts import counts_agree
from engine.rules.language.possible_facts import tests_agree
from engine.rules.model import Condition, DidTest, FactTest, Group

MOST_STEPS = 3000
"""How many tests are tried in one question before it is given up."""
Goal = tuple[Condition, bool]
"""A condition and whether it is to hold."""
_EVENTS = ""
_Known = Mapping[str, tuple[Goal, ...]]


def possible(goals: Iterable[Goal]) -> bool:
    """Return whether conditions can hold, or fail, together for some customer at some time; False is certain."""
    return _Search().satisfy(list(goals), {})


@dataclass
class _Search:
    """Tries the alternatives in turn, with what was taken to hold so far by fact."""

    steps: int = field(default=0)

    def satisfy(self, goals: list[Goal], known: _Known) -> bool:
        choices: list[list[Goal]] = []
        while goals:
            condition, wanted = goals.pop()
            self.steps += 1
            if not isinstance(condition, Group):
                added = _with(known, (condition, wanted))
                if added is None:
                    return False
                known = added
            elif _together(condition, wanted=wanted):
                goals += _parts(condition, wanted=wanted)
            else:
                choices.append(_parts(condition, wanted=wanted))
        return self._choose(choices, known)

    def _choose(self, choices: list[list[Goal]], known: _Known) -> bool:
        if not choices or self.steps > MOST_STEPS:
            return True
        first, *rest = sorted(choices, key=len)
        others: list[Goal] = [_again(choice) for choice in rest]
        for choice in first:  # noqa: SIM110 (a generator would double the depth of the stack)
            if self.satisfy([*others, choice], known):
                return True
        return False


def _again(choice: list[Goal]) -> Goal:
    """Return a choice as one condition."""
    parts = tuple(part if wanted else Group(kind="none", parts=(part,)) for part, wanted in choice)
    return Group(kind="any", parts=parts), True


def _together(group: Group, *, wanted: bool) -> bool:
    """Return whether all parts of a group are decided by what is wanted of it; else one of them is enough."""
    return wanted if group.kind in {"all", "none"} else not wanted


def _parts(group: Group, *, wanted: bool) -> list[Goal]:
    return [(part, wanted is not (group.kind == "none")) for part in group.parts]


def _with(known: _Known, goal: Goal) -> _Known | None:
    """Return what is known with one more test; None where that cannot be."""
    test = goal[0]
    key = test.fact.path if isinstance(test, FactTest) else _EVENTS
    together = (*known.get(key, ()), goal)
    facts = [(one, wanted) for one, wanted in together if isinstance(one, FactTest)]
    counts = [(one, wanted) for one, wanted in together if isinstance(one, DidTest)]
    agreed = tests_agree(facts) if facts else counts_agree(counts)
    return {**known, key: together} if agreed else None
