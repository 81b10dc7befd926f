"""The preview's page: what it shows and what it follows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from web.serving import FRAME, Page, saved

from engine.web.preview.mail import as_shown
from engine.workspace import starter_pack

MAILS = list((starter_pack() / "templates").glob("*.md"))
LOOP = "{% for a in event.properties.many | default([]) %}{% for b in event.properties.many | default([]) %}"
BOMB = f"{LOOP}{'{% if a == 3 %}x{% endif %}' * 20}{'{% endfor %}' * 2}"


def test_the_list_shows_every_email_with_its_subject(page: Page) -> None:
    """And the rules that send it."""
    text = page.get()
    assert "Welcome to Tidepool" in text
    assert len(re.findall(r"<li data-words", text)) == len({each.name.partition(".")[0] for each in MAILS})
    assert "nudge-reports" in text


def test_an_email_is_shown_in_four_ways_in_frames_that_may_do_nothing(page: Page) -> None:
    """Wide, phone and dark are frames with an empty `sandbox`; the text is text."""
    text = page.get("email/welcome")
    frames = list(FRAME.finditer(text))
    assert [frame["flags"] for frame in frames] == ["sandbox"] * 3
    assert [frame["src"].rpartition("/")[2] for frame in frames] == ["light", "light", "dark"]
    assert "<pre" in text
    for frame in frames:
        mail = page.ask(frame["src"])
        assert "Tidepool" in mail.text
        assert mail.headers["content-security-policy"].startswith("default-src 'none'; img-src https: data:; style-src")
        assert "sandbox" in mail.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("scheme", "html", "shown"),
    [
        ("dark", "<style>@media (prefers-color-scheme: dark) {a{}}</style>", "@media (min-width: 0px) {a{}}"),
        ("light", "<style>@media (prefers-color-scheme:dark) {a{}}</style>", "@media (max-width: 0px) {a{}}"),
        ("light", "<style>@media (Prefers-Color-Scheme: LIGHT) {a{}}</style>", "@media (min-width: 0px) {a{}}"),
        ("dark", '<source media="(prefers-color-scheme: dark)">', 'media="(min-width: 0px)"'),
        ("dark", '<head><meta name="color-scheme" content="light dark"></head>', 'name="color-scheme" content="dark"'),
        ("dark", "<p>no head</p>", '<meta name="color-scheme" content="dark">'),
    ],
)
def test_what_asks_for_dark_is_answered(scheme: str, html: str, shown: str) -> None:
    """A frame cannot be told which colours are preferred, so the mail is told."""
    told = as_shown(html, "dark" if scheme == "dark" else "light")
    assert shown in told
    assert "prefers-color-scheme" not in told
    assert told.count("color-scheme") == 1


def test_the_dark_view_is_another_than_the_light_one(page: Page) -> None:
    """The dark colours hold in one and not in the other."""
    light, _, dark = (page.ask(frame["src"]).text for frame in FRAME.finditer(page.get("email/welcome")))
    assert "@media (max-width: 0px)" in light
    assert "@media (min-width: 0px)" in dark
    assert "prefers-color-scheme" not in light + dark


def test_what_is_saved_is_shown(starter: Path, page: Page) -> None:
    """Emails, the brand, rules: whoever listens is told, and finds the new text."""
    assert "welcome" in page.get()
    mail, brand = starter / "templates" / "welcome.md", starter / "templates" / "brand.yaml"
    saved(page, mail, mail.read_text().replace("# Welcome to", "# Ahoy from"))
    assert "Ahoy from Tidepool" in page.get("email/welcome")
    saved(page, brand, brand.read_text().replace("Tidepool", "Rockpool"))
    assert "Ahoy from Rockpool" in page.get("email/welcome")
    rule = starter / "rules" / "welcome.yaml"
    saved(page, rule, rule.read_text().replace("welcome", "first-steps"))
    assert "no rule sends it" in page.get()


def test_a_broken_email_keeps_its_last_good_rendering(starter: Path, page: Page) -> None:
    """Grey, with each problem at its line and column; mended, it is as before."""
    mail = starter / "templates" / "welcome.md"
    good = mail.read_text()
    first = FRAME.findall(page.get("email/welcome"))
    saved(page, mail, f"{good}\n::: buton [Go](https://example.com)\n")
    text = page.get("email/welcome")
    assert 'class="desk stale"' in text
    assert re.search(r"<code>templates/welcome\.md:\d+:5</code>", text)
    assert "did you mean `button`" in text
    assert FRAME.findall(text) == first
    assert "1 mistake" in page.get()
    saved(page, mail, good)
    assert 'class="desk"' in page.get("email/welcome")


def test_an_email_that_never_worked_has_its_problems_alone(starter: Path, page: Page) -> None:
    """There is nothing to show in its place."""
    saved(page, starter / "templates" / "new.md", "---\nsubject: New\n---\n{% if %}\n")
    text = page.get("email/new")
    assert "templates/new.md:4:" in text
    assert not FRAME.findall(text)


def test_what_check_says_of_a_mail_that_can_be_shown_stands_beside_it(starter: Path, page: Page) -> None:
    """A fact that may be missing shows in the sample, and yet would fail at send time."""
    mail = starter / "templates" / "welcome.md"
    saved(page, mail, f"{mail.read_text()}\n{{{{ customer.last_name }}}}\n")
    text = page.get("email/welcome?sample=sara")
    assert "`customer.last_name` may be missing" in text
    assert "stale" not in text


def test_a_bomb_is_one_problem_and_the_others_are_shown(starter: Path, page: Page) -> None:
    """The page goes on."""
    many = ", ".join("1" for _ in range(3000))
    bomb = f"---\nsubject: Bomb\nsample: {{event: {{properties: {{many: [{many}]}}}}}}\n---\n{BOMB}\n"
    saved(page, starter / "templates" / "bomb.md", bomb)
    assert "it takes more than 2 seconds of computing" in page.get("email/bomb")
    assert "Welcome to Tidepool" in page.get("email/welcome")


def test_another_sample_and_language_are_chosen(page: Page) -> None:
    """By the samples' names and the variants there are."""
    assert "Välkommen" in page.get("email/welcome?sample=elin")
    assert "Välkommen" in page.get("email/welcome?language=sv")
    assert "to sara@northwind-studio.test" in page.get("email/welcome?sample=sara")
    assert page.ask(f"{page.base}email/welcome?sample=sarah").text.count("did you mean `sara`") == 1


def test_the_moment_that_sends_it_is_chosen(page: Page) -> None:
    """Its days are the mail's."""
    assert "expires in 7 days" in page.get("email/card-expiry?moment=card-expiry%3A+7+days+before")
    assert "expires in 30 days" in page.get("email/card-expiry?moment=card-expiry%3A+30+days+before")
    assert "is not sent by" in page.ask(f"{page.base}email/card-expiry?moment=welcome").text


def test_two_pages_listen_and_both_are_told(starter: Path, page: Page) -> None:
    """One stays open while the other is served."""
    with page.changes() as one, page.changes() as other:
        (starter / "templates" / "words" / "en.yaml").touch()
        assert [next(one), next(other)] == ["changed", "changed"]
