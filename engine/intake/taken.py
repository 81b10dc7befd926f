"""What became of a batch: how many rows told something new, and what of it must not be learned again."""

from __future__ import annotations

from typing import NamedTuple

from engine.clock import from_micros

ERASED = "was erased (`lifecycle customer erase`); nothing more is stored of this customer, and the row is not shown"


class Taken(NamedTuple):
    """`news` rows told something new; those of `erased` customers were left out, and events before `kept_from`."""

    news: int
    erased: frozenset[str] = frozenset()
    kept_from: int | None = None

    def refusal(self, customer_id: str, at: int | None = None) -> tuple[str, str] | None:
        """Return why a row was left out, as its column and the reason; None where it was taken."""
        if customer_id in self.erased:
            return "customer", ERASED
        if at is not None and self.kept_from is not None and at < self.kept_from:
            return "at", f"is before {from_micros(self.kept_from):%Y-%m-%d}, and events from then are not kept any more"
        return None
