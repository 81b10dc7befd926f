"""Whom a statement asks about: some subjects by their ids, or all whose ids lie in a range."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from engine.rules.model import Subject
from engine.rules.sql.dialects import TEXT, Column, Speech, parameter
from engine.rules.sql.stored import TABLES

Whose = Mapping[str, str]
"""Whom a statement asks about, as its parameters: which there are decides how it is written."""
IDS = "ids"
ABOVE, UP_TO = "above_id", "up_to_id"


def these(ids: Iterable[str]) -> Whose:
    """Return some subjects by their ids."""
    return {IDS: ids_text(ids)}


def between(above: str, up_to: str) -> Whose:
    """Return all subjects whose ids come after the one and up to the other."""
    return {ABOVE: above, UP_TO: up_to}


def ids_text(ids: Iterable[str]) -> str:
    """Return ids as a parameter that holds texts."""
    return json.dumps(list(ids))


def candidates(speech: Speech, subject: Subject, *, ranged: bool) -> sa.Subquery:
    """Return those who are asked about: some by the column `id`; of a range the rows themselves."""
    if not ranged:
        return speech.texts(IDS).subquery("candidates")
    row = TABLES[subject].alias()
    return sa.select(*row.c).where(in_range(row.c.id)).subquery("candidates")


def in_range(id_: Column) -> sa.ColumnElement[bool]:
    """Return whether an id lies in the range that is asked about."""
    return sa.and_(id_ > parameter(ABOVE, TEXT), id_ <= parameter(UP_TO, TEXT))
