"""The ten rules written by hand, as a person would write them for one tick and for a pass over everybody.

They do the work that the engine does and nothing else: who may be due (by due time and by what arrived), lateness, the
ledger, the conditions. Local dates come in as ready texts: all accounts of the benchmark live in two zones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks import cost_by_hand_members as members

DAY = 86_400_000_000
OFFSET = '"offset"'


@dataclass(frozen=True)
class Words:
    """What the two databases say differently."""

    join: str
    latest: str
    midnight: str


WORDS: Mapping[str, Words] = {
    "sqlite": Words("CROSS JOIN", "max", "CAST(strftime('%s', {}) AS INTEGER) * 1000000"),
    "postgresql": Words("JOIN", "greatest", "CAST(extract(epoch FROM CAST({} AS date)) AS bigint) * 1000000"),
}
LATENESS = "CASE WHEN arrived > due AND arrived <= due + :late THEN arrived ELSE due END"
LEDGER = """INSERT INTO enrollment (subject_type, subject_id, rule, occurrence, step, state, fact, send, "offset",
  due_at, moment_at, decided_at, held_for, since_at, until_at, closes_at, release_id)"""
MINE = "r.subject_type = :subject AND r.subject_id = open.subject_id AND r.rule = :rule"
FREE = f"NOT EXISTS (SELECT 1 FROM enrollment r WHERE {MINE} AND r.occurrence = open.fact || '/' || open.code)"
LATER = f"""EXISTS (SELECT 1 FROM enrollment r WHERE {MINE} AND r.occurrence > open.fact || '/'
  AND r.occurrence < open.fact || '0' AND r.fact = open.fact AND r.{OFFSET} > open.{OFFSET})"""
ACCOUNT = "EXISTS (SELECT 1 FROM customer c JOIN account a ON a.id = c.account_id WHERE c.id = open.subject_id AND {})"
GUARD = f"""NOT EXISTS (SELECT 1 FROM enrollment r WHERE {MINE} AND r.fact <> open.fact
  AND r.{OFFSET} >= open.{OFFSET} AND r.since_at IS NOT NULL AND r.{{}} > open.began)"""


def by_hand(database: str, *, everybody: bool) -> dict[str, tuple[str, ...]]:
    """Return the statements of each rule: of a tick, or of everybody whose id lies in (:low_id, :high_id]."""
    return Hand(WORDS[database], everybody=everybody).statements()


@dataclass(frozen=True)
class Hand:
    """Writes the statements for one database."""

    words: Words
    everybody: bool

    def statements(self) -> dict[str, tuple[str, ...]]:
        """Return the statements of each rule: one, after those that keep its membership."""
        alone = {rule: (statement,) for rule, statement in self._alone().items()}
        return {"new": self._new(), **alone}

    def _alone(self) -> dict[str, str]:
        return {
            "nudge": self._rule(self._signed_up(7), NOT_SHARED),
            "silent": self._rule(
                self._silent(14) + " UNION ALL " + self._silent(30),
                ACCOUNT.format("a.status_key IN ('active', 'trialing')"),
                GUARD.format("due_at"),
            ),
            "back": self._rule(self._back(), GUARD.format("until_at")),
            "card": self._rule(" UNION ALL ".join(self._account_day("card_expires_on", days) for days in (30, 7, 1))),
            "renewal": self._rule(self._account_day("renews_on", 14), OF_ACCOUNT.format("a.status_key = 'active'")),
            "loyalty": self._rule(self._loyalty(), OF_ACCOUNT.format("a.renewals >= 1")),
            "cancel": self._rule(self._cancel(), NOT_CANCELLED),
            "first": self._rule(self._first()),
            "active": self._rule(self._signed_up(14), OFTEN),
        }

    def _rule(self, moments: str, *conditions: str) -> str:
        wanted = " AND ".join([f"{LATENESS} > :low AND {LATENESS} <= :now", f"(closes IS NULL OR {LATENESS} < closes)"])
        judged = " AND ".join([FREE, *conditions])
        return f"""
WITH moments AS MATERIALIZED ({moments}),
open AS MATERIALIZED (SELECT moments.*, {LATENESS} AS at FROM moments WHERE {wanted}),
judged AS MATERIALIZED (SELECT * FROM open WHERE {judged}),
ranked AS (SELECT judged.*, max({OFFSET}) OVER (PARTITION BY subject_id, fact) AS latest FROM judged)
{LEDGER}
SELECT :subject, subject_id, :rule, fact || '/' || code, '',
  CASE WHEN at <= :now - :late OR closes <= :now THEN 'expired' WHEN latest > {OFFSET} OR {LATER} THEN 'overtaken'
       ELSE 'enrolled' END,
  fact, code, {OFFSET}, due, at, :now, 0, began, ended, closes, 1
