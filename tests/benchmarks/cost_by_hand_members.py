"""The rule that somebody becomes new, by hand: who signed up within seven days is in, and was not before."""

from __future__ import annotations

from benchmarks.cost_population import DAY

WITHIN = 7 * DAY
IN = f"coalesce(c.signed_up_at > :now - {WITHIN} AND c.signed_up_at <= :now, false)"
MINE = "m.rule = :rule AND m.subject_type = :subject"
OPEN = f"{MINE} AND m.subject_id = c.id AND m.left_at IS NULL"
ARMS = f"""SELECT id FROM customer WHERE signed_up_at > :since - {WITHIN} AND signed_up_at <= :now - {WITHIN}
  UNION SELECT id FROM customer WHERE signed_up_at > :since AND signed_up_at <= :now
  UNION SELECT id FROM customer WHERE changed_at > :since"""
MOMENTS = f"""
SELECT m.subject_id, CAST(m.episode AS TEXT) AS fact, '+0d' AS code, 0 AS "offset", m.entered_at AS due,
  m.entered_at AS arrived, CAST(NULL AS BIGINT) AS closes, m.entered_at AS began, CAST(NULL AS BIGINT) AS ended
FROM membership m WHERE {MINE} AND m.left_at IS NULL AND m.entered_at <= :now AND m.entered_at > """
SINCE = ":since"
OF_RANGE = ":low - :late AND m.subject_id > :low_id AND m.subject_id <= :high_id"


def moving(subjects: str) -> tuple[str, str]:
    """Return the statements that end and begin the episodes of some subjects, given as a FROM with its WHERE."""
    leaving = f"""UPDATE membership AS m SET left_at = :now WHERE {MINE} AND m.left_at IS NULL
  AND m.subject_id IN (SELECT c.id {subjects} AND NOT {IN})"""
    outside = f"NOT EXISTS (SELECT 1 FROM membership m WHERE {OPEN})"
    entering = f"""INSERT INTO membership (rule, subject_type, subject_id, episode, entered_at)
SELECT CAST(:rule AS VARCHAR), CAST(:subject AS VARCHAR), c.id, 1 + coalesce((SELECT max(m.episode) FROM membership m
  WHERE {MINE} AND m.subject_id = c.id), 0), :now {subjects} AND {IN} AND {outside}"""
    return leaving, entering
