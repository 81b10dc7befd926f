"""What each thing an SMTP server can do means for the mail: the table of docs/providers.md."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace

import pytest
import trustme

from engine.errors import ProviderError
from engine.providers.base import Answer, Outcome
from engine.providers.mime import compose
from engine.providers.smtp import SmtpProvider
from engine.providers.smtp_replies import verdict
from engine.testing.envelopes import an_envelope
from engine.testing.smtp_sink import Fault, SmtpSink


def send(sink: SmtpSink, *, count: int = 1, timeout: float = 10, **settings: object) -> list[Answer]:
    """Send mails one after the other over one provider."""

    async def run() -> list[Answer]:
        given = {"host": "127.0.0.1", "port": sink.port, "tls": "none", **settings}
        provider = SmtpProvider(timeout=timeout, **given)  # type: ignore[arg-type]
        await provider.open()
        answers = [await provider.send(an_envelope(number)) for number in range(count)]
        await provider.close()
        return answers

    return asyncio.run(run())


@pytest.mark.parametrize("host", ["nosuch.invalid", "mail..example.com", "a" * 64 + ".example.com", "a b"])
def test_a_host_that_there_cannot_be_leaves_nobody_in_doubt(host: str) -> None:
    """Whether nobody has the name or it is none at all, nothing was sent, and the settings are told."""
    answer = asyncio.run(SmtpProvider(host=host, port=25).send(an_envelope()))
    assert answer.outcome is Outcome.NOT_SENT
    assert answer.unreachable
    assert answer.words.startswith(f"{host}:25 cannot be reached")


@pytest.mark.parametrize(
    ("stage", "reply", "outcome"),
    [
        ("mail", "451 try later", Outcome.NOT_SENT),
        ("mail", "550 no such sender", Outcome.REFUSED),
        ("mail", "530 authentication required", Outcome.OUR_FAULT),
        ("mail", "drop", Outcome.NOT_SENT),
        ("rcpt", "450 greylisted", Outcome.NOT_SENT),
        ("rcpt", "550 no such user", Outcome.REFUSED),
        ("rcpt", "drop", Outcome.NOT_SENT),
        ("data", "451 not now", Outcome.NOT_SENT),
        ("data", "554 no", Outcome.REFUSED),
        ("data", "drop", Outcome.NOT_SENT),
        ("dot", "451 try later", Outcome.NOT_SENT),
        ("dot", "421 shutting down", Outcome.NOT_SENT),
        ("dot", "554 spam", Outcome.REFUSED),
        ("dot", "251 what", Outcome.UNKNOWN),
        ("dot", "gibberish", Outcome.UNKNOWN),
        ("dot", "drop", Outcome.UNKNOWN),
    ],
)
def test_each_answer_has_its_meaning(stage: str, reply: str, outcome: Outcome) -> None:
    """Before the final dot nothing was sent; after it a lost or odd answer leaves it unknown; 5xx is a refusal."""
    with SmtpSink() as sink:
        sink.faults.append(Fault(stage=stage, reply=reply))  # type: ignore[arg-type]
        (answer,) = send(sink)
    assert answer.outcome is outcome
    assert answer.words
    assert not answer.unreachable


@pytest.mark.parametrize(("stage", "outcome"), [("rcpt", Outcome.NOT_SENT), ("dot", Outcome.UNKNOWN)])
def test_silence_ends_with_the_time_out(stage: str, outcome: Outcome) -> None:
    """A server that stops to answer is left after the time-out, and the stage says what that means."""
    with SmtpSink() as sink:
        sink.faults.append(Fault(stage=stage, reply="hang"))  # type: ignore[arg-type]
        (answer,) = send(sink, timeout=0.5)
    assert answer.outcome is outcome
    assert "0.5 seconds" in answer.words


def test_a_connection_is_kept() -> None:
    """Mails in a row go over one connection."""
    with SmtpSink() as sink:
        assert {answer.outcome for answer in send(sink, count=5)} == {Outcome.ACCEPTED}
        assert (sink.sessions, len(sink.mails)) == (1, 5)


def test_dots_arrive_as_they_were_written() -> None:
    """Lines that begin with dots, or are one, reach the other end byte for byte, and nothing ends the mail early."""
    envelope = replace(an_envelope(), text="..\n...three\n.\n.one\n", html="." * 200)

    async def run(provider: SmtpProvider) -> Answer:
        answer = await provider.send(envelope)
        await provider.close()
        return answer

    with SmtpSink() as sink:
        answer = asyncio.run(run(SmtpProvider(host="127.0.0.1", port=sink.port, tls="none")))
        assert answer.outcome is Outcome.ACCEPTED
        assert [mail.content for mail in sink.mails] == [compose(envelope)]


@pytest.mark.parametrize("reply", ["550 no such user", "drop"])
def test_a_fault_does_not_reach_the_next_mail(reply: str) -> None:
    """After a refusal or a lost connection the next mail arrives, and alone."""
    with SmtpSink() as sink:
        sink.faults.append(Fault(stage="rcpt", reply=reply))
        answers = send(sink, count=2)
        assert answers[1].outcome is Outcome.ACCEPTED
        assert [mail.recipients for mail in sink.mails] == [("ana1@example.com",)]


def test_a_wrong_password_is_our_fault() -> None:
    """A login that is refused stops the lane instead of burning recipients."""
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    with SmtpSink(tls="starttls", context=server, login=("us", "right")) as sink:
        (answer,) = send(sink, tls="starttls", tls_context=client, user="us", password="wrong")
    assert answer.outcome is Outcome.OUR_FAULT
    assert "login refused" in answer.words
    assert "wrong" not in answer.words


def test_a_certificate_nobody_vouches_for_is_refused() -> None:
    """Without a certificate that can be checked nothing is sent, and the sentence says where to look."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(server)
    with SmtpSink(tls="starttls", context=server) as sink:
        (answer,) = send(sink, tls="starttls")
        assert sink.mails == []
    assert answer.outcome is Outcome.NOT_SENT
    assert answer.unreachable
    assert "certificate" in answer.words


def test_encryption_is_never_given_up() -> None:
    """A server that offers no STARTTLS gets no mail where settings ask for it."""
    with SmtpSink() as sink:
        (answer,) = send(sink, tls="starttls")
        assert sink.mails == []
    assert answer.outcome is Outcome.NOT_SENT
    assert answer.unreachable


def test_a_password_does_not_travel_in_clear() -> None:
    """A login without encryption to another host is refused at the start."""
    provider = SmtpProvider(host="mail.example.com", port=25, user="us", password="secret", tls="none")
    with pytest.raises(ProviderError, match="in clear"):
        asyncio.run(provider.open())
    assert "secret" not in repr(provider)


@pytest.mark.parametrize("code", range(200, 600))
def test_the_answer_to_the_dot_is_never_taken_for_more_than_it_says(code: int) -> None:
    """Only 250 is acceptance, only 4xx "not sent", only 5xx a refusal."""
    expected = {4: Outcome.NOT_SENT, 5: Outcome.REFUSED}.get(code // 100, Outcome.UNKNOWN)
    assert verdict(code, "words").outcome is (Outcome.ACCEPTED if code == 250 else expected)
