"""The reader's language and region: which variant is sent, and how numbers and dates are written in it."""

from __future__ import annotations

import re
from datetime import UTC, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError

_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?")


def is_language(tag: str) -> bool:
    """Tell whether a tag such as `sv`, `pt-BR` or `zh-Hant-TW` names a language that Babel knows."""
    return _TAG.fullmatch(tag) is not None and _parsed(tag) is not None


@lru_cache(maxsize=1024)
def fallbacks(tag: str, default: str) -> tuple[str, ...]:
    """Return the tags to look for, nearest first: `sv-SE`, `sv`, the default."""
    parts = canonical(tag).split("-") if tag else []
    return (*("-".join(parts[:length]) for length in range(len(parts), 0, -1)), default)


@lru_cache(maxsize=1024)
def canonical(tag: str) -> str:
    """Return a tag in its usual spelling: `sv_se` becomes `sv-SE`."""
    parts = tag.strip().replace("_", "-").split("-")
    rest = (part.title() if len(part) == len("Hant") else part.upper() for part in parts[1:])
    return "-".join((parts[0].lower(), *rest))


@lru_cache(maxsize=1024)
def reader_locale(reader: str, written: str) -> Locale:
    """Return the locale for dates and money: the reader's own where it is of the language the email is written in."""
    own = _parsed(canonical(reader)) if reader else None
    base = _parsed(written)
    assert base is not None
    return own if own is not None and own.language == base.language else base


@lru_cache(maxsize=1024)
def _parsed(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return None


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo:
    """Return an IANA zone, and UTC for a name that is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC
