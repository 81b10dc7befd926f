"""What each thing SendGrid can do means for the mail: the table of docs/providers.md."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from sending import NOW

from engine.clock import SetClock, to_micros
from engine.errors import ProviderError, SettingsError
from engine.providers import make
from engine.providers.base import Answer, Envelope, Mailbox, Outcome
from engine.providers.sendgrid import SendGridProvider
from engine.providers.sendgrid_payload import by_helper, payload
from engine.settings import Settings
from engine.testing.envelopes import HOSTILE, an_envelope
from engine.testing.sendgrid import Reply, SendGridServer


def send(server: SendGridServer, *, count: int = 1, timeout: float = 10, key: str | None = None) -> list[Answer]:
    """Send mails one after the other over one provider."""

    async def run() -> list[Answer]:
        provider = SendGridProvider(
            api_key=key or server.api_key, base_url=server.url, timeout=timeout, clock=SetClock(NOW)
        )
        await provider.open()
        answers = [await provider.send(an_envelope(number)) for number in range(count)]
        await provider.close()
        return answers

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(status=202), Outcome.ACCEPTED),
        (Reply(status=200), Outcome.ACCEPTED),
        *((Reply(status=status), Outcome.REFUSED) for status in (400, 404, 405, 413)),
        *((Reply(status=status), Outcome.OUR_FAULT) for status in (401, 403)),
        (Reply(status=429), Outcome.SLOW_DOWN),
        *((Reply(status=status), Outcome.NOT_SENT) for status in (500, 503)),
        *(
            (Reply(status=status), Outcome.UNKNOWN)
            for status in (201, 204, 301, 307, 402, 408, 418, 501, 502, 504, 520)
        ),
        (Reply(does="reset"), Outcome.UNKNOWN),
        (Reply(does="garbage"), Outcome.UNKNOWN),
        (Reply(does="cut"), Outcome.UNKNOWN),
    ],
)
def test_each_answer_has_its_meaning(reply: Reply, outcome: Outcome) -> None:
    """What is not in the table is unknown."""
    with SendGridServer() as server:
        server.replies.append(reply)
        (answer,) = send(server)
    assert answer.outcome is outcome
    assert not answer.unreachable


def test_silence_is_unknown() -> None:
    """Once the request has left, no answer within the time-out leaves it unknown."""
    with SendGridServer() as server:
        server.replies.append(Reply(does="hang"))
        (answer,) = send(server, timeout=0.5)
    assert answer.outcome is Outcome.UNKNOWN


def test_the_providers_words_are_kept() -> None:
    """A refusal says what SendGrid said."""
    with SendGridServer() as server:
        server.replies.append(Reply(status=400, text="The from address does not match a verified Sender Identity"))
        (answer,) = send(server)
    assert answer.words == "400 The from address does not match a verified Sender Identity"


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ({"X-RateLimit-Reset": str(to_micros(NOW) // 1_000_000 + 17)}, timedelta(seconds=17)),
        ({"X-RateLimit-Reset": "1"}, timedelta(seconds=1)),
        ({"X-RateLimit-Reset": "soon"}, timedelta(seconds=60)),
        ({}, timedelta(seconds=60)),
    ],
)
def test_how_long_to_be_quiet(header: dict[str, str], wait: timedelta) -> None:
    """After a 429 we wait until the instant SendGrid names, within reason."""
    with SendGridServer() as server:
        server.replies.append(Reply(status=429, headers=header))
        (answer,) = send(server)
    assert answer.wait == wait


def test_a_connection_is_kept_and_the_id_comes_back() -> None:
    """Mails in a row go over one connection, and SendGrid's own id is kept."""
    with SendGridServer() as server:
        answers = send(server, count=4)
        assert len(server.connections) == 1
    assert [answer.message_id for answer in answers] == ["sg-1", "sg-2", "sg-3", "sg-4"]


def test_a_wrong_key_is_our_fault() -> None:
    """The key is never shown."""
    with SendGridServer() as server:
        (answer,) = send(server, key="SG.wrong")
        assert server.seen == []
    assert answer.outcome is Outcome.OUR_FAULT
    assert "SG.wrong" not in answer.words + repr(SendGridProvider(api_key="SG.wrong"))


def test_settings_that_cannot_work_are_refused(tmp_path: Path) -> None:
    """No key, or a base URL that is none, is one clear sentence."""
    with pytest.raises(SettingsError, match="LIFECYCLE_SENDGRID_API_KEY"):
        make(Settings(provider="sendgrid", workspace=tmp_path, _env_file=None))
    with pytest.raises(ProviderError, match="sendgrid_url"):
        asyncio.run(SendGridProvider(api_key="SG.x", base_url="api.sendgrid.com").open())


def _shapes() -> list[Envelope]:
    full = an_envelope(headers={"List-Id": "<billing.acme.test>"})
    parts = vars(full)
    return [
        full,
        Envelope(**{**parts, "reply_to": None}),
        Envelope(**{**parts, "sender": Mailbox(address="hello@acme.test")}),
        Envelope(**{**parts, "recipient": Mailbox(address="b@example.com")}),
        Envelope(**{**parts, "template": "billing"}),
        *(an_envelope(number, subject=text, name=text) for number, text in enumerate(HOSTILE)),
    ]


@pytest.mark.parametrize("envelope", _shapes())
def test_the_filled_body_equals_the_helpers(envelope: Envelope) -> None:
    """A body that was filled into its shape is the one that the sendgrid package builds from nothing."""
    assert payload(envelope) == by_helper(envelope)


def test_nothing_personal_is_kept_for_ever() -> None:
    """Categories and custom arguments, which SendGrid cannot erase, hold no address and no name."""
    body = payload(an_envelope(name="Ana Svensson"))
    kept = json.dumps([body["categories"], body["personalizations"][0]["custom_args"]])
    assert "ana" not in kept.lower()
    assert body["tracking_settings"] == {"subscription_tracking": {"enable": False}}
