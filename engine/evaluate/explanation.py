"""Why a rule did or did not: the values that `explain` returns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.evaluate.outlook import Upcoming


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
class MomentSeen:
    """One moment that has come: when it was due, from when it was judged, and what became of it, in a sentence."""

    occurrence: str
    label: str
    due: datetime
    at: datetime
    fate: Fate
    sentence: str
    decided_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why a rule did or did not, for one subject at one time.

    `rule_sentence` is the rule in English, `clauses` its conditions as they are at `at`, `holds` whether all hold,
    `moments` what has come, the latest first, `verdict` the answer in a sentence, `upcoming` what comes next,
    `standing` what else stops the rule, and `approximate` in what the answer may differ from what was known then.
    """

    rule: str
    subject_type: str
    subject_id: str
    at: datetime
    rule_sentence: str
    clauses: tuple[Clause, ...]
    holds: bool
    moments: tuple[MomentSeen, ...]
    verdict: str
    upcoming: Upcoming | None
    standing: str = ""
    approximate: str = ""
