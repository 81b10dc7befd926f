"""What became of a moment, and why, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from engine.clock import from_micros, span, to_micros
from engine.evaluate.explanation import Fate, MomentSeen, Version
from engine.evaluate.saying import instant
from engine.evaluate.state import OVERLAP, State, lowest
from engine.rules.compiler import Program
from engine.rules.sql.stored import NEVER

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
_NOT_LIVE = "left alone: due on {due}, when the rule was not live"
_WAITING = "due on {due}, and not judged yet: the rule was last evaluated on {evaluated}"
_BACKFILLED = (
    "not enrolled: due on {due}, it was judged once, with the past, when the rule went live on {live}: its conditions "
    "did not hold, or it was closed"
)


@dataclass(frozen=True, kw_only=True)
class Fates:
    """Tells what became of the moments of one rule; `stand` is None where the question is about the past."""

    version: Version
    stand: State | None
    at: int

    @property
    def _program(self) -> Program:
        return self.version.program

    def of_row(self, row: Mapping[str, Any], *, current: bool) -> MomentSeen:
        """Return a moment that the ledger decided; `current` is whether its fact is still the subject's."""
        fate = Fate(row["state"])
        decided, due = (self._words(to_micros(row[name])) for name in ("decided_at", "due_at"))
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
        live = self.version.activated.get(row["code"], self.at)
        fate = self._fate(row, live)
        words = {"due": row["due"], "until": self.closed(row["at"]), "live": live}
        sentence = _BACKFILLED if fate is Fate.MISSED and row["at"] <= live else _OPEN[fate]
        if fate is Fate.LEFT_ALONE and row["code"] not in self.version.activated:
            sentence = _NOT_LIVE
        if fate is Fate.OPEN and self.stand is not None and words["until"] < self.at:
            sentence, words["evaluated"] = _WAITING, self.stand.watermark
        return MomentSeen(
            occurrence=occurrence,
            label=row["label"],
            due=from_micros(row["due"]),
            at=from_micros(row["at"]),
            fate=fate,
            sentence=sentence.format(**{name: self._words(at) for name, at in words.items()}),
        )

    def closed(self, at: int) -> int:
        """Return until when a moment of a time is open."""
        return at + max(span(self._program.rule.open_for), OVERLAP)

    def _words(self, at: int) -> str:
        return instant(at, self._program.zone)

    def _fate(self, row: Mapping[str, Any], live: int) -> Fate:
        reasons = (
            (row["at"] <= live - self._backfilled(), Fate.LEFT_ALONE),
            (bool(row["guarded"]), Fate.KEPT_BACK),
            (row["at"] <= live, Fate.MISSED),
            (row["at"] > self._open_since(row["code"]), Fate.OPEN),
        )
        return next((fate for holds, fate in reasons if holds), Fate.MISSED)

    def _backfilled(self) -> int:
        """Return how far before its activation the rule has judged, in microseconds."""
        backfill = self._program.rule.backfill
        if backfill is None:
            return 0
        return span(backfill) if isinstance(backfill, timedelta) else -NEVER

    def _open_since(self, code: str) -> int:
        """Return from when on moments will still be judged."""
        if self.stand is None or code not in self.stand.activated:
            return self.at - max(span(self._program.rule.open_for), OVERLAP)
        lows = lowest(self.stand, self._program, min(self.stand.watermark, self.at))
        return dict(zip(self._program.codes, lows, strict=True))[code]
