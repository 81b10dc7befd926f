"""From when on the moments that are everybody's concern somebody who came later."""

from __future__ import annotations

import sqlalchemy as sa

from engine.clock import span, to_micros
from engine.rules.compiler import Program
from engine.rules.sql.stored import NEVER, TABLES


def theirs_from(connection: sa.Connection, program: Program, subject_id: str) -> int:
    """Return the instant before which a rule's moments were none of a subject's, in microseconds.

    A moment that is everybody's must still have been open when the subject became known; others stand on its facts.
    """
    if not program.rule.for_everybody:
        return NEVER
    row = TABLES[program.rule.subject].c
    created = connection.execute(sa.select(row.created_at).where(row.id == subject_id)).scalar()
    return NEVER if created is None else to_micros(created) - span(program.rule.open_for)
