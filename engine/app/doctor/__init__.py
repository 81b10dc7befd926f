"""The doctor: everything outside the files that must be right before mail leaves, each in one sentence."""

from engine.app.doctor.examine import examine
from engine.app.doctor.finding import Finding, State

__all__ = ["Finding", "State", "examine"]
