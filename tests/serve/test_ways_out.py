"""The way out of a mail: its headers and links as a receiver gets them, and what a click on them stops."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from sending import NOW, a_claimer, a_clock, add_customer, claim, enroll, messages, queue
from serve.visiting import COMPANY, ONE_CLICK, Site, open_site

from engine import dispatch, outbox, recipients
from engine.db import connect, writing
from engine.hashing import address_hash
from engine.links import read_token
from engine.providers import Provider
from engine.providers.sendgrid import SendGridProvider
from engine.providers.smtp import SmtpProvider
from engine.runtime import Runtime, build
from engine.settings import Settings
from engine.testing.sendgrid import SendGridServer
from engine.testing.smtp_sink import SmtpSink

TOLD = {"secret": "test", "public_url": "https://mail.acme.test"}
Headers = dict[str, list[str]]


def a_runtime(provider: str) -> Runtime:
    """Return the company sending by a provider."""
    return build(COMPANY, release_id=1, settings=Settings(**TOLD, provider=provider, sendgrid_api_key="SG.test"))  # type: ignore[arg-type]


@contextmanager
def by_smtp() -> Iterator[tuple[Provider, list[Message]]]:
    """Yield a provider over SMTP, and the mails that arrive."""
    with SmtpSink() as sink:
        arrived: list[Message] = []
        yield SmtpProvider(host="127.0.0.1", port=sink.port, tls="none"), arrived
        arrived.extend(message_from_bytes(mail.content) for mail in sink.mails)


def sent_by_smtp(database: sa.Engine) -> tuple[Headers, str, str]:
    """Send what is due by SMTP; returns the headers of the one mail, its text and its HTML."""
    with by_smtp() as (provider, arrived):
        dispatch.run_once(database, a_runtime("smtp"), provider, clock=a_clock())
    (mail,) = arrived
    parts = [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]
    text, html = (part.decode() for part in parts if isinstance(part, bytes))
    return {name: [str(value) for value in mail.get_all(name, [])] for name in mail}, text, html


def sent_by_sendgrid(database: sa.Engine) -> tuple[Headers, str, str]:
    """Send what is due by SendGrid; returns the same of the one request."""
    with SendGridServer() as server:
        provider = SendGridProvider(api_key=server.api_key, base_url=server.url)
        dispatch.run_once(database, a_runtime("sendgrid"), provider, clock=a_clock())
        (body,) = server.accepted
    text, html = (part["value"] for part in body["content"])
    return {name: [value] for name, value in body["headers"].items()}, text, html


WAYS = {"smtp": sent_by_smtp, "sendgrid": sent_by_sendgrid}


def fill(database: sa.Engine, rule: str) -> None:
    """Queue one mail to Ana."""
    add_customer(database, "ana")
    enroll(database, "ana", rule=rule)
    queue(database)


@pytest.mark.parametrize("way", WAYS)
def test_marketing_carries_one_click(database: sa.Engine, way: str) -> None:
    """One header of RFC 2369 with https first, one of RFC 8058, and the same link visible in text and HTML."""
    fill(database, "tip")
    headers, text, html = WAYS[way](database)
    assert headers["List-Unsubscribe-Post"] == [ONE_CLICK]
    (ways,) = headers["List-Unsubscribe"]
    shape = r"<(https://mail\.acme\.test/u/[\w.-]+)>, *<(mailto:help@acme\.test\?subject=Unsubscribe%20from%20tips)>"
    found = re.fullmatch(shape, " ".join(ways.split()))
    assert found, ways
    assert found[1] in text
    assert f'href="{found[1]}"' in html
    holder = read_token(Settings(**TOLD), urlsplit(found[1]).path.removeprefix("/u/"))  # type: ignore[arg-type]
    assert holder is not None
    assert (holder.customer_id, holder.topic) == ("ana", "tips")
    assert holder.address_hash == address_hash("ana@example.com", "test")


@pytest.mark.parametrize("way", WAYS)
def test_mail_that_is_needed_has_no_way_out(database: sa.Engine, way: str) -> None:
    """Nobody can unsubscribe from it by a slip."""
    fill(database, "welcome")
    headers, text, html = WAYS[way](database)
    assert not [name for name in headers if name.lower().startswith("list-unsubscribe")]
    assert "/u/" not in text + html


def test_a_click_on_the_header_stops_the_next_mail(database: sa.Engine) -> None:
    """From the mail as it arrives to the claim of the next one, with nothing known but the header."""
    fill(database, "tip")
    headers, _, _ = sent_by_smtp(database)
    link = re.search(r"<(https:[^>]+)>", "".join("".join(headers["List-Unsubscribe"]).split()))
    assert link
    with open_site(database, provider="smtp") as site:
        assert site.click(urlsplit(link[1]).path).status == 200
    enroll(database, "ana", rule="tip-too")
    enroll(database, "ana", rule="welcome")
    queue(database, runtime=a_runtime("smtp"))
    with by_smtp() as (provider, arrived):
        dispatch.run_once(database, a_runtime("smtp"), provider, clock=a_clock())
    assert len(arrived) == 1
    assert arrived[0]["List-Unsubscribe"] is None
    assert [row["reason"] for row in messages(database) if row["status"] == "skipped"] == [
        "suppressed for tips: unsubscribed"
    ]


def test_mail_rendered_before_there_was_a_way_out_is_rendered_again(database: sa.Engine) -> None:
    """What waited while `public_url` was not set leaves with the links and headers of now."""
    fill(database, "tip")
    alone = build(COMPANY, release_id=1, settings=Settings(**TOLD | {"public_url": ""}, provider="memory"))  # type: ignore[arg-type]
    outbox.prepare(database, a_claimer(alone), now=NOW)
    assert claim(database, a_claimer(a_runtime("smtp"))) == ()
    (leaving,) = claim(database, a_claimer(a_runtime("smtp")))
    assert leaving.envelope.headers["List-Unsubscribe-Post"] == ONE_CLICK


def test_a_click_is_answered_after_a_claim_has_decided(database: sa.Engine, database_url: str) -> None:
    """A claim that holds the recipient ends first; after the answer, no claim starts a request."""
    fill(database, "tip")
    held, order = connect(database_url), list[str]()
    with open_site(database) as site:

        def click() -> None:
            order.append(str(site.click(f"/u/{site.token()}").status))

        thread = threading.Thread(target=click)
        with writing(held) as connection:
            recipients.lock(connection, [address_hash("ana@example.com", "test")])
            thread.start()
            order.append("claim")
        thread.join(timeout=60)
    held.dispose()
    assert order == ["claim", "200"]
    assert claim(database, a_claimer(a_runtime("memory"))) == ()
    assert [row["reason"] for row in messages(database)] == ["suppressed for tips: unsubscribed"]


def test_clicks_and_claims_at_once(database: sa.Engine, database_url: str) -> None:
    """Clicks race claims by two workers: whoever was answered before a claim began is not written to."""
    names = [f"c{number:02}" for number in range(12)]
    for name in names:
        add_customer(database, name)
        enroll(database, name, rule="tip")
    queue(database)
    answered: dict[str, bool] = {}
    leaving: list[str] = []
    start = threading.Barrier(3)
    running = a_runtime("memory")

    def clicks(site: Site) -> None:
        start.wait()
        for name in names:
            answered[name] = site.click(f"/u/{site.token(name)}").status == 200

    def claims(worker: str) -> None:
        engine = connect(database_url)
        start.wait()
        for _ in range(4):
            before = set(answered)
            out = claim(engine, a_claimer(running, worker=worker), room=2)
            found = [each.envelope.recipient.address.partition("@")[0] for each in out]
            leaving.extend(name for name in found if name in before)
        engine.dispose()

    with open_site(database) as site:
        threads = [threading.Thread(target=clicks, args=(site,))]
        threads += [threading.Thread(target=claims, args=(worker,)) for worker in ("w1", "w2")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
    assert answered == dict.fromkeys(names, True)
    assert leaving == []
