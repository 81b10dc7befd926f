"""What is not wrong but could be better, and what files lack of one another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.errors import Problem
from engine.rendering.codes import CODES
from engine.rendering.definitions import ROOT, Definitions
from engine.rendering.emails import Email
from engine.rendering.places import Place
from engine.rendering.raw_html import raw_html

LARGEST_STYLE = 8 * 1024
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
_PREHEADER = re.compile(r"\{\{\s*preheader\s*\}\}")


def lints(definitions: Definitions, emails: Sequence[Email], default: str) -> Iterator[Problem]:
    """Yield what could be better about the files of a workspace, taken together."""
    yield from _untranslated(definitions, default)
    yield from _preheaders(definitions, emails)
    yield from _without_original(emails, default)
    yield from raw_html(emails)


def _untranslated(definitions: Definitions, default: str) -> Iterator[Problem]:
    base = definitions.words.get(default, {})
    for language, words in definitions.words.items():
        place = Place(path=f"{ROOT}words/{language}.yaml")
        near: Mapping[str, object] = definitions.words.get(language.partition("-")[0], {})
        for name in base.keys() - words.keys() - near.keys():
            yield CODES["T801"].at(place, name=name, language=language, default=default)


def _preheaders(definitions: Definitions, emails: Iterable[Email]) -> Iterator[Problem]:
    for email in emails:
        if not email.has_preheader:
            yield CODES["T804"].at(email.place)
    for layout in definitions.layouts.values():
        if not _PREHEADER.search(layout.source.text, layout.start):
            yield CODES["T805"].at(layout.place)


def _without_original(emails: Sequence[Email], default: str) -> Iterator[Problem]:
    originals = {email.template for email in emails if email.language == default}
    for email in emails:
        if email.template not in originals:
            yield CODES["T109"].at(email.place, what=email.template)


def large_styles(document: str, place: Place) -> Iterator[Problem]:
    """Yield a problem for each style block that Gmail would drop."""
    for match in _STYLE.finditer(document):
        size = len(match[1].encode())
        if size > LARGEST_STYLE:
            yield CODES["T604"].at(place, size=-(-size // 1024))
