"""What one run of the feedback stage did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Report:
    """How many events of each kind were understood, and how many addresses and messages that touched."""

    kinds: Mapping[str, int] = field(default_factory=dict)
    suppressed: int = 0
    settled: Mapping[str, int] = field(default_factory=dict)
    unknown: int = 0

    @property
    def figures(self) -> Mapping[str, object]:
        """What a log line says; nothing where nothing happened."""
        told: dict[str, object] = {name: count for name, count in self.kinds.items() if count}
        told |= {"suppressed": self.suppressed} if self.suppressed else {}
        told |= {"unknown_messages": self.unknown} if self.unknown else {}
        return told | ({"settled": dict(self.settled)} if self.settled else {})
