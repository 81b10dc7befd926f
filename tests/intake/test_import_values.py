"""Values at the border: what is taken and as what, and what is refused with which reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import values as v
from engine.intake import properties
from engine.intake.cards import card_end

EUR = v.Border(currency="EUR", zone="Europe/Stockholm")

TAKEN: list[tuple[v.Parser, Any, Any]] = [
    (v.text, "  a b ", "a b"),
    (v.text, 12, "12"),
    (v.text, True, "true"),
    (v.word, "Report Shared", "Report Shared"),
    (v.identifier, 42, "42"),
    (v.identifier, "a@b", "a@b"),
    (v.email, " Ana.Lind@EXAMPLE.com ", "Ana.Lind@example.com"),
    (v.email, "å@exämple.test", "å@exämple.test"),
    (v.zone, "america/ARGENTINA/Buenos_Aires", "America/Argentina/Buenos_Aires"),
    (v.locale, "pt_br", "pt-BR"),
    (v.locale, "zh-Hant-TW", "zh-Hant-TW"),
    (v.currency, "sek", "SEK"),
    (v.moment, "1970-01-01T00:00:01Z", 1_000_000),
    (v.moment, "1970-01-01 02:00:00.000001+02", 1),
    (v.moment, "1970-01-01", -3_600_000_000),
    (v.moment, "1970-01-01 01:00", 0),
    (v.day, "2026-03-15", "2026-03-15"),
    (v.day, "20260315", "2026-03-15"),
    (v.day, "2026-03-15 00:00:00", "2026-03-15"),
    (v.day, "2026-03-15T00:00:00Z", "2026-03-15"),
    (v.number, "-12.50", -12.5),
    (v.number, "1e3", 1000),
    (v.number, 0.1, 0.1),
    (v.whole, "12.0", 12),
    (v.whole, 12, 12),
    (v.money, "12.00", 1200),
    (v.money, 12.1, 1210),
    (v.money, "-0.01", -1),
    (v.boolean, "No", False),
    (v.boolean, 1, True),
    (v.url, "HTTPS://a.test/x", "HTTPS://a.test/x"),
    (card_end, "12 / 27", "2027-12-31"),
]
REFUSED: list[tuple[v.Parser, Any, str]] = [
    (v.text, "a\0b", "NUL"),
    (v.text, "x" * 10_001, "longer than 10,000"),
    (v.text, "\ud800", "not UTF-8"),
    (v.text, ["a"], "list or an object"),
    (v.word, "a\nb", "control character"),
    (v.word, "x" * 201, "longer than 200"),
    (v.identifier, "ana@example.com", "looks like an address"),
    (v.email, "ana@", "not an email address"),
    (v.email, "ana@localhost", "not an email address"),
    (v.zone, "CET+1", "not a time zone"),
    (v.zone, "localtime", "not a time zone"),
    (v.zone, "Factory", "not a time zone"),
    (v.zone, "posixrules", "not a time zone"),
    (v.zone, "posix/Europe/Stockholm", "not a time zone"),
    (v.zone, "right/Europe/Stockholm", "not a time zone"),
    (v.locale, "xx-YY", "not a language"),
    (v.currency, "EURO", "ISO 4217"),
    (v.moment, "yesterday", "not a time such as"),
    (v.moment, "0001-01-01", "not between 1900 and 2999"),
    (v.moment, "9999-12-31T23:59:59-12:00", "not between 1900 and 2999"),
    (v.moment, 1_700_000_000, "their unit would be a guess"),
    (v.day, "2026-02-30", "not a date"),
    (v.day, "2026-03-15T10:00", "is a time where a date"),
    (v.day, "3000-01-01", "not between"),
    (v.number, "1,200", "no separators"),
    (v.number, "NaN", "not a number such as"),
    (v.number, "1e300", "can hold"),
    (v.number, True, "true or false where a number"),
    (v.whole, "12.5", "whole number"),
    (v.money, "12.005", "more decimals than EUR"),
    (v.money, "€12", "not a number"),
    (v.boolean, "maybe", "not true or false"),
    (v.url, "javascript:alert(1)", "http://"),
    (card_end, "13/26", "no month"),
    (card_end, "March", "not a card's expiry"),
]


def label(value: object) -> str:
    """A test's name for a value."""
    return getattr(value, "__name__", repr(value)[:20])


@pytest.mark.parametrize(("parse", "raw", "stored"), TAKEN, ids=label)
def test_values_are_taken(parse: v.Parser, raw: v.Raw, stored: v.Value) -> None:
    """What people and programs write is understood, in one stored form."""
    found = parse(raw, EUR)
    assert found == stored
    assert type(found) is type(stored)


@pytest.mark.parametrize(("parse", "raw", "reason"), REFUSED, ids=label)
def test_values_are_refused_with_a_reason(parse: v.Parser, raw: v.Raw, reason: str) -> None:
    """What cannot be is refused, and the reason says what would be right."""
    with pytest.raises(v.BadValue, match=reason):
        parse(raw, EUR)


def test_a_sum_needs_a_currency() -> None:
    """Without one its minor units would be a guess."""
    with pytest.raises(v.BadValue, match="needs a currency"):
        v.money("12", v.Border())


PROPERTIES = [
    ("12", 12, 12),
    ("12.00", 12, 12),
    ("11.77", 11.77, 11.77),
    ("-0.5", -0.5, -0.5),
    ("0", 0, 0),
    ("00012", "00012", "00012"),
    ("1e3", "1e3", "1e3"),
    ("+46701234567", "+46701234567", "+46701234567"),
    ("1234567890123456", "1234567890123456", "1234567890123456"),
    ("True", True, True),
    (" Straße ", "Straße", "strasse"),
    ("nan", "nan", "nan"),
]


@pytest.mark.parametrize(("raw", "value", "key"), PROPERTIES)
def test_a_property_of_csv_is_what_it_looks_like(raw: str, value: object, key: object) -> None:
    """Numbers and booleans are recognised, numbers with leading zeros or too many digits stay texts."""
    values, keys = properties.as_json([properties.from_csv("p", raw)])
    assert (json.loads(values), json.loads(keys)) == ({"p": value}, {"p": key})


def test_properties_of_jsonl_keep_their_types_and_nesting() -> None:
    """A text of digits stays a text; lists and objects are kept, and rules cannot compare them."""
    given: dict[str, v.Raw] = {"text": "12", "list": [1, {"a": "B"}], "whole": 2.0, "flag": False}
    values, keys = properties.as_json([properties.from_json(name, raw) for name, raw in given.items()])
    assert json.loads(values) == given
    assert json.loads(keys) == {"text": "12", "whole": 2, "flag": False}


@pytest.mark.parametrize("raw", [["a\0"], {"a": float("inf")}, [[[[[[[[[[1]]]]]]]]]], "\udcff"], ids=label)
def test_properties_that_no_database_takes_are_refused(raw: Any) -> None:  # noqa: ANN401 (any JSON)
    """NUL, infinity, deep nesting and broken text are found wherever they are."""
    with pytest.raises(v.BadValue):
        properties.from_json("p", raw)


def test_properties_have_a_size() -> None:
    """A row of more than 65,536 characters is refused as a whole."""
    many = [properties.from_csv(f"p{n}", "x" * 9_000) for n in range(8)]
    with pytest.raises(v.BadValue, match="65,536"):
        properties.as_json(many)


def test_a_property_is_said_once() -> None:
    """Of two columns that come to one name databases would keep another one each."""
    with pytest.raises(v.BadValue, match="`p` is said twice"):
        properties.as_json([properties.from_json("p", 1), properties.from_json("p", 2)])
