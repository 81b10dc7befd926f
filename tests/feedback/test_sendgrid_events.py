"""The webhook events that tests are made of are signed as SendGrid signs them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader

from engine.testing.sendgrid_events import FIELDS, WebhookKey, an_event

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_sendgrids_own_helper_accepts_the_signature() -> None:
    """What SendGrid's package checks is what we sign, and a changed byte is seen."""
    key = WebhookKey()
    posted = key.post([an_event("open", "s-1", at=AT)], at=AT)
    signature, timestamp = posted.headers[EventWebhookHeader.SIGNATURE], posted.headers[EventWebhookHeader.TIMESTAMP]
    helper = EventWebhook(key.public)
    assert helper.verify_signature(posted.body.decode(), signature, timestamp)
    assert not helper.verify_signature(posted.body.decode() + " ", signature, timestamp)


@pytest.mark.parametrize("kind", FIELDS)
def test_every_kind_has_what_all_events_have(kind: str) -> None:
    """Each event names the address, the time, its own id and our send id at the top level."""
    made = an_event(kind, "s-1", at=AT, number=3)
    assert json.loads(json.dumps(made)) == made
    assert made["event"] == ("bounce" if kind == "blocked" else kind)
    assert (made["lc_send_id"], made["timestamp"], made["email"]) == ("s-1", 1772452800, "ana@example.com")
    assert made["sg_event_id"] != an_event(kind, "s-1", at=AT, number=4)["sg_event_id"]


def test_an_asynchronous_bounce_has_no_message_id() -> None:
    """Only our custom argument joins it to its message."""
    made = an_event("bounce", "s-1", at=AT, message_id=False)
    assert "sg_message_id" not in made
    assert "smtp-id" not in made
    assert made["lc_send_id"] == "s-1"
