"""Marked MJML compiled to marked HTML, with every mark that went in."""

from __future__ import annotations

import re

import mrml

from engine.errors import Problem
from engine.rendering.codes import CODES
from engine.rendering.marks import Marks
from engine.rendering.pieces import Code
from engine.rendering.places import Place

_LARGEST = 2_000_000
_OPTIONS = mrml.RenderOptions(fonts={})


def to_html(mjml: str, marks: Marks, place: Place, problems: list[Problem]) -> str | None:
    """Return a whole mail as HTML, its CSS inlined; a value that MJML loses is a problem where it was written."""
    if len(mjml) > _LARGEST:
        problems.append(CODES["T506"].at(place, what="it is larger than 2 MB"))
        return None
    try:
        document: str = mrml.to_html(mjml, None, _OPTIONS).content
    except OSError as error:
        problems.append(CODES["T506"].at(place, what=str(error)))
        return None
    problems.extend(CODES["T507"].at(code.place) for code in _lost(mjml, document, marks))
    return _into_rows(document, marks)


def _lost(before: str, after: str, marks: Marks) -> list[Code]:
    there = {match[0] for match in marks.pattern.finditer(after)}
    gone = [marks.get(match) for match in marks.pattern.finditer(before) if match[0] not in there]
    return [code for code in gone if isinstance(code, Code)]


def _into_rows(document: str, marks: Marks) -> str:
    """Move statements that HTML put before a table's body into it, where their ends stand."""
    return re.sub(rf"((?:<!--{marks.statements.pattern}-->\s*)+)(<tbody[^>]*>)", r"\2\1", document)
