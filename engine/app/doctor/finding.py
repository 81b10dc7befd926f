"""One thing the doctor looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it stands: `not checked` says why in its sentence."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was looked at, how it stands in one sentence, and what to do about it."""

    about: str
    state: State
    sentence: str
    advice: str = ""


def ok(about: str, sentence: str) -> Finding:
    """Return a finding that is as it should be."""
    return Finding(about=about, state=State.OK, sentence=sentence)


def warning(about: str, sentence: str, advice: str = "") -> Finding:
    """Return a finding that should be better."""
    return Finding(about=about, state=State.WARNING, sentence=sentence, advice=advice)


def problem(about: str, sentence: str, advice: str = "") -> Finding:
    """Return a finding with which mail is lost or does not leave."""
    return Finding(about=about, state=State.PROBLEM, sentence=sentence, advice=advice)


def unchecked(about: str, sentence: str, advice: str = "") -> Finding:
    """Return what could not be looked at, and why."""
    return Finding(about=about, state=State.NOT_CHECKED, sentence=sentence, advice=advice)
