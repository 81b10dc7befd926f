"""The line of what is ready to be claimed, in the order in which it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.outbox import Candidate, Claimed, Prepared

_WIDEST = 200


@dataclass(kw_only=True)
class Line:
    """Who waits in one run; `more` says that there may be others who are due."""

    waiting: list[Candidate] = field(default_factory=list)
    more: bool = True
    _passed: set[str] = field(default_factory=set)
    _width: int = 1

    def runs_short(self, of: int) -> bool:
        """Say whether fewer than these wait, and others may be due."""
        return self.more and len(self.waiting) < of

    def look(self) -> frozenset[str]:
        """Begin to look for others; returns whom not to look for: the messages that are in line, or passed over.

        What becomes due while it is looked may not be found: whoever makes it due sets `more` again.
        """
        self.more = False
        return frozenset(self._passed.union(each.send_id for each in self.waiting))

    def stand(self, prepared: Prepared) -> None:
        """Let what was prepared stand behind those who wait and are as urgent."""
        self.waiting = sorted((*self.waiting, *prepared.candidates), key=lambda each: -each.priority)
        self.more |= bool(prepared.moves or prepared.candidates)

    def next(self, room: int) -> list[Candidate]:
        """Take whom to claim for; where many must not be written to, more are asked at once than there is room for."""
        chosen = self.waiting[: room * self._width]
        del self.waiting[: len(chosen)]
        return chosen

    def went(self, chosen: Sequence[Candidate], claimed: Claimed) -> None:
        """Take note of what a claim for some of them decided: what others hold is left to them in this run."""
        self._passed |= claimed.held
        gone = len(claimed.outgoing) + sum(claimed.ended.values()) + len(claimed.held)
        self.more |= claimed.discarded > 0 or gone < len(chosen)
        self._width = 1 if claimed.outgoing else min(self._width * 2, _WIDEST)
