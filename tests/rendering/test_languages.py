"""The reader's language: variants, words, and how money, dates and plurals are written."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from rendering.workshop import BRAND, email, library, render, workspace

from engine.rendering.formats import DATE_STYLES

FILES = workspace(mail_md=email("Hello", subject="Hello")) | {
    "templates/mail.sv.md": email("Hej", subject="Hej"),
    "templates/mail.pt-BR.md": email("Oi", subject="Oi"),
}


@pytest.mark.parametrize(
    ("reader", "language"),
    [
        ("en", "en"), ("en-GB", "en"), ("sv", "sv"), ("sv-SE", "sv"), ("sv_se", "sv"), ("pt-BR", "pt-BR"),
        ("pt_br", "pt-BR"), ("pt", "en"), ("pt-PT", "en"), ("de", "en"), ("", "en"), ("nonsense", "en"),
        ("zh-Hant-TW", "en"),
    ],
)  # fmt: skip
def test_variants(reader: str, language: str) -> None:
    """A reader gets the nearest variant: of the region, else the language, else the brand's."""
    mail = library(FILES).render("mail", reader, {})
    assert mail.language == language
    assert mail.subject == {"en": "Hello", "sv": "Hej", "pt-BR": "Oi"}[language]
    assert f'lang="{language}"' in mail.html


def test_a_mail_never_mixes_languages() -> None:
    """Words of layouts and parts are those of the variant, not of the reader; what they lack is the brand's."""
    mails = library(FILES)
    assert "Du använder Tide & Pool." in mails.render("mail", "sv-SE", {}).text
    assert "You use Tide & Pool." in mails.render("mail", "pt-BR", {}).text
    assert "You use Tide & Pool." in mails.render("mail", "de", {}).text


def test_the_brand_may_write_in_another_language() -> None:
    """An email without a language in its name is in the brand's."""
    files = workspace(mail_md=email("Hej"), brand_yaml=BRAND.replace("language: en", "language: sv"))
    mail = library(files).render("mail", "en", {})
    assert mail.language == "sv"
    assert "Du använder" in mail.text


A = {"amount": 123450, "currency": "EUR", "seats": 1234, "renews_on": date(2026, 3, 5)}
FORMATS = [
    ("{{ account.amount | money }}", "en", "€1,234.50"),
    ("{{ account.amount | money }}", "sv-SE", "1 234,50 €"),
    ("{{ account.amount | money('SEK') }}", "sv", "1 234,50 kr"),
    ("{{ account.amount | money('JPY') }}", "en", "¥123,450"),
    ("{{ (account.amount - 50) | money(cents=false) }}", "en", "€1,234"),
    ("{{ account.amount | money(cents=false) }}", "en", "€1,234.50"),
    ("{{ (account.amount / 12) | money }}", "en", "€102.88"),
    ("{{ account.seats | number }}", "sv", "1 234"),
    ("{{ 25 | percent }}", "en", "25%"),
    ("{{ 12.5 | percent }}", "sv", "12 %"),
    ("{{ account.renews_on | date }}", "en", "March 5, 2026"),
    ("{{ account.renews_on | date }}", "en-GB", "5 March 2026"),
    ("{{ account.renews_on | date }}", "sv", "5 mars 2026"),
    ("{{ account.renews_on | date }}", "de", "March 5, 2026"),
    ("{{ account.renews_on | date('day') }}", "en-GB", "5 March"),
    ("{{ account.renews_on | date('month') }}", "sv", "mars 2026"),
    ("{{ account.renews_on | date('weekday') }}", "sv", "torsdag"),
    ("{{ days_left | plural('day', 'days') }}", "en", "2 days"),
    ("{{ (days_left - 1) | plural('day', 'days') }}", "en", "1 day"),
    ("{{ (days_left - 2) | plural('day', 'days') }}", "en", "0 days"),
    ("{{ account.seats | plural('seat', 'seats') }}", "en", "1,234 seats"),
    ("{{ days_left | plural('one day', 'in # days', number=false) }}", "en", "in # days"),
    ("{{ days_left | plural('one day', 'in # days') }}", "en", "in 2 days"),
    ("{{ days_left | ordinal }} {{ 3 | ordinal }} {{ 11 | ordinal }} {{ 21 | ordinal }}", "en", "2nd 3rd 11th 21st"),
    ("{{ days_left | ordinal }} {{ (days_left + 1) | ordinal }}", "sv", "2:a 3:e"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "reader", "written"), FORMATS)
