"""Addresses with marks in them: what is put in is percent-encoded, and links of ours get their UTM parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from engine.errors import Problem
from engine.rendering.codes import CODES
from engine.rendering.links import Tracking
from engine.rendering.marks import Marks
from engine.rendering.pieces import Code, Constant, Piece

_SCHEME = re.compile(r"(https?://[^/?#]|mailto:|tel:|#)", re.IGNORECASE)


def address_pieces(url: str, marks: Marks, tracking: Tracking | None, problems: list[Problem]) -> Iterator[Piece]:
    """Yield a marked address as pieces; without `tracking` (a picture) nothing is added to it."""
    prints = [code for code in marks.codes(url) if code.kind == "print"]
    first = next(marks.split(url), "")
    if isinstance(first, Code) and first.kind == "print":
        ours = tracking is not None and not first.code.startswith("links.")
        whole = ours and marks.pattern.fullmatch(url) is not None
        yield replace(first, role="link" if whole else "address")
        url = url[marks.pattern.search(url).end() :]  # type: ignore[union-attr]
    elif not isinstance(first, Code) and not _SCHEME.match(str(first)):
        problems.extend(CODES["T409"].at(code.place) for code in prints)
    else:
        url = tracking.tagged(url) if tracking is not None else url
    for part in marks.split(url):
        if isinstance(part, Code):
            yield replace(part, role="encode") if part.kind == "print" else part
        elif isinstance(part, str):
            yield Constant(text=part)
