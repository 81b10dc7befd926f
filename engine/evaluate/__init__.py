"""Evaluation: which moments of which rules are decided, set by set."""

from engine.evaluate.activation import activate, retire
from engine.evaluate.brakes import approve, pause, resume
from engine.evaluate.explain import explain
from engine.evaluate.explanation import (
    Ahead,
    Clause,
    Explanation,
    Fate,
    Judged,
    MomentSeen,
    Stay,
    Turn,
    Version,
    Versions,
)
from engine.evaluate.members import note as note_members
from engine.evaluate.outlook import LeftAlone, Upcoming, ahead, left_alone, still_open, upcoming
from engine.evaluate.report import Did, Held, Limits, Report, RuleReport
from engine.evaluate.stage import run_once
from engine.evaluate.state import State, read

__all__ = [
    "Ahead",
    "Clause",
    "Did",
    "Explanation",
    "Fate",
    "Held",
    "Judged",
    "LeftAlone",
    "Limits",
    "MomentSeen",
    "Report",
    "RuleReport",
    "State",
    "Stay",
    "Turn",
    "Upcoming",
    "Version",
    "Versions",
    "activate",
    "ahead",
    "approve",
    "explain",
    "left_alone",
    "note_members",
    "pause",
    "read",
    "resume",
    "retire",
    "run_once",
    "still_open",
    "upcoming",
]