def test_formats(body: str, reader: str, written: str) -> None:
    """Values are written in the language of the mail, with the reader's region where it is of that language."""
    files = workspace(mail_md=email(body)) | {"templates/mail.sv.md": email(body)}
    text = library(files).render("mail", reader, {"account": A, "days_left": 2}).text
    assert text.partition("\n")[0].replace("\u00a0", " ").replace("\u202f", " ") == written


def test_languages_with_more_plurals() -> None:
    """Polish has four forms; they stand in the order one, few, many, other."""
    body = "{% for n in [1, 3, 5, 1.5] %}{{ n | plural('dzień', 'dni', 'dni!', 'dnia') }} {% endfor %}"
    files = workspace(mail_md=email("a")) | {"templates/mail.pl.md": email(body)}
    assert library(files).render("mail", "pl", {}).text.startswith("1 dzień 3 dni 5 dni! 1,5 dnia\n")


def test_every_style_of_dates() -> None:
    """Each documented style is what the documentation shows."""
    for style, shown in DATE_STYLES.items():
        body = f"{{{{ account.renews_on | date('{style}') }}}}"
        mail = library(workspace(mail_md=email(body))).render("mail", "en-GB", {"account": A})
        assert mail.text.partition("\n")[0] == shown


ZONES: list[tuple[dict[str, Any], str]] = [
    ({}, "1 May 2026 22:30"),
    ({"customer": {"time_zone": "Asia/Tokyo"}}, "2 May 2026 07:30"),
    ({"account": {"time_zone": "Asia/Tokyo"}}, "2 May 2026 07:30"),
    ({"customer": {"time_zone": "Europe/Stockholm"}, "account": {"time_zone": "Asia/Tokyo"}}, "2 May 2026 00:30"),
    ({"customer": {"time_zone": "No/Where"}}, "1 May 2026 22:30"),
]


@pytest.mark.parametrize(("facts", "written"), ZONES)
def test_times_are_those_of_the_reader(facts: dict[str, Any], written: str) -> None:
    """An instant is the day and time it is where the reader lives, else the account, else UTC."""
    at = datetime(2026, 5, 1, 22, 30, tzinfo=UTC)
    files = workspace(mail_md=email("{{ event.at | date }} {{ event.at | time }}"))
    assert library(files).render("mail", "en-GB", {**facts, "event": {"at": at}}).text.startswith(f"{written}\n")


def test_values_of_no_declared_type_are_printed_as_they_are() -> None:
    """A filter never fails on a property of an event that is not what its author thought."""
    filters = [
        "money",
        "date",
        "time",
        "number",
        "percent",
        "ordinal",
        "plural('a','b')",
        "upper",
        "length",
        "join",
        "truncate(3)",
    ]
    for value in ("many", [1], {"a": 1}, True):
        for name in filters:
            render(f"{{{{ event.properties.a | {name} }}}}", {"event": {"properties": {"a": value}}})


def test_right_to_left_names_stay_in_place() -> None:
    """Facts in HTML are isolated, so that two names in Hebrew do not change places; formatted values are not."""
    mail = render("{{ account.name }} {{ account.renews_on | date }}", {"account": {**A, "name": "שלום"}})
    assert "<bdi>שלום</bdi> March 5, 2026" in mail.html
