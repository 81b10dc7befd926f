"""The ten rules of the benchmark, written by hand: for each the statements that a person would write for one tick.

They do the work that the engine does and nothing else: who may be due (by due time and by what arrived), lateness,
the ledger, the conditions. Local dates come in as ready texts; all customers of the benchmark live in two zones.
"""

from __future__ import annotations

LATENESS = "CASE WHEN arrived > due AND arrived <= due + :late THEN arrived ELSE due END"
TARGET = """
INSERT INTO enrollment (subject_type, subject_id, rule, occurrence, step, state, fact, send, "offset", due_at,
                        moment_at, decided_at, since_at, until_at, closes_at, release_id)
"""
FREE = """NOT EXISTS (SELECT 1 FROM enrollment r WHERE r.subject_type = :subject AND r.subject_id = open.subject_id
  AND r.rule = :rule AND r.occurrence = open.fact || '/' || open.code AND r.step = '')"""
NO_LATER = """EXISTS (SELECT 1 FROM enrollment r WHERE r.subject_type = :subject AND r.subject_id = open.subject_id
  AND r.rule = :rule AND r.occurrence > open.fact || '/' AND r.occurrence < open.fact || '0' AND r.fact = open.fact
  AND r."offset" > open."offset")"""


def statement(*, moments: str, conditions: str = "1", guard: str = "1") -> str:
    """Return one rule's tick: `moments` select subject_id, fact, code, offset, due, arrived, closes, began, ended."""
    return f"""
WITH moments AS MATERIALIZED ({moments}),
open AS MATERIALIZED (
  SELECT *, {LATENESS} AS at FROM moments
  WHERE {LATENESS} > :low AND {LATENESS} <= :now AND (closes IS NULL OR {LATENESS} < closes)),
judged AS MATERIALIZED (SELECT * FROM open WHERE {FREE} AND {guard} AND {conditions}),
ranked AS (SELECT *, max("offset") OVER (PARTITION BY subject_id, fact) AS latest FROM judged)
{TARGET}
SELECT :subject, subject_id, :rule, fact || '/' || code, '',
  CASE WHEN at <= :now - :late OR closes <= :now THEN 'expired'
       WHEN latest > "offset" OR {NO_LATER.replace("open.", "ranked.")} THEN 'overtaken' ELSE 'enrolled' END,
  fact, code, "offset", due, at, :now, began, ended, closes, 1
FROM ranked WHERE 1 = 1 ON CONFLICT DO NOTHING RETURNING state
"""


def arrival(field: str, owner: str, id_: str) -> str:
    """Return when a field's value was learned."""
    return f"""coalesce((SELECT stamp FROM fact_change f WHERE f.subject_type = '{owner}' AND f.subject_id = {id_}
      AND f.field = '{field}' ORDER BY at DESC, stamp DESC LIMIT 1), -1)"""


def signed_up(days: int) -> str:
    """Return the moments of `customer.signed_up_at`, so many days after it."""
    off = days * 86_400_000_000
    return f"""
SELECT c.id AS subject_id, CAST(c.signed_up_at AS TEXT) AS fact, '+{days}d' AS code, {off} AS "offset",
  c.signed_up_at + {off} AS due, {arrival("signed_up_at", "customer", "c.id")} AS arrived,
  NULL AS closes, NULL AS began, NULL AS ended
FROM (SELECT id FROM customer WHERE signed_up_at > :since - {off} AND signed_up_at <= :now - {off}
      UNION SELECT id FROM customer WHERE changed_at > :since
      UNION SELECT customer_id FROM event_total WHERE name = 'Report Shared' AND changed_at > :since) k
CROSS JOIN customer c ON c.id = k.id
WHERE c.signed_up_at > :low - :late - {off} AND c.signed_up_at <= :now - {off}"""


def silent(days: int) -> str:
    """Return the moments of a silence of so many days."""
    off = days * 86_400_000_000
    return f"""
SELECT c.id AS subject_id, CAST(c.last_seen_at AS TEXT) AS fact, '+{days}d' AS code, {off} AS "offset",
  c.last_seen_at + {off} AS due, c.seen_changed_at AS arrived, NULL AS closes, c.last_seen_at AS began, NULL AS ended
FROM (SELECT id FROM customer WHERE last_seen_at > :since - {off} AND last_seen_at <= :now - {off}
      UNION SELECT id FROM customer WHERE seen_changed_at > :since
      UNION SELECT id FROM customer WHERE changed_at > :since
      UNION SELECT id FROM customer WHERE account_id IN (SELECT id FROM account WHERE changed_at > :since)) k
CROSS JOIN customer c ON c.id = k.id
WHERE c.last_seen_at > :low - :late - {off} AND c.last_seen_at <= :now - {off}"""


def account_day(column: str, days: int) -> str:
    """Return the moments of a date of accounts, so many days before it, for the zone whose nine o'clock it is."""
    off, day = -days * 86_400_000_000, f"CAST(strftime('%s', a.{column}) AS INTEGER) * 1000000"
    return f"""
SELECT a.id AS subject_id, a.{column} AS fact, '-{days}d' AS code, {off} AS "offset", :due AS due,
  max({arrival(column, "account", "a.id")}, {arrival("time_zone", "account", "a.id")}) AS arrived,
  {day} AS closes, NULL AS began, NULL AS ended
FROM (SELECT id FROM account WHERE {column} = :day{days} UNION SELECT id FROM account WHERE changed_at > :since) k
CROSS JOIN account a ON a.id = k.id WHERE a.{column} = :day{days} AND coalesce(a.time_zone, 'UTC') = 'UTC'"""


