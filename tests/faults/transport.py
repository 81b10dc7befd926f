"""The line to the provider fails in every way it can: SMTP at each stage, SendGrid with each answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from faults.cells import some
from faults.people import queue
from faults.places import KINDS, Kind, Place
from faults.sending_on import send_on
from faults.sinks import Carrier, sink
from faults.table import Row, counted
from sending import NOW, a_runtime

from engine.db import connect
from engine.testing.sendgrid import Reply
from engine.testing.smtp_sink import Fault, Stage

BEFORE_BODY: tuple[Stage, ...] = ("connect", "ehlo", "mail", "rcpt", "data")
ALL: tuple[Stage, ...] = (*BEFORE_BODY, "dot")
SLOW, SILENT = 0.3, 1.0
"""Seconds of a slow answer, and the shortened time-out of providers that these scenarios wait for."""
CHAOS = 200


@dataclass(frozen=True, kw_only=True)
class Line:
    """What goes wrong, one mail after the other, and how many messages it may leave in doubt."""

    name: str
    carrier: Carrier
    faults: tuple[Fault, ...] = ()
    replies: tuple[Reply, ...] = ()
    doubt: int = 0


def _smtp(name: str, *faults: Fault, doubt: int = 0) -> Line:
    return Line(name=f"SMTP: {name}", carrier="smtp", faults=faults, doubt=doubt)


def _sendgrid(name: str, *replies: Reply, doubt: int = 0) -> Line:
    return Line(name=f"SendGrid: {name}", carrier="sendgrid", replies=replies, doubt=doubt)


def _at(stages: tuple[Stage, ...], reply: str, *, after: float = 0.0) -> tuple[Fault, ...]:
    return tuple(Fault(stage=stage, reply=reply, after=after) for stage in stages)


LINES = (
    _smtp("lost at each command", *_at(BEFORE_BODY, "drop")),
    _smtp("lost in the body", Fault(stage="body", reply="drop"), doubt=1),
    _smtp("lost after the final dot, the mail kept", Fault(stage="dot", reply="drop", keeps=True), doubt=1),
    _smtp("lost after the final dot, the mail not kept", Fault(stage="dot", reply="drop"), doubt=1),
    _smtp("4xx at each stage", *_at(ALL, "450 later")),
    _smtp("421 at each stage", *_at(ALL, "421 shutting down")),
    _smtp("5xx at each stage", *_at(("mail", "rcpt", "data", "dot"), "554 no")),
    _smtp("an answer nobody understands to the final dot", *_at(("dot", "dot"), "299 what"), doubt=2),
    _smtp("slow at each stage", *_at(ALL, "", after=SLOW)),
    _smtp("silent at each command", *_at(BEFORE_BODY, "hang")),
    _smtp("silent after the final dot", Fault(stage="dot", reply="hang", keeps=True), doubt=1),
    _sendgrid("400, 404, 405, 413", *(Reply(status=status) for status in (400, 404, 405, 413))),
    _sendgrid("429", *[Reply(status=429, resets_in=1)] * 3),
    _sendgrid("500, 503", *[Reply(status=500), Reply(status=503)] * 3),
    _sendgrid(
        "502, 504, the mail kept or not",
        *(Reply(status=status, keeps=keeps) for status in (502, 504) for keeps in (False, True)),
        doubt=4,
    ),
    _sendgrid(
        "answer lost, cut or garbage, the mail kept or not",
        *(Reply(does=does, keeps=keeps) for does in ("reset", "cut", "garbage") for keeps in (False, True)),
        doubt=6,
    ),
    _sendgrid("silent, the mail kept or not", Reply(does="hang"), Reply(does="hang", keeps=True), doubt=2),
    _sendgrid("slow", *[Reply(after=SLOW)] * 3),
    _sendgrid("202, then dropped", *[Reply(drops="Bounced Address")] * 3),
)


def rows(place: Place, *, full: bool) -> Iterator[Row]:
    """Let each line fail, on both databases; then all of it at random."""
    for line, kind in some(product(LINES, KINDS), full=full, every=5):
        yield failing(place, line, kind)
    if full:
        yield at_random(place, "sendgrid", "sqlite", CHAOS)
        yield at_random(place, "smtp", "postgresql", CHAOS)


def failing(place: Place, line: Line, kind: Kind) -> Row:
    """Send one mail into each fault and two more, one after the other, and count."""
    count = len(line.faults) + len(line.replies) + 2
    with place.database(kind) as url, sink(line.carrier) as other_end:
        other_end.begin(faults=line.faults, replies=line.replies)
        engine = connect(url)
        queue(engine, a_runtime(), count, now=NOW)
        send_on(engine, {**other_end.settings, **_ONE_BY_ONE})
        row = counted(line.name, engine, other_end.accepted, allowed=line.doubt)
        engine.dispose()
        return row


def at_random(place: Place, carrier: Carrier, kind: Kind, count: int) -> Row:
    """Send mails over a line on which one request in ten or so goes wrong, several at a time."""
    with place.database(kind) as url, sink(carrier, seed=count) as other_end:
        engine = connect(url)
        queue(engine, a_runtime(), count, now=NOW)
        send_on(engine, {**other_end.settings, "rate": 1000.0, **_IMPATIENT})
        row = counted(f"{_NAMES[carrier]}: faults at random", engine, other_end.accepted, allowed=other_end.unanswered)
        engine.dispose()
        return row


_NAMES: Mapping[Carrier, str] = {"sendgrid": "SendGrid", "smtp": "SMTP"}
_IMPATIENT = {"sendgrid_timeout": SILENT, "smtp_timeout": SILENT}
_ONE_BY_ONE = {"connections": 1, "rate": 1000.0, **_IMPATIENT}
