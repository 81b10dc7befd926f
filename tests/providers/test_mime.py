"""Envelopes as bytes: the same every time, readable, and never with a header nobody meant."""

from __future__ import annotations

from binascii import b2a_qp
from dataclasses import replace
from email import message_from_bytes
from email.generator import BytesGenerator
from email.header import decode_header, make_header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32, default
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ProviderError
from engine.providers.base import Envelope, Mailbox
from engine.providers.mime import compose, one_line
from engine.testing.envelopes import HOSTILE, an_envelope

EXPECTED = ["content-type", "mime-version", "date", "from", "to", "reply-to", "subject", "message-id"]


def test_the_same_envelope_gives_the_same_bytes() -> None:
    """What is sent again is sent byte for byte."""
    assert compose(an_envelope()) == compose(an_envelope())


@given(st.text(max_size=300), st.text(max_size=80))
def test_any_text_may_stand_in_subject_and_name(subject: str, name: str) -> None:
    """Whatever text a customer or a marketer writes, the headers are those meant, and the subject reads as it was."""
    mail = message_from_bytes(compose(an_envelope(subject=subject, name=name)))
    assert [header.lower() for header in mail.keys()] == EXPECTED  # noqa: SIM118 (a mail may repeat a name)
    shown = str(make_header(decode_header(mail["Subject"])))
    assert shown.split() == one_line(subject).split()


@given(st.text(max_size=300), st.text(max_size=2000), st.text(max_size=2000))
def test_the_bytes_are_those_of_the_standard_library(subject: str, text: str, html: str) -> None:
    """What is put together by hand is what `email` writes, byte for byte."""
    envelope = replace(an_envelope(subject=subject), text=text, html=html)
    assert compose(envelope) == by_the_library(envelope)


def by_the_library(envelope: Envelope) -> bytes:
    """The same mail, its parts written by the standard library from the headers that `compose` gave it."""
    mail = MIMEMultipart("alternative", boundary=f"=_{envelope.send_id}")
    for name, value in message_from_bytes(compose(envelope)).items():
        if name.lower() not in {"content-type", "mime-version"}:
            mail[name] = value
    for kind, body in (("plain", envelope.text), ("html", envelope.html)):
        part = MIMENonMultipart("text", kind, charset="utf-8")
        part["Content-Transfer-Encoding"] = "quoted-printable"
        lines = "\n".join(body.splitlines()) + "\n"
        part.set_payload(b2a_qp(lines.encode(), istext=True).decode("ascii"))
        mail.attach(part)
    written = BytesIO()
    BytesGenerator(written, mangle_from_=False, policy=compat32.clone(linesep="\r\n")).flatten(mail)
    return written.getvalue()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_modern_parser_sees_the_one_recipient(text: str) -> None:
    """A name cannot add or replace a recipient."""
    mail = message_from_bytes(compose(an_envelope(name=text)), policy=default)
    assert [address.addr_spec for address in mail["To"].addresses] == ["ana0@example.com"]


def test_a_header_that_brings_another_is_refused() -> None:
    """If a value ever made a header, the mail would not leave."""
    with pytest.raises(ProviderError, match="subject"):
        compose(an_envelope(headers={"Subject": "twice"}))


def test_lines_are_short_enough() -> None:
    """No line is longer than the 998 octets that SMTP allows, whatever is written."""
    envelope = an_envelope(subject="x" * 3000, name="y" * 2000)
    assert max(len(line) for line in compose(envelope).split(b"\r\n")) <= 998


def test_bodies_can_be_read_in_the_file() -> None:
    """Bodies are quoted-printable, so that a person can read an .eml file in an editor."""
    assert compose(an_envelope()).count(b"many words in one line") >= 25


def test_a_mailbox_reads_what_it_wrote() -> None:
    """Stored mailboxes come back as they were, with any name."""
    for name in ("", "Acme", "A <b> C", "Åsa (x)"):
        box = Mailbox(address="a@b.example", name=name)
        assert Mailbox.read(str(box)) == box
