"""Marked plain text made into a flat template; addresses in it get the same treatment as in HTML."""

from __future__ import annotations

import re

from engine.errors import Problem
from engine.rendering.addresses import address_pieces
from engine.rendering.flat import Flat, FlatWriter
from engine.rendering.links import Tracking
from engine.rendering.marks import Marks
from engine.rendering.pieces import Code

_URL = re.compile(r"https?://[^\s<>\"')\]]+")


def flatten_text(text: str, marks: Marks, tracking: Tracking, problems: list[Problem]) -> Flat:
    """Return the flat template of a marked text."""
    out = FlatWriter()
    position = 0
    for match in _URL.finditer(text):
        _plain(text[position : match.start()], marks, out)
        url, dot = _without_stop(match[0])
        for piece in address_pieces(url, marks, tracking, problems):
            out.code(piece) if isinstance(piece, Code) else out.text(piece.text)
        out.text(dot)
        position = match.end()
    _plain(text[position:], marks, out)
    return out.done()


def flatten_line(text: str, marks: Marks) -> Flat:
    """Return the flat template of a subject or preheader."""
    out = FlatWriter()
    _plain(text, marks, out)
    return out.done()


def _without_stop(url: str) -> tuple[str, str]:
    bare = url.rstrip(".,;:!?")
    return bare, url[len(bare) :]


def _plain(text: str, marks: Marks, out: FlatWriter) -> None:
    for part in marks.split(text):
        if isinstance(part, str):
            out.text(part)
        elif isinstance(part, Code):
            out.code(part)
