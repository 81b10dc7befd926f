"""Every shipped mail renders, reads well as plain text, and says the same in each language."""

from __future__ import annotations

import re
from datetime import date

import pytest
from starter import pack

KILOBYTE = 1024
GMAIL_CUTS_AT = 102 * KILOBYTE
NOBODY = {"customer": {"email": "someone@somewhere.test"}, "account": {}}
TRIGGERS = {"days_left": 7, "years": 1, "days_silent": 14, "days_away": 41, "discount": 20, "gift": "one month free"}
VARIANTS = pack.variants()


@pytest.mark.parametrize(("template", "language"), VARIANTS)
def test_a_mail_is_small_enough(template: str, language: str) -> None:
    """The HTML part stays far below the size at which Gmail cuts a mail."""
    assert len(pack.rendered(template, language).html.encode()) < GMAIL_CUTS_AT / 2


@pytest.mark.parametrize(("template", "language"), VARIANTS)
def test_subject_and_preheader_fit_an_inbox(template: str, language: str) -> None:
    """Subjects are short enough for one line, and the preheader adds to them instead of repeating them."""
    mail = pack.rendered(template, language)
    assert 15 <= len(mail.subject) <= 70
    assert 30 <= len(mail.preheader) <= 110
    assert mail.preheader != mail.subject


@pytest.mark.parametrize(("template", "language"), VARIANTS)
def test_a_mail_reads_well_for_somebody_of_whom_nothing_is_known(template: str, language: str) -> None:
    """Without a name, an account or a plan there is no hole, no None and no doubled or dangling sign."""
    mail = pack.rendered(template, language, **NOBODY, **TRIGGERS)
    for part in (mail.subject, mail.preheader, mail.text):
        assert "None" not in part
        assert not re.search(r" [,.;:!?](\s|$)|  |,,|\.\.|\(\)|''|\b(Hi|Hej)[,.! ]*$", part, re.MULTILINE)
    assert not re.search(r"^[a-zåäö]", mail.text.replace("http", ""), re.MULTILINE)


@pytest.mark.parametrize(("template", "language"), VARIANTS)
def test_a_mail_fetches_nothing(template: str, language: str) -> None:
    """No picture, font or script has to be loaded, so that nothing can be missing or tracked."""
    html = pack.rendered(template, language).html
    assert not re.search(r"<img|<script|<link|@import|@font-face|url\(", html)


@pytest.mark.parametrize(("template", "language"), VARIANTS)
def test_marketing_can_be_left_and_service_mail_says_why_not(template: str, language: str) -> None:
    """Each marketing mail shows its unsubscribe link in both parts, no other does, and all show the address."""
    mail = pack.rendered(template, language)
    service = template in {"welcome", "card-expiry", "card-expiry-last-call"}
    for part in (mail.html, mail.text):
        assert ("Unsubscribe%20from" in part) is not service
        assert "Skeppsbron 12" in part


@pytest.mark.parametrize("template", ["welcome", "card-expiry", "card-expiry-last-call"])
def test_swedish_variants_have_the_same_parts_and_facts(template: str) -> None:
    """A translation calls the same parts, prints the same facts and leads to the same pages as its original."""
    english, swedish = (pack.files()[f"templates/{template}{tag}.md"] for tag in ("", ".sv"))
    for pattern in (r"^::: ?([\w-]*)", r"(?:customer|account)\.\w+", r"brand\.url \}\}([\w/?=-]*)", r"days_left"):
        assert sorted(re.findall(pattern, swedish, re.MULTILINE)) == sorted(re.findall(pattern, english, re.MULTILINE))


def test_a_swede_reads_swedish() -> None:
    """Somebody of sv-SE gets the Swedish mail, with dates and money as Swedes write them."""
    account = {
        "name": "Fjällkaffe AB",
        "amount": 228000,
        "currency": "SEK",
        "card_expires_on": date(2026, 11, 30),
        "renews_on": date(2026, 12, 3),
    }
    mail = pack.rendered("card-expiry", "sv-SE", account=account, days_left=7)
    assert (mail.language, mail.subject) == ("sv", "Ditt kort går ut om 7 dagar")
    assert "2\N{NO-BREAK SPACE}280\N{NO-BREAK SPACE}kr den 3 december 2026" in mail.text


