"""Why a rule did or did not: the values that `explain` returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from engine.rules.compiler import Program


class Fate(StrEnum):
    """What became of a moment."""

    ENROLLED = "enrolled"
    OVERTAKEN = "overtaken"
    EXPIRED = "expired"
    LEFT_ALONE = "left alone"
    KEPT_BACK = "kept back"
    OPEN = "open"
    MISSED = "conditions did not hold"


@dataclass(frozen=True, kw_only=True)
class Clause:
    """One part of the conditions in English: whether it holds, the fact's own value, and its parts."""

    text: str
    holds: bool
    value: str = ""
    parts: tuple[Clause, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The conditions as they were when a moment was decided, rebuilt from the histories.

    `release` is the release whose rule was asked, 0 for the files; `approximate` says in what they may differ from what
    was decided on.
    """

    at: datetime
    clauses: tuple[Clause, ...]
    holds: bool
    release: int
    approximate: str = ""


@dataclass(frozen=True, kw_only=True)
class MomentSeen:
    """One moment that has come: when it was due, from when it was judged, and what became of it, in a sentence.

    `judged` are the conditions of that decision, or, where there was none, of the end of the time it was open.
    """

    occurrence: str
    label: str
    due: datetime
    at: datetime
    fate: Fate
    sentence: str
    decided_at: datetime | None = None
    judged: Judged | None = None


@dataclass(frozen=True, kw_only=True)
class Turn:
    """The next time at which the conditions hold or cease to hold, if no fact changes."""

    at: datetime
    holds: bool


@dataclass(frozen=True, kw_only=True)
class Stay:
    """One stay in what a `becomes` rule describes, in a sentence; `since` is None where its beginning was not seen.

    Such a stay makes no moments: it had begun before the rule went live.
    """

    number: int
    since: datetime | None
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """The next moment by the facts of today: whether the conditions hold at its time, and if not, which do not."""

    due: datetime
    label: str
    occurrence: str
    holds: bool
    wanting: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why a rule did or did not, for one subject at one time.

    `rule_sentence` is the rule in English, `trigger` what its trigger reads of the subject, `becoming` what that waits
    to become so, clause by clause, where it does, and `stay` the stay in it that lasts, `clauses` the conditions as
    they are at `at`, `holds` whether all hold, `turn` when that changes if no fact does, `moments` what has come, the
    latest first, `verdict` the answer in a sentence, `upcoming` what comes next, `standing` what else stops the rule.
    `release` is the release whose rule was asked, 0 for the files; `version` says why it is not the one that was live,
    where it is not, and `approximate` in what the answer may differ from what was known then.
    """

    rule: str
    subject_type: str
    subject_id: str
    at: datetime
    rule_sentence: str
    trigger: str
    becoming: tuple[Clause, ...]
    clauses: tuple[Clause, ...]
    holds: bool
    turn: Turn | None
    moments: tuple[MomentSeen, ...]
    verdict: str
    upcoming: Ahead | None
    stay: Stay | None = None
    release: int = 0
    standing: str = ""
    version: str = ""
    approximate: str = ""


@dataclass(frozen=True, kw_only=True)
class Version:
    """A rule as one release had it; `activated` maps an offset's code to when its moments began to count.

    `remark` says why it is not the version that was asked for, where it is not, and `idle` why nothing can be told of
    moments that were not decided, where nothing can.
    """

    program: Program
    release: int
    activated: Mapping[str, int]
    remark: str = ""
    idle: str = ""


class Versions(Protocol):
    """Finds the versions of a rule that were live in the past."""

    def at(self, instant: int) -> Version:
        """Return the rule as it was live at an instant."""
        ...

    def by_release(self, number: int) -> Version:
        """Return the rule as a release had it."""
        ...


@dataclass(frozen=True, kw_only=True)
class OneVersion:
    """The same version at all times."""

    version: Version

    def at(self, _instant: int) -> Version:
        """Return it."""
        return self.version

    def by_release(self, _number: int) -> Version:
        """Return it."""
        return self.version
