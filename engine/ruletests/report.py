"""What became of a test: its expectations one by one, what was sent instead, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.errors import Problem
from engine.evaluate import Explanation
from engine.rules.model import Place
from engine.simulate.forecast import Mail


class Outcome(StrEnum):
    """How an expectation fared."""

    PASSED = "passed"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Why:
    """Why a rule did or did not write: the evaluator's own answer, or a sentence where nobody can be asked about."""

    rule: str
    sentence: str
    explanation: Explanation | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One expectation and how it fared; `title` is what it says in a few words.

    Of one that failed, `wrong` says in sentences what is not as expected, `instead` holds the mails of that customer,
    and `whys` the reasons. Of one that was refused, `problem` says why.
    """

    title: str
    place: Place
    outcome: Outcome
    wrong: tuple[str, ...] = ()
    instead: tuple[Mail, ...] = ()
    whys: tuple[Why, ...] = ()
    problem: Problem | None = None

    @property
    def passed(self) -> bool:
        """Whether it is as expected."""
        return self.outcome is Outcome.PASSED


@dataclass(frozen=True, kw_only=True)
class TestResult:
    """One test file that was run; its times are shown in `zone`.

    `sent` is how many mails left, `seconds` how long it took.
    """

    __test__ = False  # pytest takes every class of such a name for tests

    path: str
    zone: str
    verdicts: tuple[Verdict, ...]
    sent: int
    seconds: float

    def count(self, outcome: Outcome) -> int:
        """Return how many expectations fared so."""
        return sum(verdict.outcome is outcome for verdict in self.verdicts)

    @property
    def passed(self) -> bool:
        """Whether all is as expected."""
        return self.count(Outcome.PASSED) == len(self.verdicts)
