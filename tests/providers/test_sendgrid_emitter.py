"""The local SendGrid tells of what it took as the real one does: signed, out of order, repeated, until it is heard."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web
from sendgrid.helpers.eventwebhook import EventWebhook
from sending import NOW, a_clock

from engine.providers.sendgrid_payload import payload
from engine.testing.envelopes import an_envelope
from engine.testing.sendgrid import Reply
from engine.testing.sendgrid.emitter import Emitter
from engine.testing.sendgrid_events import SIGNATURE, TIMESTAMP

MAILS = 30


def told(*, refusals: int) -> tuple[Emitter, list[dict[str, Any]]]:
    """Tell of mails to a webhook that refuses its first batches; returns who told, and all events that came."""
    came: list[dict[str, Any]] = []

    async def run() -> Emitter:
        left = refusals

        async def handle(request: web.BaseRequest) -> web.Response:
            nonlocal left
            body = (await request.read()).decode()
            key = EventWebhook().convert_public_key_to_ecdsa(emitter.key.public)
            told = (request.headers[SIGNATURE], request.headers[TIMESTAMP])
            assert EventWebhook().verify_signature(body, *told, key)
            left -= 1
            if left >= 0:
                return web.Response(status=503)
            came.extend(json.loads(body))
            return web.Response(status=204)

        runner = web.ServerRunner(web.Server(handle))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        emitter = Emitter(url=f"http://127.0.0.1:{runner.addresses[0][1]}", clock=a_clock(NOW))
        for number in range(MAILS):
            reply = Reply(drops="Bounced Address") if number == 0 else Reply()
            emitter.heard(payload(an_envelope(number)), f"sg-{number}", reply)
        await emitter.end()
        await runner.cleanup()
        return emitter

    return asyncio.run(run()), came


def test_every_event_comes_at_least_once() -> None:
    """Each mail is told of, the one that was dropped later by that alone; some come twice, none in order."""
    emitter, came = told(refusals=0)
    kinds = {event["sg_event_id"]: (event["lc_send_id"], event["event"]) for event in came}
    dropped = [event for event in came if event["event"] == "dropped"]
    assert len(kinds) == 1 + 2 * (MAILS - 1)
    assert {event["reason"] for event in dropped} == {"Bounced Address"}
    assert len(came) > len(kinds)
    assert [event["event"] for event in came[:4]] != ["dropped", "processed", "delivered", "processed"]
    assert emitter.accepted > 1


def test_what_is_refused_comes_again() -> None:
    """A webhook that is away for some batches misses nothing."""
    _, came = told(refusals=3)
    assert len({event["sg_event_id"] for event in came}) == 1 + 2 * (MAILS - 1)