FROM ranked AS open WHERE 1 = 1 ON CONFLICT DO NOTHING RETURNING state"""

    def _from(self, table: str, key: str, arms: str) -> str:
        """Return the rows to look at: those that the arms of a tick name, or a range of all."""
        if self.everybody:
            return f"FROM {table} WHERE {key} > :low_id AND {key} <= :high_id"
        return f"FROM ({arms}) k {self.words.join} {table} ON {key} = k.id WHERE 1 = 1"

    def _new(self) -> tuple[str, ...]:
        subjects = self._from("customer c", "c.id", members.ARMS)
        moments = members.MOMENTS + (members.OF_RANGE if self.everybody else members.SINCE)
        return (*members.moving(subjects), self._rule(moments))

    def _signed_up(self, days: int) -> str:
        off = days * DAY
        arms = f"""SELECT id FROM customer WHERE signed_up_at > :since - {off} AND signed_up_at <= :now - {off}
          UNION SELECT id FROM customer WHERE changed_at > :since
          UNION SELECT customer_id FROM event_total WHERE name = 'Report Shared' AND changed_at > :since"""
        return f"""
SELECT c.id AS subject_id, CAST(c.signed_up_at AS TEXT) AS fact, '+{days}d' AS code, {off} AS {OFFSET},
  c.signed_up_at + {off} AS due, {arrival("signed_up_at", "customer", "c.id")} AS arrived, {NONE}
{self._from("customer c", "c.id", arms)} AND c.signed_up_at > :low - :late - {off} AND c.signed_up_at <= :now - {off}"""

    def _silent(self, days: int) -> str:
        off = days * DAY
        arms = f"""SELECT id FROM customer WHERE last_seen_at > :since - {off} AND last_seen_at <= :now - {off}
          UNION SELECT id FROM customer WHERE seen_changed_at > :since
          UNION SELECT id FROM customer WHERE changed_at > :since
          UNION SELECT id FROM customer WHERE account_id IN (SELECT id FROM account WHERE changed_at > :since)"""
        return f"""
SELECT c.id AS subject_id, CAST(c.last_seen_at AS TEXT) AS fact, '+{days}d' AS code, {off} AS {OFFSET},
  c.last_seen_at + {off} AS due, c.seen_changed_at AS arrived, CAST(NULL AS BIGINT) AS closes, c.last_seen_at AS began,
  CAST(NULL AS BIGINT) AS ended
{self._from("customer c", "c.id", arms)} AND c.last_seen_at > :low - :late - {off} AND c.last_seen_at <= :now - {off}"""

    def _account_day(self, column: str, days: int) -> str:
        off, day = -days * DAY, self.words.midnight.format(f"a.{column}")
        stamps = f"{arrival(column, 'account', 'a.id')}, {arrival('time_zone', 'account', 'a.id')}"
        arms = f"""SELECT id FROM account WHERE {column} = :due{days}
          UNION SELECT id FROM account WHERE changed_at > :since"""
        return f"""
SELECT a.id AS subject_id, a.{column} AS fact, '-{days}d' AS code, {off} AS {OFFSET}, {NINE} AS due,
  {self.words.latest}({stamps}) AS arrived, {day} AS closes, CAST(NULL AS BIGINT) AS began,
  CAST(NULL AS BIGINT) AS ended
{self._from("account a", "a.id", arms)} AND a.{column} = :day{days}"""

    def _loyalty(self) -> str:
        stamps = f"{arrival('subscribed_on', 'account', 'a.id')}, {arrival('time_zone', 'account', 'a.id')}"
        arms = """SELECT id FROM account WHERE substr(subscribed_on, 6, 5) = :due_month_day
          UNION SELECT id FROM account WHERE changed_at > :since"""
        return f"""