def test_a_colleague_who_joins_a_team_is_not_told_that_it_is_empty() -> None:
    """The welcome of somebody whose team has boards leads to those, down to the subject."""
    mail = pack.rendered("welcome", account={"name": "Northwind Studio", "boards": 9})
    assert mail.subject == "Welcome to Tidepool: find your cards in ten minutes"
    assert "Northwind Studio already plans its work here." in mail.text
    assert "first board" not in mail.text


@pytest.mark.parametrize(("days_left", "word"), [(1, "tomorrow"), (0, "today")])
def test_the_last_call_names_the_right_day(days_left: int, word: str) -> None:
    """A last call that leaves a day late says today."""
    mail = pack.rendered("card-expiry-last-call", days_left=days_left)
    assert mail.subject.endswith(f"expires {word}")
    assert mail.text.startswith(f"{word.capitalize()} is the last day")


@pytest.mark.parametrize(
    ("days_left", "subject"),
    [(30, "20% off your second year of Tidepool"), (7, "One week left: 20% off your second year")],
)
def test_the_renewal_offer_says_the_price(days_left: int, subject: str) -> None:
    """The offer names the discount of the rule and what it comes to."""
    account = {"amount": 58800, "currency": "EUR", "renews_on": date(2026, 12, 12)}
    mail = pack.rendered("renewal-offer", "en-GB", account=account, days_left=days_left, discount=20)
    assert mail.subject == subject
    assert "That is €470.40 instead of €588." in mail.text


@pytest.mark.parametrize(("years", "words"), [(1, "1 year"), (2, "2 years")])
def test_an_anniversary_counts_well(years: int, words: str) -> None:
    """One year is one year, two are two years, in the subject and at the top."""
    mail = pack.rendered("loyalty-reward", account={"name": "Blue Reef"}, years=years)
    assert mail.subject == f"{words} with Tidepool: one month free for Blue Reef"
    assert mail.text.startswith(f"{words} together. Thank you.")


WE_MISS_YOU = """\
Pick up where you left off

Hi Sara, it has been 14 days since you were last in Tidepool. That happens. Boards go stale quietly, and then opening one feels like work. Ten minutes usually put it right:

Cards done by Northwind Studio: 412 of 446

1. Archive what nobody will do. If a card has not moved for a month, let it go.
2. Move what is already done. It is always more than you think.
3. Give the rest an owner. One name on each card, yours included.

Open your boards: https://app.tidepool.test/boards?utm_source=lifecycle&utm_medium=email&utm_campaign=we-miss-you

And if Tidepool turned out not to fit how you work, tell me in one line what was missing. I read every answer.

Maja Lindqvist
Customer care at Tidepool

--
You get this mail because you use Tidepool. If it is not for you, the link below ends it.
Unsubscribe: mailto:help@tidepool.test?subject=Unsubscribe%20from%20tips
Questions? Just reply. A person reads it.
Tidepool AB, Skeppsbron 12, 411 21 Gothenburg, Sweden"""  # noqa: E501 (a text part has no width)

LAST_CALL = """\
Tomorrow is the last day for your card

Hi Noor, after tomorrow we cannot charge this card for Brightwater any more:

Visa •••• 7719, good until November 30, 2026

Add a new card now: https://app.tidepool.test/billing/card?utm_source=lifecycle&utm_medium=email&utm_campaign=card-expiry-last-call

If you do nothing

- Your boards stay open. Nobody on the team is locked out.
- Nothing is deleted. A payment that fails is tried again for 14 days.
- After that, boards become read-only until there is a card that works.

Just added one? Then all is well, and this mail crossed yours on the way.

--
This mail is about your Tidepool account, so you get it whatever you chose for tips and offers.
Questions? Just reply. A person reads it.
Tidepool AB, Skeppsbron 12, 411 21 Gothenburg, Sweden"""


@pytest.mark.parametrize(("template", "text"), [("we-miss-you", WE_MISS_YOU), ("card-expiry-last-call", LAST_CALL)])
def test_the_text_part_is_a_letter_of_its_own(template: str, text: str) -> None:
    """The text part reads like a letter somebody typed."""
    assert pack.rendered(template).text.rstrip("\n") == text
