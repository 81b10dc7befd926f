"""What one run of the sending stage did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Report:
    """How many messages were rendered and how many went to each status; `problem` is why the run ended early."""

    rendered: int = 0
    moved: Mapping[str, int] = field(default_factory=dict)
    problem: str | None = None

    @property
    def sent(self) -> int:
        """How many the provider accepted."""
        return self.moved.get("sent", 0)

    @property
    def figures(self) -> Mapping[str, object]:
        """What a log line says; nothing where nothing happened."""
        told: dict[str, object] = {name: count for name, count in self.moved.items() if count}
        if self.rendered:
            told["rendered"] = self.rendered
        return told | ({"problem": self.problem} if self.problem else {})


@dataclass
class Tally:
    """A report while its run lasts."""

    rendered: int = 0
    moved: Counter[str] = field(default_factory=Counter)
    problem: str | None = None

    def add(self, moved: Mapping[str, int]) -> None:
        """Count what went to each status."""
        self.moved.update({str(status): count for status, count in moved.items()})

    def report(self) -> Report:
        """Return what was counted."""
        return Report(rendered=self.rendered, moved=dict(self.moved), problem=self.problem)
