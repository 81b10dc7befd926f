"""Lint of HTML tags in Markdown, which readers would see as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from engine.errors import Problem
from engine.rendering.codes import CODES
from engine.rendering.emails import Email

_JINJA = r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}"
_CODE = r"^(`{3,}|~{3,}).*?^\1|(`+)(?!`).*?(?<!`)\2(?!`)"
_SKIPPED = re.compile(f"{_JINJA}|{_CODE}", re.DOTALL | re.MULTILINE)
"""What is no Markdown: Jinja, blocks of code and code in a line."""
_TAG = re.compile(r"(?<!\\)<(?:/?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>\n]*)?/?|!--[^\n]*?--)>")


def raw_html(emails: Iterable[Email]) -> Iterator[Problem]:
    """Yield the first tag of each line of a Markdown body."""
    for email in emails:
        if email.form == "md":
            yield from _tags(email)


def _tags(email: Email) -> Iterator[Problem]:
    text = email.source.text
    body = _SKIPPED.sub(_blank, text[email.start :])
    lines: set[int] = set()
    for match in _TAG.finditer(body):
        place = email.source.place(email.start + match.start())
        if place.line not in lines:
            lines.add(place.line)
            yield CODES["T806"].at(place, tag=match[0])


def _blank(match: re.Match[str]) -> str:
    """Return a stretch as blanks, so that places stay what they are."""
    return re.sub(r"[^\n]", " ", match[0])
