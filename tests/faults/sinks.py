"""The other ends in this process: a SendGrid and an SMTP server that can kill whoever sends."""

from __future__ import annotations

import os
import signal
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Literal

from engine.testing import sendgrid, smtp_sink
from engine.testing.sendgrid import Reply, SendGridServer
from engine.testing.smtp_sink import Fault, SmtpSink, Stage

Carrier = Literal["sendgrid", "smtp"]
CARRIERS: tuple[Carrier, ...] = ("sendgrid", "smtp")
MID_REQUEST, AFTER_ACCEPTANCE = "mid-request", "after acceptance"


@dataclass(kw_only=True)
class Sink:
    """What a scenario needs of either: how to reach it, what it accepted, and what goes wrong there.

    `unanswered` counts what went wrong at random in a way that leaves a sender in doubt.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    accepted: Counter[str] = field(default_factory=Counter)
    kills_at: str = ""
    victim: int | None = None
    faults: deque[Fault] = field(default_factory=deque)
    replies: deque[Reply] = field(default_factory=deque)
    seed: int | None = None
    unanswered: int = 0

    def begin(self, *, faults: Iterable[Fault] = (), replies: Iterable[Reply] = ()) -> None:
        """Let these go wrong, one after the other."""
        self.faults.extend(faults)
        self.replies.extend(replies)

    def take(self, send_id: str) -> None:
        """Count a mail, which has not been answered yet."""
        self.accepted[send_id] += 1
        self.reached(AFTER_ACCEPTANCE)

    def reached(self, where: str) -> bool:
        """Kill the victim, if this is where; returns whether it did."""
        if where != self.kills_at or self.victim is None:
            return False
        os.kill(self.victim, signal.SIGKILL)
        self.victim = None
        return True


@contextmanager
def sink(carrier: Carrier, *, kills_at: str = "", seed: int | None = None) -> Iterator[Sink]:
    """Listen for a while as a SendGrid or an SMTP server; with a `seed`, things go wrong at random."""
    with (_sendgrid if carrier == "sendgrid" else _smtp)(Sink(kills_at=kills_at, seed=seed)) as ready:
        yield ready


@contextmanager
def _sendgrid(sink: Sink) -> Iterator[Sink]:
    at_random = repeat(Reply()) if sink.seed is None else sendgrid.chaos(sink.seed)

    def replies() -> Iterator[Reply]:
        while True:
            reply = Reply(does="reset") if sink.reached(MID_REQUEST) else next(at_random)
            sink.unanswered += bool(reply.does) or reply.status in UNCLEAR
            yield reply

    def taken(body: dict[str, Any], _number: str, _reply: Reply) -> None:
        sink.take(body["personalizations"][0]["custom_args"]["lc_send_id"])

    with SendGridServer(replies=sink.replies, otherwise=replies(), listener=taken, remembers=False) as server:
        sink.settings = {"provider": "sendgrid", "sendgrid_url": server.url, "sendgrid_api_key": server.api_key}
        yield sink


@contextmanager
def _smtp(sink: Sink) -> Iterator[Sink]:
    at_random = smtp_sink.nothing if sink.seed is None else smtp_sink.chaos(sink.seed)

    def choose(stage: Stage) -> Fault | None:
        if stage == "body" and sink.reached(MID_REQUEST):
            return Fault(stage=stage, reply="drop")
        fault = at_random(stage)
        sink.unanswered += fault is not None and (stage == "body" or (stage, fault.reply) == ("dot", "drop"))
        return fault

    with SmtpSink(
        faults=sink.faults, otherwise=choose, listener=lambda mail: sink.take(mail.send_id), remembers=False
    ) as server:
        sink.settings = {"provider": "smtp", "smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_tls": "none"}
        yield sink


UNCLEAR = frozenset({502, 504})
"""Answers that do not say whether the mail was taken."""
