"""The text part of an MJML email: what its HTML says, in plain text."""

from __future__ import annotations

import re

import inscriptis
from inscriptis.model.config import ParserConfig

from engine.rendering.marks import Marks
from engine.rendering.page import BODY_ENDS, BODY_STARTS

_CONFIG = ParserConfig(display_links=True)
_LINK = re.compile(r"\[(?P<label>[^\]]*)\]\((?P<address>[^)\s]*)\)")
_BLANKS = re.compile(r"[ \t]*\n(?:[ \t]*\n)+")


def text_of(document: str, marks: Marks) -> str:
    """Return marked HTML's body as marked text; links read `label: address`."""
    body = document.partition("<body")[2]
    if BODY_STARTS in body:
        body = body.partition(f"<!--{BODY_STARTS}-->")[2].partition(f"<!--{BODY_ENDS}-->")[0]
    else:
        body = "<body" + re.sub(r"<div style=\"display:none.*?</div>", "", body, count=1, flags=re.DOTALL)
    visible = _visible(body, marks.statements.pattern)
    visible = re.sub(r"<!--.*?-->", "", visible, flags=re.DOTALL)
    text = inscriptis.get_text(f"<html><body>{visible}</body></html>", _CONFIG)
    lines = "\n".join(line.strip() for line in _LINK.sub(_written, text).split("\n"))
    return _BLANKS.sub("\n\n", lines).strip("\n")


def _visible(body: str, statements: str) -> str:
    """Return HTML in which statements are words; between rows and cells they are rows and cells of their own.

    Bare words there would be moved before the table.
    """
    comments = rf"(?:<!--{statements}-->\s*)+"
    body = re.sub(rf"(</tr>\s*|<t(?:able|body)[^>]*>\s*)({comments})", r"\1<tr><td>\2</td></tr>", body)
    body = re.sub(rf"(</td>\s*|<tr[^>]*>\s*)({comments})(?=<td|</tr)", r"\1<td>\2</td>", body)
    return re.sub(rf"<!--({statements})-->", r"\1", body)


def _written(match: re.Match[str]) -> str:
    label, address = match["label"].strip(), match["address"]
    return address if label in {"", address} else f"{label}: {address}"
