"""`/u/`: one click of a mail program unsubscribes; opening the link never does."""

from __future__ import annotations

from urllib.parse import quote

import pytest
import sqlalchemy as sa
from sending import add_customer, enroll, queue, the_message
from serve.visiting import COMPANY, ONE_CLICK, Site, open_site

from engine import dispatch
from engine.clock import SetClock
from engine.db import writing
from engine.models.tables import customer
from engine.providers.memory import MemoryProvider
from engine.runtime import build

MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}
PART = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'


def test_one_click_unsubscribes(site: Site) -> None:
    """The answer is a bare 200, and by then it is written down: the topic, where it was said, and the address."""
    answer = site.click(f"/u/{site.token()}")
    assert (answer.status, answer.text) == (200, "")
    assert "location" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert site.said() == {"tips": ("no", "one-click")}
    assert site.wording("tips") == ONE_CLICK
    assert site.suppressed() == {"tips"}


def test_one_click_may_come_as_multipart(site: Site) -> None:
    """Receivers choose the form of the body."""
    assert site.ask("POST", f"/u/{site.token()}", PART, MULTIPART).status == 200
    assert site.suppressed() == {"tips"}


def test_one_click_again_changes_nothing(site: Site) -> None:
    """Receivers repeat what they got no answer to."""
    site.click(f"/u/{site.token()}")
    before = site.rows()
    assert site.click(f"/u/{site.token()}").status == 200
    assert site.rows() == before


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("room", ["u", "p"])
def test_whoever_opens_every_link_changes_nothing(site: Site, method: str, room: str) -> None:
    """Scanners open and follow links, with our own form's words behind them too."""
    for query in ("", f"?{ONE_CLICK}", "?unsubscribe=yes", "?save=none", "?save=choice&offered=tips"):
        assert site.ask(method, f"/{room}/{site.token()}{query}").status == 200
    assert site.said() == {}
    assert site.suppressed() == set()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"])
@pytest.mark.parametrize("room", ["u", "p"])
def test_other_verbs_are_refused(site: Site, method: str, room: str) -> None:
    """Only a POST changes anything."""
    answer = site.ask(method, f"/{room}/{site.token()}", ONE_CLICK)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert site.said() == {}


@pytest.mark.parametrize("path", ["/", "/u", "/u/", "/p", "/p/", "/u/a/b", "/docs"])
def test_a_link_that_was_cut_off_is_a_page_all_the_same(site: Site, path: str) -> None:
    """Mail programs break links; whoever opens half of one reads what to do."""
    page = site.get(path)
    assert (page.status, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "This link does not work" in page.text


@pytest.mark.parametrize("body", ["", "List-Unsubscribe=Two-Clicks", "x=y", "=", "List-Unsubscribe"])
def test_another_body_is_no_click(site: Site, body: str) -> None:
    """A post that does not say what it wants is refused."""
    assert site.click(f"/u/{site.token()}", body).status == 400
    assert site.said() == {}


def test_an_unknown_link_gets_the_same_answer(site: Site) -> None:
    """A click on a link that nobody made tells nothing and does nothing; a person is told that it does not work."""
    before = site.rows()
    known = site.click(f"/u/{site.token('bo')}")
    after = site.rows()
    forged = site.token()[:-4] + "AAAA"
    for other in (forged, "sample", "x" * 5000, "\x00", "é"):
        answer = site.click(f"/u/{quote(other)}")
        assert (answer.status, answer.text) == (known.status, known.text)
    page = site.get(f"/u/{forged}")
    assert page.status == 404
    assert "This link does not work" in page.text
    assert site.rows() == after > before
    assert site.said() == {}


def test_the_page_asks_first(site: Site) -> None:
    """It names the topic, has one button and a way to choose instead; the button unsubscribes."""
    path = f"/u/{site.token()}"
    page = site.get(path)
    assert "Unsubscribe from “Tips &amp; tricks”?" in page.text
    assert "One short note a week." in page.text
    assert page.text.count("<button") == 1
    assert f"../p/{site.token()}" in page.text
    done = site.post(path, unsubscribe="yes", language="en")
    assert (done.status, site.said()) == (200, {"tips": ("no", "unsubscribe page")})
    assert "You are unsubscribed" in done.text
    assert (site.wording("tips") or "").startswith("Unsubscribe from “Tips & tricks”?")


def test_pages_speak_the_customers_language(site: Site) -> None:
    """Theirs, where there are words of it; of somebody unknown the browser's."""
    assert '<html lang="sv">' in site.get(f"/u/{site.token('bo')}").text
    assert "Avsluta ”Tips &amp; tricks”?" in site.get(f"/u/{site.token('bo')}").text
    assert '<html lang="en">' in site.get(f"/u/{site.token()}").text
    unknown = site.ask("GET", "/u/nobody", headers={"Accept-Language": "tlh, sv-FI;q=0.8, en;q=0.5"})
    assert "Länken fungerar inte" in unknown.text


def test_whoever_is_no_customer_any_more_can_leave(site: Site) -> None:
    """Their mails are still about: the address is remembered, the customer is not made anew."""
    gone = site.token("cleo")
    assert site.click(f"/u/{gone}").status == 200
    assert site.said("cleo") == {}
    assert site.suppressed("cleo@example.com") == {"tips"}
    assert site.get(f"/p/{gone}").status == 404


def test_a_topic_that_is_no_more_can_be_left(site: Site) -> None:
    """Links never expire, whatever becomes of the topics."""
    old = site.token(topic="retired")
    assert "Unsubscribe from “retired”?" in site.get(f"/u/{old}").text
    assert site.click(f"/u/{old}").status == 200
    assert site.said() == {"retired": ("no", "one-click")}


def test_a_no_follows_the_customer_to_a_new_address(site: Site) -> None:
    """A link in an old mail stops the mail to the present address, and the old address as well."""
    database = site.app.database
    with writing(database) as connection:
        moved = sa.update(customer).where(customer.c.id == "ana").values(email="ana@new.test", email_key="ana@new.test")
        connection.execute(moved)
    enroll(database, "ana", rule="tip")
    queue(database)
    site.click(f"/u/{site.token()}")
    running = build(COMPANY, release_id=1, settings=site.app.settings)
    provider = MemoryProvider()
    clock = site.app.clock
    assert isinstance(clock, SetClock)
    dispatch.run_once(database, running, provider, clock=clock)
    assert provider.seen == []
    assert the_message(database)["reason"] == "no consent: said no to tips"


def test_nothing_is_said_before_the_first_release(database: sa.Engine) -> None:
    """A site without a brand and topics still lets people leave."""
    add_customer(database, "ana")
    with open_site(database) as site:
        with writing(database) as connection:
            connection.execute(sa.text("DELETE FROM release"))
        assert site.get(f"/u/{site.token()}").status == 200
        assert site.click(f"/u/{site.token()}").status == 200
        assert site.suppressed() == {"tips"}
