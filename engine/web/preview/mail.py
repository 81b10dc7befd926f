"""A mail's HTML as a program would show it that is set to light or to dark.

A page cannot tell a frame which colours are preferred, so what asks for them is answered here.
"""

from __future__ import annotations

import re
from typing import Literal

Scheme = Literal["light", "dark"]
_ASKED = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_META = re.compile(r"<meta\b[^>]*\bname=[\"']?(?:supported-)?color-schemes?[\"']?[^>]*>", re.IGNORECASE)
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_ALWAYS, _NEVER = "(min-width: 0px)", "(max-width: 0px)"


def as_shown(html: str, scheme: Scheme) -> str:
    """Return the HTML with its questions about colours answered; its links lead nowhere, least of all in the frame."""
    answered = _ASKED.sub(lambda asked: _ALWAYS if asked[1].lower() == scheme else _NEVER, _META.sub("", html))
    told = f'<meta name="color-scheme" content="{scheme}"><base target="_blank">'
    if _HEAD.search(answered):
        return _HEAD.sub(lambda head: head[0] + told, answered, count=1)
    return f"<!doctype html><head>{told}</head>{answered}"
