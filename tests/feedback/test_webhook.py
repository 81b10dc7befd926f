"""The webhook takes what SendGrid has signed, all of it, and nothing else."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from feedback.receiving import Room, a_room
from sending import NOW
from telling import a_sent_message, kinds, outcomes, rows, understand

from engine.app import App
from engine.errors import SettingsError
from engine.models.tables import provider_event
from engine.settings import Settings
from engine.testing.sendgrid_events import SIGNATURE, TIMESTAMP, Posted, WebhookKey, an_event
from engine.web.serve import webhooks

KEY = WebhookKey()
EVENT = an_event("open", "6b0b2e0a-58a4-5d3c-9a53-3a1f0a7f1c11", at=NOW)
STORED, GARBAGE, FORGED, NOT_THERE, NOT_ALLOWED, TOO_LARGE, TRY_AGAIN = 204, 400, 403, 404, 405, 413, 503


@pytest.fixture
def room(database: sa.Engine) -> Iterator[Room]:
    """The webhook over a fresh database of each kind."""
    with a_room(database, KEY.public) as room:
        yield room


def landed(database: sa.Engine) -> list[str]:
    """Return the ids of what has landed."""
    return rows(database, provider_event, "event_id")


def test_a_signed_batch_is_stored_once_with_all_its_fields(database: sa.Engine, room: Room) -> None:
    """Every field is kept, also those nobody knows; the same batch again changes nothing."""
    event = EVENT | {"new_field": {"a": [1, None, True]}, "å": "字"}
    posted = KEY.post([event, an_event("click", None, at=NOW)], at=NOW)
    assert [room.post(posted), room.post(posted)] == [STORED, STORED]
    stored = dict(rows(database, provider_event, "event_id", "payload"))
    assert len(stored) == 2
    assert stored[event["sg_event_id"]] == event


def test_what_was_stored_is_understood(database: sa.Engine, room: Room) -> None:
    """From the wire to the fact."""
    send_id = a_sent_message(database)
    assert room.post(KEY.post([an_event("delivered", send_id, at=NOW)], at=NOW)) == STORED
    understand(database, now=NOW)
    assert kinds(database) == ["delivered"]


def test_an_old_signature_is_taken(database: sa.Engine, room: Room) -> None:
    """SendGrid tries for a day, with the timestamp of the first time."""
    assert room.post(KEY.post([EVENT], at=NOW.replace(year=2001))) == STORED


FORGERIES: dict[str, dict[str, str | None]] = {
    "no signature": {SIGNATURE: None},
    "an empty one": {SIGNATURE: ""},
    "no base64": {SIGNATURE: "a"},
    "not even ASCII": {SIGNATURE: "\xe5\xe4\xf6"},
    "base64 of nothing sensible": {SIGNATURE: base64.b64encode(b"nothing").decode()},
    "of another key": {SIGNATURE: WebhookKey().post([EVENT], at=NOW).headers[SIGNATURE]},
    "of another body": {SIGNATURE: KEY.post([EVENT, EVENT], at=NOW).headers[SIGNATURE]},
    "no timestamp": {TIMESTAMP: None},
    "another timestamp": {TIMESTAMP: "1"},
}


@pytest.mark.parametrize("changed", FORGERIES.values(), ids=FORGERIES)
def test_what_is_not_signed_by_sendgrid_is_refused(
    database: sa.Engine, room: Room, changed: dict[str, str | None]
) -> None:
    """A forged request is answered with 403, and nothing of it is stored."""
    assert room.post(KEY.post([EVENT], at=NOW), **changed) == FORGED
    assert landed(database) == []


def test_a_body_that_is_no_text_is_refused(database: sa.Engine, room: Room) -> None:
    """SendGrid signs text; what is not UTF-8 cannot be its own."""
    assert room.post(KEY.sign(b"\xff\xfe[]", at=NOW)) == FORGED


BODIES = (b"", b"nothing", b"{", b'{"event": "open"}', b'"open"', b"[" * 100_000, b"[1" + b"0" * 5000 + b"]")


@pytest.mark.parametrize("body", BODIES, ids=[body[:8].decode() or "empty" for body in BODIES])
def test_a_signed_body_that_is_no_list_is_garbage(database: sa.Engine, room: Room, body: bytes) -> None:
    """It is answered with 400, also where it would take a parser to its limits."""
    assert room.post(KEY.sign(body, at=NOW)) == GARBAGE
    assert landed(database) == []


def nested(depth: int) -> list[Any]:
    """Return a list in a list in a list."""
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


ODD: dict[str, object] = {
    "no object": 17,
    "an id with NUL": EVENT | {"sg_event_id": "a\x00b"},
    "an id with a line break": EVENT | {"sg_event_id": "a\nb"},
    "an id that is too long": EVENT | {"sg_event_id": "x" * 256},
    "an id that is half a character": EVENT | {"sg_event_id": "\ud800"},
    "an id that is a number": EVENT | {"sg_event_id": 17},
    "one within one within one": EVENT | {"sg_event_id": "deep", "more": nested(450)},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_event_that_cannot_be_stored_keeps_back_no_other(database: sa.Engine, room: Room, odd: object) -> None:
    """The others of its batch are stored, and the answer is well, so that it does not come again for a day."""
    assert room.post(KEY.post([odd, EVENT], at=NOW)) == STORED
    assert EVENT["sg_event_id"] in landed(database)
    assert set(landed(database)) <= {EVENT["sg_event_id"], "deep"}


def test_an_event_without_an_id_is_known_by_its_content(database: sa.Engine, room: Room) -> None:
    """The same content twice is one event, another content another."""
    bare = {name: value for name, value in EVENT.items() if name != "sg_event_id"}
    posted = KEY.post([bare, dict(reversed(bare.items())), bare | {"ip": "192.0.2.1"}], at=NOW)
    assert room.post(posted) == STORED
    assert len(landed(database)) == 2


def test_values_that_a_database_refuses_are_mended(database: sa.Engine, room: Room) -> None:
    """A hostile user agent cannot keep an unsubscribe from being heard."""
    send_id = a_sent_message(database)
    odd = {"useragent": "a\x00b\ud800", "k\x00ey": float("nan"), "large": [float("inf"), 10**400]}
    assert room.post(KEY.post([an_event("group_unsubscribe", send_id, at=NOW) | odd], at=NOW)) == STORED
    understand(database, now=NOW)
    assert outcomes(database) == ["unsubscribed: noted"]


def test_a_body_has_a_limit(database: sa.Engine, room: Room) -> None:
    """What is much larger than any batch of SendGrid's is refused, signed or not."""
    assert room.post(KEY.sign(b" " * (webhooks.LARGEST + 1), at=NOW)) == TOO_LARGE


