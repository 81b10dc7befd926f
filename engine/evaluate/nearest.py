"""The moment of one subject that lies nearest: what a mail is shown with before anybody gets it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.clock import to_micros
from engine.evaluate.outlook import HORIZONS
from engine.evaluate.question import LOOK_BACK
from engine.rules.compiler import Program, zones_in_use
from engine.rules.model import Send
from engine.rules.sql.candidates import these
from engine.rules.sql.windows import Window, offset_code


def nearest(
    connection: sa.Connection, program: Program, subject_id: str, send: Send, now: datetime
) -> Mapping[str, Any] | None:
    """Return a subject's next moment of one offset, else its last one, as a row of `outlook`; None without any.

    Instants in it are microseconds. Conditions are not asked, and what was decided is not left out.
    """
    at, count = to_micros(now), len(program.codes)
    window = Window(now=at, after=(at - LOOK_BACK,) * count, until=(at + HORIZONS[-1],) * count, late=0)
    given = program.window_parameters(window, zones=zones_in_use(connection, program.zone), stands_for={})
    found = program.run("outlook", connection, {**given, **these([subject_id])}).mappings()
    mine = [dict(row) for row in found if row["code"] == offset_code(send.offset)]
    coming = [row for row in mine if row["due"] > at]
    if coming:
        return min(coming, key=lambda row: int(row["due"]))
    return max(mine, key=lambda row: int(row["due"]), default=None)
