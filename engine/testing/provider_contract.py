"""What every provider must do: subclass `ProviderContract` in a test, say how to make one, and run it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32

from engine.providers.base import Answer, Envelope, Outcome, Provider
from engine.testing.envelopes import HOSTILE, an_envelope


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A mail as it arrived at the other end: its id, to whom, the texts in order by type, and the header names."""

    send_id: str
    recipient: str
    subject: str
    parts: tuple[tuple[str, str], ...]
    headers: tuple[str, ...]

    @classmethod
    def read(cls, content: bytes, recipient: str = "") -> Arrived:
        """Read the bytes of a mail."""
        mail = BytesParser(policy=compat32).parsebytes(content)
        parts = tuple((part.get_content_type(), _text(part)) for part in mail.walk() if not part.is_multipart())
        return cls(
            send_id=str(mail["Message-ID"]).strip("<>").partition("@")[0],
            recipient=recipient or str(mail["To"]),
            subject=str(mail["Subject"]),
            parts=parts,
            headers=tuple(name.lower() for name in mail.keys()),  # noqa: SIM118 (a mail may repeat a name)
        )


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode("utf-8").replace("\r\n", "\n")


class ProviderContract(ABC):
    """The suite; `provider` and `arrived` say what is tested, `unreachable` a provider nobody answers."""

    @abstractmethod
    def provider(self) -> Provider:
        """Return a provider whose other end works."""

    @abstractmethod
    def arrived(self) -> Sequence[Arrived]:
        """Return what has arrived at the other end, in order."""

    def unreachable(self) -> Provider | None:
        """Return a provider whose other end cannot be reached; None where there is no such thing."""
        return None

    def test_says_what_it_is(self) -> None:
        """A provider has a name and bounds the time of a send."""
        provider = self.provider()
        assert provider.name.isidentifier()
        assert 0 < provider.timeout <= 600  # noqa: PLR2004 (SMTP's longest time-out)

    def test_a_mail_arrives_once_and_whole(self) -> None:
        """An accepted mail has arrived once, with its text part first and no word lost."""
        envelope = an_envelope()
        answer = asyncio.run(self._send(envelope))[0]
        assert answer.outcome is Outcome.ACCEPTED
        (mail,) = self.arrived()
        assert mail.send_id == envelope.send_id
        assert envelope.recipient.address in mail.recipient
        assert [kind for kind, _ in mail.parts] == ["text/plain", "text/html"]
        assert [text.strip() for _, text in mail.parts] == [envelope.text.strip(), envelope.html.strip()]

    def test_headers_travel(self) -> None:
        """The headers of the envelope arrive."""
        asyncio.run(
            self._send(an_envelope(headers={"Auto-Submitted": "auto-generated", "List-Id": "<billing.acme.test>"}))
        )
        assert {"auto-submitted", "list-id"} <= set(self.arrived()[0].headers)

    def test_no_text_becomes_a_header(self) -> None:
        """Whatever stands in names and subjects, the mail has the headers of a harmless one."""
        envelopes = [an_envelope(number, subject=text, name=text) for number, text in enumerate(HOSTILE)]
        answers = asyncio.run(self._send(an_envelope(99), *envelopes))
        assert {answer.outcome for answer in answers} == {Outcome.ACCEPTED}
        harmless, *others = self.arrived()
        assert {frozenset(other.headers) for other in others} == {frozenset(harmless.headers)}

    def test_many_at_once_all_arrive(self) -> None:
        """Mails sent at the same time arrive once each."""
        envelopes = [an_envelope(number) for number in range(20)]
        answers = asyncio.run(self._send(*envelopes, together=True))
        assert {answer.outcome for answer in answers} == {Outcome.ACCEPTED}
        assert sorted(mail.send_id for mail in self.arrived()) == sorted(each.send_id for each in envelopes)

    def test_closing_twice_is_fine(self) -> None:
        """A provider may be closed twice, and opened again."""

        async def close_twice() -> Answer:
            provider = self.provider()
            await provider.open()
            await provider.close()
            await provider.close()
            await provider.open()
            answer = await provider.send(an_envelope())
            await provider.close()
            return answer

        assert asyncio.run(close_twice()).outcome is Outcome.ACCEPTED

    def test_nobody_there_is_not_sent(self) -> None:
        """Where no connection can be made, the answer is "not sent", says so, and is a sentence."""
        provider = self.unreachable()
        if provider is None:
            return

        async def knock() -> Answer:
            await provider.open()
            answer = await provider.send(an_envelope())
            await provider.close()
            return answer

        answer = asyncio.run(knock())
        assert answer.outcome is Outcome.NOT_SENT
        assert answer.unreachable
        assert "cannot" in answer.words

    async def _send(self, *envelopes: Envelope, together: bool = False) -> list[Answer]:
        async with _opened(self.provider()) as provider:
            if together:
                return list(await asyncio.gather(*(provider.send(envelope) for envelope in envelopes)))
            return [await provider.send(envelope) for envelope in envelopes]


@asynccontextmanager
async def _opened(provider: Provider) -> AsyncIterator[Provider]:
    await provider.open()
    try:
        yield provider
    finally:
        await provider.close()
