"""The same ten rules asked row by row with the `rule-engine` package, as an engine would that loads each customer.

A sample is loaded and asked; for more customers the time is multiplied. What no expression says (who was written to
already, who was in before, calendars, lateness) is left out, so this is less than the same work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import rule_engine
import sqlalchemy as sa
from benchmarks.cost_population import DAY, NOW

from engine.clock import monotonic

SAMPLE = 20_000
WINDOW = NOW - 3_600_000_000
RULES = {
    "new": "signed_up_at > now - 7 * day and signed_up_at <= now",
    "nudge": "signed_up_at > low - 7 * day and signed_up_at <= now - 7 * day and shared == 0",
    "silent": "((last_seen_at > low - 14 * day and last_seen_at <= now - 14 * day) or "
    "(last_seen_at > low - 30 * day and last_seen_at <= now - 30 * day)) and status in ['active', 'trialing']",
    "back": "back_at > low and back_at <= now and back_at - left_at >= 30 * day",
    "card": "card_expires_on in ['2026-04-01', '2026-03-09', '2026-03-03']",
    "renewal": "renews_on == '2026-03-16' and status == 'active'",
    "loyalty": "subscribed_on =~ '20..-03-02' and renewals >= 1",
    "cancel": "viewed_at > low - day and viewed_at <= now - day and plan == 'pro' and cancelled == 0",
    "first": "shared_at > low - day / 24 and shared_at <= now - day / 24",
    "active": "signed_up_at > low - 14 * day and signed_up_at <= now - 14 * day and logged_in >= 3",
}
ROWS = f"""
SELECT c.signed_up_at, c.last_seen_at,
  a.status_key AS status, a.card_expires_on, a.renews_on, a.subscribed_on, a.renewals,
  coalesce(s.count, 0) AS shared, coalesce(s.first_at, 0) AS shared_at, coalesce(v.last_at, 0) AS viewed_at,
  coalesce(x.count, 0) AS cancelled, coalesce(b.until_at, 0) AS back_at, coalesce(b.from_at, 0) AS left_at,
  (SELECT count(*) FROM event e
   WHERE e.customer_id = c.id AND e.name = 'Logged In' AND e.at > {NOW - 7 * DAY}) AS logged_in
FROM customer c JOIN account a ON a.id = c.account_id
LEFT JOIN event_total s ON s.customer_id = c.id AND s.name = 'Report Shared'
LEFT JOIN event_total v ON v.customer_id = c.id AND v.name = 'Cancel Page Viewed'
LEFT JOIN event_total x ON x.customer_id = c.id AND x.name = 'Subscription Cancelled'
LEFT JOIN absence b ON b.customer_id = c.id AND b.until_at = c.last_seen_at
ORDER BY c.id LIMIT {SAMPLE}"""


@dataclass(frozen=True, kw_only=True)
class RowByRow:
    """What asking a sample took; `matched` says that it was really asked."""

    customers: int
    loading: float
    asking: float
    matched: int

    @property
    def evaluations_a_second(self) -> float:
        """How many rules a second are asked of a customer that is loaded."""
        return self.customers * len(RULES) / self.asking

    def seconds(self, customers: int) -> float:
        """Return what so many customers would take: loading them, and asking."""
        return (self.loading + self.asking) * customers / self.customers


def row_by_row(engine: sa.Engine) -> RowByRow:
    """Ask every rule of a sample of customers."""
    rules = [rule_engine.Rule(text) for text in RULES.values()]
    began = monotonic()
    with engine.connect() as connection:
        rows = [dict(row) for row in connection.exec_driver_sql(ROWS).mappings()]
    loaded = monotonic()
    matched = sum(_asked(rules, row) for row in rows)
    return RowByRow(customers=len(rows), loading=loaded - began, asking=monotonic() - loaded, matched=matched)


def _asked(rules: list[rule_engine.Rule], row: dict[str, Any]) -> int:
    row |= {"now": NOW, "low": WINDOW, "day": DAY, "plan": "pro"}
    return sum(rule.matches(row) for rule in rules)
