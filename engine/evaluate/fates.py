"""What became of a moment, and why, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.clock import from_micros, span, to_micros
from engine.evaluate.clause_values import instant
from engine.evaluate.explanation import Fate, MomentSeen
from engine.evaluate.state import OVERLAP, State, lowest
from engine.rules.compiler import Program

_DECIDED = {
    Fate.ENROLLED: "enrolled on {decided}, due on {due}",
    Fate.OVERTAKEN: "overtaken: due on {due}, but a later moment was decided with it or before it, on {decided}",
    Fate.EXPIRED: "expired: due on {due}, but on {decided}, when it was judged, it was too late",
}
_OPEN = {
    Fate.LEFT_ALONE: "left alone: due on {due}, before the rule went live on {live}; `backfill` would have included it",
    Fate.KEPT_BACK: "kept back: due on {due}, but this rule has already written about the same stretch of time",
    Fate.OPEN: "due on {due}, and judged at every tick until {until}",
    Fate.MISSED: "not enrolled: the conditions did not hold while it was open, from {due} to {until}",
}


@dataclass(frozen=True, kw_only=True)
class Fates:
    """Tells what became of the moments of one rule."""

    program: Program
    stand: State | None
    at: int
    past: bool

    def of_row(self, row: Mapping[str, Any], *, current: bool) -> MomentSeen:
        """Return a moment that the ledger decided; `current` is whether its fact is still the subject's."""
        fate = Fate(row["state"])
        decided, due = instant(to_micros(row["decided_at"])), instant(to_micros(row["due_at"]))
        since = "" if current else "; its fact has changed since"
        return MomentSeen(
            occurrence=row["occurrence"],
            label=row["send"],
            due=row["due_at"],
            at=row["moment_at"],
            fate=fate,
            sentence=_DECIDED[fate].format(decided=decided, due=due) + since,
            decided_at=row["decided_at"],
        )

    def of_moment(self, occurrence: str, row: Mapping[str, Any]) -> MomentSeen:
        """Return a moment that was not decided."""
        live = self._live(row["code"])
        fate = self._fate(row, live)
        until = row["at"] + max(span(self.program.rule.open_for), OVERLAP)
        words = {"due": instant(row["due"]), "until": instant(until), "live": instant(live)}
        return MomentSeen(
            occurrence=occurrence,
            label=row["label"],
            due=from_micros(row["due"]),
            at=from_micros(row["at"]),
            fate=fate,
            sentence=_OPEN[fate].format(**words),
        )

    def _live(self, code: str) -> int:
        return self.at if self.stand is None else self.stand.activated.get(code, self.at)

    def _fate(self, row: Mapping[str, Any], live: int) -> Fate:
        reasons = (
            (row["at"] <= live, Fate.LEFT_ALONE),
            (bool(row["guarded"]), Fate.KEPT_BACK),
            (row["at"] > self._open_since(row["code"]), Fate.OPEN),
        )
        return next((fate for holds, fate in reasons if holds), Fate.MISSED)

    def _open_since(self, code: str) -> int:
        """Return from when on moments will still be judged."""
        if self.past or self.stand is None or code not in self.stand.activated:
            return self.at - max(span(self.program.rule.open_for), OVERLAP)
        lows = lowest(self.stand, self.program, min(self.stand.watermark, self.at))
        return dict(zip(self.program.codes, lows, strict=True))[code]
