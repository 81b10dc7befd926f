"""Upkeep: what was kept for long enough goes, so that an installation can run for years (docs/privacy.md)."""

from engine.upkeep.retention import RETENTIONS, Retention
from engine.upkeep.stage import Due, due, run_once

__all__ = ["RETENTIONS", "Due", "Retention", "due", "run_once"]
