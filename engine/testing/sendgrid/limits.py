"""How many requests SendGrid takes in a second, and what it says of it in its headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.clock import to_micros


@dataclass(kw_only=True)
class RateLimit:
    """Counts the requests of each whole second; `most` is how many are taken."""

    most: int
    _second: int = 0
    _count: int = 0

    def count(self, now: datetime) -> bool:
        """Count a request; returns whether it is one too many."""
        second = to_micros(now) // 1_000_000
        if second != self._second:
            self._second, self._count = second, 0
        self._count += 1
        return self._count > self.most

    @property
    def headers(self) -> Mapping[str, str]:
        """What every answer says: the limit, what is left of it, and when it begins anew."""
        return {
            "X-RateLimit-Limit": str(self.most),
            "X-RateLimit-Remaining": str(max(0, self.most - self._count)),
            "X-RateLimit-Reset": str(self._second + 1),
        }