def test_ten_thousand_events_are_stored_at_once(database: sa.Engine, room: Room) -> None:
    """A batch as large as the limit is one transaction."""
    events = [{"sg_event_id": f"e-{number}", "event": "open"} for number in range(10_000)]
    assert room.post(KEY.post(events, at=NOW)) == STORED
    assert len(landed(database)) == 10_000


def test_a_database_that_cannot_be_written_is_said(tmp_path: Any) -> None:  # noqa: ANN401 (pytest's path)
    """Nothing is answered well before it is durable: SendGrid sends it again."""
    broken = sa.create_engine(f"sqlite:///{tmp_path / 'no' / 'such.db'}")
    with a_room(broken, KEY.public) as room:
        assert room.post(KEY.post([EVENT], at=NOW)) == TRY_AGAIN


def test_without_a_key_nothing_is_taken(database: sa.Engine) -> None:
    """No key configured means no webhook."""
    with a_room(database, "") as room:
        assert room.post(KEY.post([EVENT], at=NOW)) == NOT_THERE
    assert landed(database) == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_only_posts_are_taken(database: sa.Engine, room: Room, method: str) -> None:
    """There is nothing to read here."""
    assert room.ask(method, b"", {}) == NOT_ALLOWED


PUBLIC = KEY.public
KEYS: dict[str, Callable[[], str]] = {
    "no base64": lambda: "not a key",
    "not a whole key": lambda: PUBLIC[:-8],
    "nothing of a key": lambda: base64.b64encode(b"key").decode(),
    "not ASCII": lambda: "ключ",
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_that_is_none_is_said_at_start(database: sa.Engine, key: Callable[[], str]) -> None:
    """One clear sentence about the setting, before anything is served."""
    from fastapi import FastAPI

    app = App(settings=Settings(sendgrid_webhook_key=key()), database=database)
    with pytest.raises(SettingsError, match="sendgrid_webhook_key is not the verification key"):
        webhooks.register(FastAPI(), app)


def test_a_key_may_be_written_in_several_lines() -> None:
    """As a file of secrets may hold it."""
    posted: Posted = KEY.post([EVENT], at=NOW)
    check = webhooks.checker("\n".join([PUBLIC[:60], PUBLIC[60:], ""]))
    assert check(posted.body, posted.headers[SIGNATURE], posted.headers[TIMESTAMP])
    assert json.loads(posted.body) == [EVENT]