OF_ACCOUNT = (
    "EXISTS (SELECT 1 FROM customer c JOIN account a ON a.id = c.account_id WHERE c.id = open.subject_id AND {})"
)
GUARD = """NOT EXISTS (SELECT 1 FROM enrollment g WHERE g.subject_type = :subject AND g.subject_id = open.subject_id
  AND g.rule = :rule AND g.fact <> open.fact AND g."offset" >= open."offset" AND g.since_at IS NOT NULL
  AND g.{} > open.began)"""
DAY = 86_400_000_000
BY_HAND: dict[str, str] = {
    "welcome": statement(moments=signed_up(0)),
    "nudge": statement(
        moments=signed_up(7),
        conditions="""coalesce((SELECT count FROM event_total t WHERE t.customer_id = open.subject_id
          AND t.name = 'Report Shared'), 0) = 0""",
    ),
    "silent": statement(
        moments=f"{silent(14)} UNION ALL {silent(30)}",
        conditions=OF_ACCOUNT.format("a.status_key IN ('active', 'trialing')"),
        guard=GUARD.format("due_at"),
    ),
    "back": statement(
        moments=f"""
SELECT b.customer_id AS subject_id, CAST(b.until_at AS TEXT) AS fact, '+0d' AS code, 0 AS "offset", b.until_at AS due,
  b.changed_at AS arrived, NULL AS closes, b.from_at AS began, b.until_at AS ended
FROM (SELECT customer_id FROM absence WHERE until_at > :since AND until_at <= :now
      UNION SELECT customer_id FROM absence WHERE changed_at > :since) k
CROSS JOIN absence b ON b.customer_id = k.customer_id
WHERE b.until_at - b.from_at >= {30 * DAY} AND b.until_at > :low - :late AND b.until_at <= :now""",
        guard=GUARD.format("until_at"),
    ),
    "card": statement(moments=" UNION ALL ".join(account_day("card_expires_on", days) for days in (30, 7, 1))),
    "renewal": statement(
        moments=account_day("renews_on", 14),
        conditions="EXISTS (SELECT 1 FROM account a WHERE a.id = open.subject_id AND a.status_key = 'active')",
    ),
    "loyalty": statement(
        moments=f"""
SELECT a.id AS subject_id, :year AS fact, '+0d' AS code, 0 AS "offset", :due AS due,
  max({arrival("subscribed_on", "account", "a.id")}, {arrival("time_zone", "account", "a.id")}) AS arrived,
  NULL AS closes, NULL AS began, NULL AS ended
FROM (SELECT id FROM account WHERE substr(subscribed_on, 6, 5) = :month_day
      UNION SELECT id FROM account WHERE changed_at > :since) k
CROSS JOIN account a ON a.id = k.id
WHERE substr(a.subscribed_on, 6, 5) = :month_day AND :year > substr(a.subscribed_on, 1, 4)
  AND coalesce(a.time_zone, 'UTC') = 'UTC'""",
        conditions="EXISTS (SELECT 1 FROM account a WHERE a.id = open.subject_id AND a.renewals >= 1)",
    ),
    "cancel": statement(
        moments=f"""
SELECT e.customer_id AS subject_id, e.id AS fact, '+1d' AS code, {DAY} AS "offset", e.at + {DAY} AS due,
  e.received_at AS arrived, NULL AS closes, NULL AS began, NULL AS ended, e.at AS anchor
FROM (SELECT customer_id FROM event WHERE name = 'Cancel Page Viewed' AND at > :since - {DAY} AND at <= :now - {DAY}
      UNION SELECT customer_id FROM event_total WHERE name = 'Cancel Page Viewed' AND changed_at > :since
      UNION SELECT customer_id FROM event_total WHERE name = 'Subscription Cancelled' AND changed_at > :since) k
CROSS JOIN event e ON e.customer_id = k.customer_id AND e.name = 'Cancel Page Viewed'
  AND e.at > :low - :late - {DAY} AND e.at <= :now - {DAY}""",
        conditions="""NOT EXISTS (SELECT 1 FROM event x WHERE x.customer_id = open.subject_id
          AND x.name = 'Subscription Cancelled' AND x.at >= open.anchor AND x.id <> open.fact)""",
    ),
    "first": statement(
        moments=f"""
SELECT t.customer_id AS subject_id, 'first' AS fact, '+1h' AS code, {DAY // 24} AS "offset",
  t.first_at + {DAY // 24} AS due, t.first_changed_at AS arrived, NULL AS closes, NULL AS began, NULL AS ended
FROM (SELECT customer_id FROM event_total WHERE name = 'Report Shared'
        AND first_at > :since - {DAY // 24} AND first_at <= :now - {DAY // 24}
      UNION SELECT customer_id FROM event_total WHERE name = 'Report Shared' AND changed_at > :since) k
CROSS JOIN event_total t ON t.customer_id = k.customer_id AND t.name = 'Report Shared'
WHERE t.first_at > :low - :late - {DAY // 24} AND t.first_at <= :now - {DAY // 24}"""
    ),
    "active": statement(
        moments=signed_up(14),
        conditions=f"""EXISTS (SELECT 1 FROM event x WHERE x.customer_id = open.subject_id AND x.name = 'Logged In'
          AND x.at > :now - {7 * DAY} LIMIT 1 OFFSET 2)""",
    ),
}
"""The tick of each rule, by the rule's name."""
