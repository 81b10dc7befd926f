"""Whatever stands in a name, a subject, an address or a header's value: the bytes hold the headers that were meant."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.policy import default as modern

import pytest

from engine.errors import ProviderError
from engine.providers.base import Envelope, Mailbox, Outcome
from engine.providers.mime import compose
from engine.providers.sendgrid_payload import payload
from engine.providers.smtp import SmtpProvider
from engine.testing.envelopes import HOSTILE, an_envelope
from engine.testing.smtp_sink import SmtpSink

EVIL = "evil@example.org"
TEXTS = (
    *HOSTILE,
    f"x\rBcc: {EVIL}",
    f"x\nBcc: {EVIL}",
    f"x\x0bBcc: {EVIL}\x0c\x1c\x1d\x1e\x85",
    f"=?utf-8?b?eA0KQmNjOiBldmlsQGV4YW1wbGUub3Jn?= {EVIL}",
    f"=?utf-8?q?a?= =?utf-8?q?=0D=0ABcc:_{EVIL}?=",
    "=?x-unknown?q?=0D=0A?=",
    "=?utf-8?q?" * 400,
    '"' * 499,
    "\\" * 499,
    "x " + '"' * 479,
    "\u2028\u2029\u0085",
    "\u200f\u202e\u2066evil\u2069",
    "\ufeff\U000e0001",
    "\ud800 half a pair",
    "🎉" * 300,
    "👩‍👩‍👧‍👦" * 40,
    "\x00",
    "",
    "x" * (1 << 20),
    "å " * (1 << 19),
)
"""Names and subjects that somebody could sign up with."""
ADDRESSES = (
    f"ana@example.com\r\nBcc: {EVIL}",
    f"ana@example.com\nBcc: {EVIL}",
    f"ana@example.com, {EVIL}",
    f"ana@example.com>\r\nRCPT TO:<{EVIL}",
    f"ana@example.com> <{EVIL}",
    "ana@example.com\x00",
    "ana @example.com",
    "ana@exam\u2028ple.com",
    "åna@example.com",
    "=?utf-8?q?evil?=@example.com",
    "x" * 2000 + "@example.com",
    "ana",
    "",
)
"""Addresses that no intake and no rule file lets in, should one be stored all the same."""


def mailed(text: str, place: str) -> Envelope:
    """Return a harmless envelope with a text at one of its places."""
    plain = an_envelope()
    assert plain.reply_to is not None
    return {
        "subject": lambda: replace(plain, subject=text),
        "recipient": lambda: replace(plain, recipient=replace(plain.recipient, name=text)),
        "sender": lambda: replace(plain, sender=replace(plain.sender, name=text)),
        "reply_to": lambda: replace(plain, reply_to=replace(plain.reply_to, name=text)),
        "header": lambda: replace(plain, headers={**plain.headers, "List-Id": text}),
    }[place]()


PLACES = ("subject", "recipient", "sender", "reply_to", "header")
PARSERS: dict[str, Callable[[bytes], Message]] = {
    "compat32": BytesParser(policy=compat32).parsebytes,
    "modern": BytesParser(policy=modern).parsebytes,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_no_text_adds_or_changes_a_header(text: str, place: str) -> None:
    """Both of Python's parsers and a plain look at the bytes see the headers of a harmless mail, in their order."""
    try:
        written = compose(mailed(text, place))
    except ProviderError:
        if place != "header":
            raise  # names and subjects are made to fit
        return
    harmless = compose(mailed("harmless", place))
    assert _names(written) == _names(harmless)
    for parse in PARSERS.values():
        assert [name.lower() for name in parse(written).keys()] == _names(harmless)  # noqa: SIM118 (names may repeat)
    head = written.partition(b"\r\n\r\n")[0]
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|[^\t\r\n -~]", head), "the head is printable ASCII in whole lines"
    assert max(map(len, head.split(b"\r\n"))) <= 998


def _names(written: bytes) -> list[str]:
    lines = written.partition(b"\r\n\r\n")[0].split(b"\r\n")
    return [line.partition(b":")[0].decode().lower() for line in lines if line[:1] not in {b" ", b"\t"}]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_what_a_decoder_makes_of_it_goes_to_nobody_else(text: str) -> None:
    """A program that decodes names first finds one recipient and one sender all the same."""
    for place in ("recipient", "sender", "reply_to"):
        mail = message_from_bytes(compose(mailed(text, place)), policy=modern)
        found = [each.addr_spec for name in ("From", "To", "Reply-To") for each in mail[name].addresses]
        assert found == ["hello@acme.test", "ana0@example.com", "help@acme.test"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_sendgrid_gets_no_line_break(text: str, place: str) -> None:
    """In the request's own bytes no name, subject or header holds a control character; its keys are those meant."""
    try:
        body = json.loads(json.dumps(payload(mailed(text, place))).encode())
    except ProviderError:
        if place != "header":
            raise  # names and subjects are made to fit
        return
    plain = payload(mailed("harmless", place))
    assert set(body) == set(plain)
    assert set(body["headers"]) == set(plain["headers"])
    boxes = [body["from"], body["reply_to"], *body["personalizations"][0]["to"]]
    shown = [body["subject"], *body["headers"].values(), *(box.get("name", "") for box in boxes)]
    assert [each for each in shown if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", each)] == []
    assert [box["email"] for box in boxes] == ["hello@acme.test", "help@acme.test", "ana0@example.com"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_is_none_is_refused_before_anything_leaves(address: str) -> None:
    """Nothing is sent, to nobody, whoever stored such an address."""
    plain = an_envelope()
    box = Mailbox(address=address)
    wrong = [replace(plain, recipient=box), replace(plain, sender=box), replace(plain, reply_to=box)]
    for envelope in wrong:
        for make in (compose, payload):
            with pytest.raises(ProviderError, match="address"):
                make(envelope)
    with SmtpSink() as sink:
        provider = SmtpProvider(host="127.0.0.1", port=sink.port, tls="none")

        async def send() -> list[Outcome]:
            found = []
            for envelope in wrong:
                try:
                    found.append((await provider.send(envelope)).outcome)
                except ProviderError:
                    found.append(Outcome.REFUSED)
            await provider.close()
            return found

        assert set(asyncio.run(send())) == {Outcome.REFUSED}
        assert sink.mails == []
