"""Values at the border: each parser turns what a file says into what is stored, or says in a few words why not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from engine.clock import to_micros
from engine.hashing import address_hash
from engine.zones import NOT_A_ZONE, zone_names

ID_LIMIT = 200
TEXT_LIMIT = 10_000
BIGGEST = 2**53
FIRST_YEAR, LAST_YEAR = 1900, 2999

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WHOLE = re.compile(r"([+-]?[0-9]+)(?:\.0*)?")
_NUMERAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?")
_TRUE = frozenset({"true", "t", "yes", "y", "1", "on"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "off"})
_FALLBACK_ZONE = "UTC"


class BadValue(ValueError):  # noqa: N818 (said of a value, not of the program)
    """A value that cannot be taken; its text is the reason, as the rejects file shows it."""


@dataclass(frozen=True, kw_only=True)
class Border:
    """What parsers must know: the zone of bare times, the currency of bare sums, what to do with address-like ids."""

    zone: str = _FALLBACK_ZONE
    currency: str | None = None
    hash_addresses: bool = False
    secret: str = ""


Raw = str | int | float | bool | list[Any] | dict[str, Any]
Value = str | int | float | bool
Parser = Callable[[Raw, Border], Value]


def text(raw: Raw, _border: Border | None = None, *, limit: int = TEXT_LIMIT) -> str:
    """Return a text without outer blanks; numbers and booleans are written out."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if not isinstance(raw, str | int | float):
        raise BadValue("is a list or an object where a text belongs")
    said = str(raw).strip()
    if "\0" in said:
        raise BadValue("contains a NUL character")
    if len(said) > limit:
        raise BadValue(f"is longer than {limit:,} characters")
    if not said.isascii():
        _encodable(said)
    return said


def _encodable(said: str) -> None:
    try:
        said.encode()
    except UnicodeEncodeError:
        raise BadValue("is not UTF-8 text") from None


def word(raw: Raw, border: Border | None = None) -> str:
    """Return a short text without line breaks or other control characters: ids, names of events, roles."""
    said = text(raw, border, limit=ID_LIMIT)
    if _CONTROL.search(said):
        raise BadValue("contains a control character")
    if not said:
        raise BadValue("is empty")
    return said


def identifier(raw: Raw, border: Border) -> str:
    """Return the id of a customer or account; one that looks like an address is refused or hashed, as settings say."""
    said = word(raw)
    if not _ADDRESS.fullmatch(said):
        return said
    if border.hash_addresses:
        return address_hash(said, border.secret)
    raise BadValue("looks like an address; give an id that is not personal, or have it hashed with --hash-addresses")


def email(raw: Raw, _border: Border | None = None) -> str:
    """Return an address as it is written in a header; the domain is not looked up."""
    from email_validator import EmailNotValidError, validate_email

    said = text(raw, limit=ID_LIMIT * 2)
    try:
        valid = validate_email(said, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise BadValue(f"is not an email address: {str(error).rstrip('.')}") from None
    return valid.normalized


def zone(raw: Raw, _border: Border | None = None) -> str:
    """Return the name of a time zone of the IANA list, in its own spelling."""
    found = zone_names().get(text(raw).casefold())
    if found is None:
        raise BadValue(NOT_A_ZONE)
    return found


@lru_cache(maxsize=1024)
def _locale(said: str) -> str | None:
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(said.replace("-", "_"))).replace("_", "-")
    except (ValueError, UnknownLocaleError):
        return None


def locale(raw: Raw, _border: Border | None = None) -> str:
    """Return a language tag, `sv` or `en-GB`."""
    found = _locale(text(raw))
    if found is None:
        raise BadValue("is not a language such as sv or en-GB")
    return found


def currency(raw: Raw, _border: Border | None = None) -> str:
    """Return the ISO 4217 code of a currency, in capitals."""
    said = text(raw).upper()
    if said not in _currencies():
        raise BadValue("is not an ISO 4217 currency such as EUR")
    return said


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    from babel.numbers import list_currencies

    return frozenset(list_currencies())


@lru_cache(maxsize=65536)
def _moment(said: str, zone_name: str) -> int:
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise BadValue("is not a time such as 2026-03-15T09:30:00Z, 2026-03-15 09:30 or 2026-03-15") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise BadValue(f"is not between {FIRST_YEAR} and {LAST_YEAR}")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone_name))
    return to_micros(moment)


def moment(raw: Raw, border: Border) -> int:
    """Return an instant in microseconds UTC; without an offset it is local time of the zone, a date alone midnight."""
    return _moment(_dated(raw), border.zone)


def _dated(raw: Raw) -> str:
    if not isinstance(raw, str):
        raise BadValue("is not a time written as text; numbers are not taken, their unit would be a guess")
    return raw.strip()


@lru_cache(maxsize=65536)
def _day(said: str) -> date:
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        raise BadValue("is not a date such as 2026-03-15") from None
    if found.time() != time() or (found.tzinfo and found.utcoffset()):
        raise BadValue("is a time where a date such as 2026-03-15 belongs")
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise BadValue(f"is not between {FIRST_YEAR} and {LAST_YEAR}")
    return found.date()


def day(raw: Raw, _border: Border | None = None) -> str:
    """Return a calendar day as ISO text; midnight written out is taken for its day."""
    return _day(_dated(raw)).isoformat()


def number(raw: Raw, _border: Border | None = None) -> int | float:
    """Return a number with a decimal point and without separators of thousands."""
    found = _decimal(raw)
    return int(found) if found == found.to_integral_value() else float(found)


def _decimal(raw: Raw) -> Decimal:
    if isinstance(raw, bool):
        raise BadValue("is true or false where a number belongs")
    said = text(raw)
    if not _NUMERAL.fullmatch(said):
        raise BadValue("is not a number such as 1200 or 12.5 (a decimal point, no separators)")
    found = Decimal(said)
    if abs(found) > BIGGEST:
        raise BadValue("is not a number the engine can hold")
    return found


def whole(raw: Raw, _border: Border | None = None) -> int:
    """Return a whole number; `12.0` is one."""
    found = _WHOLE.fullmatch(text(raw))
    if found is None or isinstance(raw, bool):
        raise BadValue("is not a whole number such as 12")
    return int(_decimal(found[1]))


def money(raw: Raw, border: Border) -> int:
    """Return a sum in minor units of the border's currency: `12.00` is 1200 in EUR and refused in JPY."""
    from babel.numbers import get_currency_precision

    if border.currency is None:
        raise BadValue("needs a currency: add a column `currency`, say --currency, or give minor units as NAME_minor")
    found = _decimal(raw).scaleb(get_currency_precision(border.currency))
    if found != found.to_integral_value():
        raise BadValue(f"has more decimals than {border.currency}")
    return int(found)


def boolean(raw: Raw, _border: Border | None = None) -> bool:
    """Return true or false; yes and no, t and f, 1 and 0, on and off are read so too."""
    said = text(raw).casefold()
    if said not in _TRUE | _FALSE:
        raise BadValue("is not true or false")
    return said in _TRUE


def answer(raw: Raw, _border: Border | None = None) -> bool:
    """Return a yes as true and a no as false; whatever is read as true or false is read so, too."""
    try:
        return boolean(raw)
    except BadValue:
        raise BadValue("is neither yes nor no") from None


def url(raw: Raw, _border: Border | None = None) -> str:
    """Return a web address that begins with http:// or https://."""
    said = text(raw)
    if not re.match(r"https?://[^\s/]+", said, re.IGNORECASE) or re.search(r"\s", said):
        raise BadValue("is not a web address that begins with http:// or https://")
    return said
