"""The other ends in this process: a SendGrid and an SMTP server that can kill whoever sends."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.testing.sendgrid import Reply, SendGridServer
from engine.testing.smtp_sink import Fault, SmtpSink, Stage

Carrier = Literal["sendgrid", "smtp"]
CARRIERS: tuple[Carrier, ...] = ("sendgrid", "smtp")
MID_REQUEST, AFTER_ACCEPTANCE = "mid-request", "after acceptance"


@dataclass(kw_only=True)
class Sink:
    """What a scenario needs of either: how to reach it, what it accepted, and whom it kills where."""

    settings: dict[str, Any] = field(default_factory=dict)
    accepted: Counter[str] = field(default_factory=Counter)
    victim: int | None = None
    kills_at: str = ""
    killed: int = 0

    def reached(self, where: str) -> bool:
        """Kill the victim, if this is where; returns whether it did."""
        if where != self.kills_at or self.victim is None:
            return False
        os.kill(self.victim, signal.SIGKILL)
        self.victim = None
        self.killed += 1
        return True


@contextmanager
def sink(carrier: Carrier, *, kills_at: str = "") -> Iterator[Sink]:
    """Listen for a while as a SendGrid or an SMTP server."""
    with (_sendgrid if carrier == "sendgrid" else _smtp)(Sink(kills_at=kills_at)) as ready:
        yield ready


@contextmanager
def _sendgrid(sink: Sink) -> Iterator[Sink]:
    def replies() -> Iterator[Reply]:
        while True:
            yield Reply(does="reset") if sink.reached(MID_REQUEST) else Reply()

    def taken(body: dict[str, Any], _number: str, _reply: Reply) -> None:
        sink.accepted[body["personalizations"][0]["custom_args"]["lc_send_id"]] += 1
        sink.reached(AFTER_ACCEPTANCE)

    with SendGridServer(otherwise=replies(), listener=taken, remembers=False) as server:
        sink.settings = {"provider": "sendgrid", "sendgrid_url": server.url, "sendgrid_api_key": server.api_key}
        yield sink


@contextmanager
def _smtp(sink: Sink) -> Iterator[Sink]:
    def choose(stage: Stage) -> Fault | None:
        return Fault(stage=stage, reply="drop") if stage == "body" and sink.reached(MID_REQUEST) else None

    def taken(send_id: str) -> None:
        sink.accepted[send_id] += 1
        sink.reached(AFTER_ACCEPTANCE)

    with SmtpSink(otherwise=choose, listener=lambda mail: taken(mail.send_id), remembers=False) as server:
        sink.settings = {"provider": "smtp", "smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_tls": "none"}
        yield sink
