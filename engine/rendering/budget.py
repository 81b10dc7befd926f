"""What one email may take while it is rendered for a reader, whatever a customer's facts hold.

`check` renders samples; a list in an event may be a thousand times as long. So each render has its own bounds, beside
those of the child process in which files are checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from jinja2.exceptions import TemplateRuntimeError

from engine.clock import monotonic

SECONDS = 2.0
LONGEST = 1 << 20
"""Characters of everything that one email makes."""
_AT_ONCE = 16
"""How many pieces are counted together."""


class BudgetError(TemplateRuntimeError):
    """An email took more than it may."""


def _too_much() -> BudgetError:
    return BudgetError(f"it makes a mail of more than {LONGEST >> 20} MB")


@dataclass(kw_only=True)
class Budget:
    """One render's bounds: it has `SECONDS` from now and may make `left` characters."""

    left: int = LONGEST
    until: float = field(default_factory=lambda: monotonic() + SECONDS)

    def joined(self, pieces: Iterable[str]) -> str:
        """Return the pieces as one text; raises BudgetError where they are too much."""
        kept: list[str] = []
        coming = iter(pieces)
        while some := list(islice(coming, _AT_ONCE)):
            self._take(sum(map(len, some)))
            kept += some
        return "".join(kept)

    def whole(self, text: str) -> str:
        """Return a text that was made in one go; raises BudgetError where it is too much."""
        self._take(len(text))
        return text

    def require(self, length: int) -> None:
        """Raise BudgetError where a text that is about to be made would be too much."""
        if length > self.left:
            raise _too_much()

    def _take(self, length: int) -> None:
        self.left -= length
        if self.left < 0:
            raise _too_much()

    def tick(self) -> None:
        """Raise BudgetError where the time is over."""
        if monotonic() > self.until:
            raise BudgetError(f"it takes more than {SECONDS:g} seconds")


@dataclass(frozen=True)
class Watched(Sized, Iterable[Any]):
    """A list whose items are given out as long as there is time."""

    items: Sequence[Any]
    budget: Budget

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Any]:
        for item in self.items:
            self.budget.tick()
            yield item