SELECT a.id AS subject_id, :year AS fact, '+0d' AS code, 0 AS {OFFSET}, {NINE} AS due,
  {self.words.latest}({stamps}) AS arrived, CAST(NULL AS BIGINT) AS closes, :midnight AS began,
  CAST(NULL AS BIGINT) AS ended
{self._from("account a", "a.id", arms)} AND substr(a.subscribed_on, 6, 5) = :day_month_day
  AND :year > substr(a.subscribed_on, 1, 4)"""

    def _back(self) -> str:
        arms = """SELECT customer_id AS id FROM absence WHERE until_at > :since AND until_at <= :now
          UNION SELECT customer_id FROM absence WHERE changed_at > :since"""
        until = "b.until_at + 0" if self.everybody else "b.until_at"  # by its index SQLite would find all ranges' rows
        return f"""
SELECT b.customer_id AS subject_id, CAST(b.until_at AS TEXT) AS fact, '+0d' AS code, 0 AS {OFFSET}, b.until_at AS due,
  b.changed_at AS arrived, CAST(NULL AS BIGINT) AS closes, b.from_at AS began, b.until_at AS ended
{self._from("absence b", "b.customer_id", arms)}
  AND b.until_at - b.from_at >= {30 * DAY} AND {until} > :low - :late AND {until} <= :now"""

    def _cancel(self) -> str:
        arms = f"""SELECT customer_id AS id FROM event
            WHERE name = 'Cancel Page Viewed' AND at > :since - {DAY} AND at <= :now - {DAY}
          UNION SELECT customer_id FROM event_total WHERE name = 'Cancel Page Viewed' AND changed_at > :since
          UNION SELECT customer_id FROM event_total WHERE name = 'Subscription Cancelled' AND changed_at > :since"""
        pro = "json_extract(e.keys, '$.plan')" if self.words.latest == "max" else "e.keys ->> 'plan'"
        found = (
            f"FROM ({arms}) k"
            if not self.everybody
            else "FROM (SELECT id FROM customer WHERE id > :low_id AND id <= :high_id) k"
        )
        return f"""
SELECT e.customer_id AS subject_id, e.id AS fact, '+1d' AS code, {DAY} AS {OFFSET}, e.at + {DAY} AS due,
  e.received_at AS arrived, {NONE}, e.at AS anchor
{found} {self.words.join} event e ON e.customer_id = k.id AND e.name = 'Cancel Page Viewed'
  AND e.at > :low - :late - {DAY} AND e.at <= :now - {DAY} WHERE {pro} = 'pro'"""

    def _first(self) -> str:
        hour = DAY // 24
        arms = f"""SELECT customer_id AS id FROM event_total
            WHERE name = 'Report Shared' AND first_at > :since - {hour} AND first_at <= :now - {hour}
          UNION SELECT customer_id FROM event_total WHERE name = 'Report Shared' AND changed_at > :since"""
        return f"""
SELECT t.customer_id AS subject_id, 'first' AS fact, '+1h' AS code, {hour} AS {OFFSET}, t.first_at + {hour} AS due,
  t.first_changed_at AS arrived, {NONE}
{self._from("event_total t", "t.customer_id", arms)} AND t.name = 'Report Shared'
  AND t.first_at > :low - :late - {hour} AND t.first_at <= :now - {hour}"""


NONE = "CAST(NULL AS BIGINT) AS closes, CAST(NULL AS BIGINT) AS began, CAST(NULL AS BIGINT) AS ended"
NINE = ":midnight + CASE WHEN a.time_zone = 'America/New_York' THEN :nine_new_york ELSE :nine END"
OF_ACCOUNT = "EXISTS (SELECT 1 FROM account a WHERE a.id = open.subject_id AND {})"
NOT_SHARED = """coalesce((SELECT count FROM event_total t WHERE t.customer_id = open.subject_id
  AND t.name = 'Report Shared'), 0) = 0"""
NOT_CANCELLED = """NOT EXISTS (SELECT 1 FROM event x WHERE x.customer_id = open.subject_id
  AND x.name = 'Subscription Cancelled' AND x.at >= open.anchor AND x.id <> open.fact)"""
OFTEN = f"""EXISTS (SELECT 1 FROM event x WHERE x.customer_id = open.subject_id AND x.name = 'Logged In'
  AND x.at > :now - {7 * DAY} LIMIT 1 OFFSET 2)"""


def arrival(field: str, owner: str, id_: str) -> str:
    """Return when a field's value was learned."""
    return f"""coalesce((SELECT stamp FROM fact_change f WHERE f.subject_type = '{owner}' AND f.subject_id = {id_}
      AND f.field = '{field}' ORDER BY at DESC, stamp DESC LIMIT 1), -1)"""
