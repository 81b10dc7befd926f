"""What conditions compare facts with: words of a rule made into values of the fact's type."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

from babel.numbers import get_currency_precision, is_currency

from engine.errors import did_you_mean
from engine.facts import Fact, FactType
from engine.rules.language.names import known_zone
from engine.rules.language.reading import Reading
from engine.rules.model import Operand
from engine.yaml_text import Node, Scalar

MINOR_DIGITS = 2
NUMBER_PATTERN = r"-?[0-9]{1,15}(\.[0-9]{1,6})?"
AMOUNT_PATTERN = r"(?P<amount>-?[0-9]{1,15}(\.[0-9]{1,4})?)( (?P<currency>[A-Z]{3}))?"
DAY_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
INSTANT_PATTERN = DAY_PATTERN + r"([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
EXPECTED = {
    FactType.TEXT: "a text",
    FactType.URL: "a text",
    FactType.NUMBER: "a number such as 3 or 2.5",
    FactType.MONEY: "an amount such as 49, 49.90 or 49.90 EUR",
    FactType.BOOLEAN: "true or false",
    FactType.DATE: "a day such as 2026-03-01",
    FactType.TIME: "a day or an instant such as 2026-03-01 or 2026-03-01 09:00",
}


def operand(fact: Fact, node: Node, reading: Reading) -> Operand | None:
    """Return the value at a node in the fact's type; a `time` may be a bare day, which the operators resolve."""
    scalar = reading.scalar(node, EXPECTED[fact.type])
    if scalar is None:
        return None
    value = _READ[fact.type](scalar, reading)
    if value is None:
        hint = "" if scalar.text.strip() else f"write `missing: {fact.path}` as the condition"
        value_ = scalar.text or "''"
        reading.refuse("E403", node, value=value_, expected=EXPECTED[fact.type], fact=fact.path, hint=hint)
    elif fact.name == "time_zone" and not known_zone(str(value)):
        hint = did_you_mean(str(value), available_timezones()) or "such as Europe/Stockholm"
        return reading.refuse("E306", node, name=value, hint=hint)
    return value


def currency_of(node: Node) -> str | None:
    """Return the currency that stands behind an amount, as in `49.90 EUR`."""
    match = re.fullmatch(AMOUNT_PATTERN, node.text) if isinstance(node, Scalar) else None
    return match["currency"] if match else None


def _text(scalar: Scalar, _reading: Reading) -> str | None:
    return scalar.text if scalar.text.strip() else None


def number_of(text: str) -> int | float | None:
    """Return the number that a text is, whole where it can be."""
    if not re.fullmatch(NUMBER_PATTERN, text):
        return None
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else float(value)


def _number(scalar: Scalar, _reading: Reading) -> int | float | None:
    return number_of(scalar.text)


def _money(scalar: Scalar, _reading: Reading) -> int | None:
    match = re.fullmatch(AMOUNT_PATTERN, scalar.text)
    if not match or (match["currency"] and not is_currency(match["currency"])):
        return None
    digits = get_currency_precision(match["currency"]) if match["currency"] else MINOR_DIGITS
    minor = Decimal(match["amount"]).scaleb(digits)
    return int(minor) if minor == minor.to_integral_value() else None


def _boolean(scalar: Scalar, _reading: Reading) -> bool | None:
    return {"true": True, "yes": True, "false": False, "no": False}.get(scalar.text.casefold())


def _date(scalar: Scalar, _reading: Reading) -> date | None:
    try:
        return date.fromisoformat(scalar.text) if re.fullmatch(DAY_PATTERN, scalar.text) else None
    except ValueError:
        return None


def _time(scalar: Scalar, reading: Reading) -> date | datetime | None:
    if re.fullmatch(DAY_PATTERN, scalar.text):
        return _date(scalar, reading)
    if not re.fullmatch(INSTANT_PATTERN, scalar.text):
        return None
    try:
        at = datetime.fromisoformat(scalar.text)
        return instant_of(at, reading.vocabulary.zone) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def instant_of(local: datetime, zone: str) -> datetime:
    """Return the UTC instant of a local time of the workspace's zone; raises OverflowError at the ends of time."""
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


_READ: dict[FactType, Callable[[Scalar, Reading], Operand | None]] = {
    FactType.TEXT: _text,
    FactType.URL: _text,
    FactType.NUMBER: _number,
    FactType.MONEY: _money,
    FactType.BOOLEAN: _boolean,
    FactType.DATE: _date,
    FactType.TIME: _time,
}
