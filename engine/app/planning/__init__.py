"""Plans: two versions of the files run over the same simulated days, and whom and what the change reaches."""

from engine.app.planning.compare import plan
from engine.app.planning.plan import Fate, Plan, RulePlan, Totals
from engine.app.planning.wording import Rewording, Specimen

__all__ = ["Fate", "Plan", "Rewording", "RulePlan", "Specimen", "Totals", "plan"]
