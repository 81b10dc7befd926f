"""`/p/`: the preference centre shows what one gets, and keeps what is chosen, in the words that were shown."""

from __future__ import annotations

import re

from serve.visiting import Site

from engine import suppression
from engine.consent import ALL_MARKETING

SWITCH = re.compile(r'<input type="checkbox"[^>]*value="(\w+)"( checked)?>')
BOTH = ["tips", "news"]


def switches(text: str) -> dict[str, bool]:
    """Return the switches of a page."""
    return {name: bool(on) for name, on in SWITCH.findall(text)}


def test_what_one_gets(site: Site) -> None:
    """Each marketing topic with its title and description, on where mail comes; what is needed is only named."""
    page = site.get(f"/p/{site.token()}")
    assert (page.status, switches(page.text)) == (200, {"tips": True, "news": False})
    assert "<b>Tips &amp; tricks</b>" in page.text
    assert "One short note a week." in page.text
    assert "<b>Your account</b>" in page.text
    assert "No mail of these at all" in page.text


def test_what_is_chosen_is_kept(site: Site) -> None:
    """A yes and a no each are logged in the words that were shown; what did not change is not."""
    path = f"/p/{site.token()}"
    saved = site.post(path, save="choice", offered=BOTH, chosen=["news"], language="en")
    assert (saved.status, switches(saved.text)) == (200, {"tips": False, "news": True})
    assert "Saved. It holds from this moment on." in saved.text
    assert site.said() == {"tips": ("no", "preference centre"), "news": ("yes", "preference centre")}
    assert site.wording("tips") == "Acme may write to you about: / Tips & tricks / One short note a week.: no"
    assert site.suppressed() == {"tips"}
    before = site.rows()
    site.post(path, save="choice", offered=BOTH, chosen=["news"], language="en")
    assert site.rows() == before
    site.post(path, save="choice", offered=BOTH, chosen=BOTH, language="en")
    assert (site.said()["tips"][0], site.suppressed()) == ("yes", set())


def test_nothing_chosen_that_was_not_offered(site: Site) -> None:
    """A topic that came while the page was open is neither a yes nor a no; transactional ones are never."""
    site.post(f"/p/{site.token()}", save="choice", offered=["news", "account", "nothing"], chosen=["account", "tips"])
    assert site.said() == {}


def test_no_mail_at_all(site: Site) -> None:
    """A no to all is a no to each, and to those of tomorrow; a later yes to one is a yes to that one."""
    path = f"/p/{site.token()}"
    none = site.post(path, save="none", offered=BOTH, chosen=BOTH, language="en")
    assert switches(none.text) == {"tips": False, "news": False}
    assert {topic: state for topic, (state, _) in site.said().items()} == {
        "tips": "no",
        "news": "no",
        ALL_MARKETING: "no",
    }
    one = site.post(path, save="choice", offered=BOTH, chosen=["tips"], language="en")
    assert switches(one.text) == {"tips": True, "news": False}
    assert site.said()[ALL_MARKETING][0] == "no"


def test_who_left_by_one_click_can_come_back(site: Site) -> None:
    """The centre shows the no, and takes the yes."""
    site.click(f"/u/{site.token()}")
    path = f"/p/{site.token()}"
    assert switches(site.get(path).text)["tips"] is False
    assert switches(site.post(path, save="choice", offered=BOTH, chosen=["tips"]).text)["tips"] is True


def test_a_yes_that_cannot_be_kept_is_said(site: Site) -> None:
    """What an operator or a bounce stopped no choice opens again, and the page does not claim so."""
    database = site.app.database
    suppression.add(database, "ana@example.com", secret="test", reason="asked", now=site.app.clock.now(), scope="tips")
    page = site.post(f"/p/{site.token()}", save="choice", offered=BOTH, chosen=["tips"], language="en")
    assert switches(page.text)["tips"] is False
    assert "the choice could not be kept" in page.text
    suppression.add(database, "ana@example.com", secret="test", reason="hard bounce", now=site.app.clock.now())
    assert "All mail to your address was stopped" in site.get(f"/p/{site.token()}").text


def test_the_answer_is_in_the_language_of_the_question(site: Site) -> None:
    """Who read Swedish is answered in Swedish, and Swedish is logged."""
    page = site.post(f"/p/{site.token('bo')}", save="choice", offered=BOTH, chosen=["news"], language="sv")
    assert "Sparat." in page.text
    assert (site.wording("news", "bo") or "").startswith("Acme får skriva till dig om:")
    assert (site.wording("news", "bo") or "").endswith(": ja")


def test_whoever_has_no_link_chooses_nothing(site: Site) -> None:
    """A link that is not ours opens nothing, whatever is posted."""
    before = site.rows()
    assert site.get("/p/nobody").status == 404
    assert site.post("/p/nobody", save="none").status == 404
    assert site.post(f"/p/{site.token()}", save="all").status == 400
    assert site.rows() == before
