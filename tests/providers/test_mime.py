"""Envelopes as bytes: the same every time, readable, and never with a header nobody meant."""

from __future__ import annotations

from binascii import b2a_qp
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes
from email.generator import BytesGenerator
from email.header import decode_header, make_header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.parser import BytesHeaderParser
from email.policy import compat32, default
from email.utils import format_datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ProviderError
from engine.providers.base import Envelope, Mailbox
from engine.providers.mime import compose, encoded, header_value, mailbox, one_line, require_headers
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


PLAIN = st.text('ab:;,=?.<>"()\\ \t', max_size=300)
"""Text in which a header is likely to be folded, or wrongly left as it is."""
LINES = st.lists(
    st.text(max_size=200) | st.text("ab=. \té", max_size=200) | st.sampled_from([".", "..", " ", "x" * 76])
)
BODIES = LINES.map("\n".join) | st.text(max_size=2000)


@given(st.text(max_size=300) | PLAIN, st.text(max_size=300) | PLAIN, st.text(max_size=300) | PLAIN, BODIES, BODIES)
def test_the_bytes_are_those_of_the_standard_library(subject: str, name: str, value: str, text: str, html: str) -> None:
    """What is put together by hand is what `email` writes, byte for byte."""
    made = an_envelope(subject=subject, name=name, headers={"X-Value": value if value.isascii() else ""})
    envelope = replace(made, text=text, html=html)
    assert compose(envelope) == by_the_library(envelope)


@pytest.mark.parametrize("length", range(1, 81))
def test_a_header_is_folded_where_the_standard_library_folds_it(length: int) -> None:
    """Whatever the length of an id, of words and of a word: what is one column too long is folded, and no other."""
    words = ("a " * length)[:length]
    envelope = an_envelope(subject=words, name=words, headers={"X-Value": words, "X-Word": "a" * length})
    envelope = replace(envelope, send_id="a" * length)
    assert compose(envelope) == by_the_library(envelope)


def by_the_library(envelope: Envelope) -> bytes:
    """The same mail, written by the standard library."""
    mail = MIMEMultipart("alternative", boundary=f"=_{envelope.send_id}")
    mail["Date"] = format_datetime(envelope.date)
    boxes = (("From", envelope.sender), ("To", envelope.recipient), ("Reply-To", envelope.reply_to))
    for name, box in boxes:
        assert box
        mail[name] = mailbox(box)
    mail["Subject"] = encoded(envelope.subject)
    for name, value in envelope.headers.items():
        mail[name] = header_value(value)
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


WHOLE = b"Subject: hi\r\nTo: a@b.example,\r\n c@d.example\r\n\r\n"
BROKEN = (
    WHOLE.replace(b"hi", b"hi\r\nBcc: evil@example.org"),
    WHOLE.replace(b"hi", b"hi\nBcc: evil@example.org"),
    WHOLE.replace(b"hi", b"hi\rBcc: evil@example.org"),
    WHOLE.replace(b"hi", b"hi\n x"),
    WHOLE.replace(b"hi", b"hi\x00"),
    WHOLE.replace(b"hi", b"h\ti"),
    WHOLE.replace(b"hi", b"hi\x85"),
    WHOLE.replace(b"hi", b"hi\x0bBcc: evil@example.org"),
    WHOLE.replace(b"hi", b"hi\r\nloose text"),
    WHOLE.replace(b"hi", b"hi\r\n\r\nthe body"),
    WHOLE.replace(b"hi", b"hi\r\n  "),
    WHOLE.replace(b"hi", b"hi\r\n: of no name"),
    WHOLE.replace(b"hi", b"hi\r\nsubject: twice"),
    WHOLE.replace(b"Subject: hi\r\n", b""),
    WHOLE.replace(b"Subject", b"subject"),
    WHOLE.replace(b"Subject:", b"Subject :"),
    WHOLE.replace(b"Subject:", b"Subject"),
    WHOLE.replace(b"Subject", b" Subject"),
    b"From us\r\n" + WHOLE,
    b"\r\n" + WHOLE,
    b" first\r\n" + WHOLE,
    WHOLE[:-2],
    WHOLE + b"x",
    b"",
)
"""Heads other than one with a Subject and a folded To, an empty line at their end."""


@pytest.mark.parametrize("head", BROKEN)
def test_a_broken_head_is_refused(head: bytes) -> None:
    """Another name, one more or one less, or a line that some program could read as one: the mail does not leave."""
    require_headers(WHOLE, ["Subject", "To"])
    with pytest.raises(ProviderError, match="other headers than meant"):
        require_headers(head, ["Subject", "To"])


@pytest.mark.parametrize("name", ["", "X Y", "X\tY", "X:Y", "X\r\nBcc", "X\x00", "Å"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    """What cannot be the name of a header makes no mail, even where it was asked for."""
    with pytest.raises(ProviderError, match="other headers than meant"):
        compose(an_envelope(headers={name: "value"}))


PIECES = st.binary(max_size=3) | st.text("a: \t\r\n", max_size=6).map(str.encode)


@given(st.lists(st.tuples(st.integers(0, len(WHOLE)), PIECES), max_size=3))
def test_the_check_is_as_strict_as_a_parser(put_in: list[tuple[int, bytes]]) -> None:
    """Whatever is put into a head, none passes in which Python's parser sees other headers, or a body."""
    head = WHOLE
    for place, piece in put_in:
        head = head[:place] + piece + head[place:]
    with suppress(ProviderError):
        require_headers(head, ["Subject", "To"])
        parsed = BytesHeaderParser().parsebytes(head)
        assert (parsed.keys(), parsed.defects, parsed.get_payload()) == (["Subject", "To"], [], "")


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
