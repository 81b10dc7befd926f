"""`POST /webhooks/sendgrid`: events are checked, stored, and only then answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader

from engine.app import App
from engine.errors import LifecycleError, SettingsError
from engine.feedback import Raw, content_id, land, storable, usable_id

PATH = "/webhooks/sendgrid"
LARGEST = 4 * 1024 * 1024
"""Bytes of a body; SendGrid's batches are 768 KB at most."""
CURVE = "secp256r1"
STORED, GARBAGE, FORGED, NOT_SET_UP, TOO_LARGE, TRY_AGAIN = 204, 400, 403, 404, 413, 503
log = structlog.get_logger("lifecycle")
Check = Callable[[bytes, str, str], bool]


def register(site: FastAPI, app: App) -> None:
    """Add the webhook's room; raises SettingsError where `sendgrid_webhook_key` is no key of SendGrid's.

    Without a key nothing is accepted: the room answers that it is not there, and the log says so at start.
    """
    key = app.settings.sendgrid_webhook_key
    check = checker(key) if key else None
    if check is None:
        tell = log.warning if app.settings.provider == "sendgrid" else log.info
        tell("sendgrid_webhook_key is not set: events of SendGrid are refused", path=PATH)

    async def sendgrid(request: Request) -> Response:
        if check is None:
            return Response(status_code=NOT_SET_UP)
        body = await _body(request)
        if body is None:
            return Response(status_code=TOO_LARGE)
        signature, timestamp = (request.headers.get(name, "") for name in _SIGNED)
        if not check(body, signature, timestamp):
            log.warning("an event was refused: its signature is not SendGrid's")
            return Response(status_code=FORGED)
        return Response(status_code=await run_in_threadpool(_take, app, body))

    site.add_api_route(PATH, sendgrid, methods=["POST"], include_in_schema=False)


_SIGNED = (EventWebhookHeader.SIGNATURE, EventWebhookHeader.TIMESTAMP)


def checker(key: str) -> Check:
    """Return what checks signatures by a public key, in base64 as SendGrid shows it.

    A signature is never refused for its age, since SendGrid tries again for a day; a repetition changes nothing.
    """
    try:
        helper = EventWebhook("".join(key.split()))
        sound = getattr(getattr(helper.public_key, "curve", None), "name", "") == CURVE
    except ValueError:
        sound = False
    if not sound:
        raise SettingsError(
            "sendgrid_webhook_key is not the verification key that SendGrid shows with its Event Webhook"
        )

    def check(body: bytes, signature: str, timestamp: str) -> bool:
        try:
            return bool(helper.verify_signature(body.decode(), signature, timestamp))
        except ValueError:  # a body that is no UTF-8, a signature that is no base64
            return False

    return check


async def _body(request: Request) -> bytes | None:
    """Read the body, no further than it may be long; None where it is longer."""
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > LARGEST:
            return None
    return bytes(parts)


def _take(app: App, body: bytes) -> int:
    """Store the events of a body, and return how to answer: well only once they are durable."""
    try:
        batch = json.loads(body, parse_constant=str)
    except (ValueError, RecursionError):
        batch = None
    if not isinstance(batch, list):
        log.warning("a signed body was refused: it is no list of events")
        return GARBAGE
    events = list(_raw(batch))
    try:
        land(app.database, events, now=app.clock.now())
    except LifecycleError as error:
        log.error("events could not be stored; SendGrid will send them again", reason=str(error))  # noqa: TRY400 (one sentence)
        return TRY_AGAIN
    if len(events) < len(batch):
        log.warning("events without a usable id were refused", refused=len(batch) - len(events))
    return STORED


def _raw(batch: list[Any]) -> Iterator[Raw]:
    """Return the events that can be stored; one that cannot does not keep back the others."""
    for event in batch:
        try:
            given = event.get("sg_event_id") or content_id(event)
            if usable_id(given):
                yield Raw(event_id=given, provider="sendgrid", payload=storable(event))
        except (AttributeError, RecursionError):  # no object, or one within one within one
            continue
