"""Mails as letters: what stored messages say, and what another release would say in their place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.errors import LifecycleError
from engine.models.tables import message, message_content
from engine.outbox.content import rendered
from engine.outbox.facts import MESSAGES, events_of, readers_of
from engine.outbox.running import Running
from engine.rules.model import Rule, Send

BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What a reader gets to see: who writes, the subject, and the mail as text and as HTML."""

    sender: str
    reply_to: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, kw_only=True)
class Instead:
    """The rule and the moment of another release that a message is to be written by."""

    rule: Rule
    send: Send


def written(connection: sa.Connection, send_ids: Collection[str]) -> dict[str, Letter]:
    """Return the stored content of messages by their send id."""
    found: dict[str, Letter] = {}
    for some in _batches(send_ids):
        chosen = sa.select(message_content).where(message_content.c.send_id.in_(some))
        found |= {row["send_id"]: _letter(row) for row in connection.execute(chosen).mappings()}
    return found


def rewritten(
    connection: sa.Connection, messages: Mapping[str, Instead], running: Running
) -> Iterator[tuple[str, Letter]]:
    """Yield, by send id, what another release would have written in place of stored contents, at the same instant.

    A message that it could not have written, as one that prints what only another trigger knows, is left out.
    """
    for some in _batches(messages):
        yield from _rewritten(connection, {each: messages[each] for each in some}, running)


def _rewritten(
    connection: sa.Connection, messages: Mapping[str, Instead], running: Running
) -> Iterator[tuple[str, Letter]]:
    chosen = MESSAGES.where(message.c.send_id.in_(messages))
    rows = [dict(row) | _by(messages[row["send_id"]]) for row in connection.execute(chosen).mappings()]
    known, happened = readers_of(connection, rows, running), events_of(connection, rows, running)
    for row in rows:
        send_id = row["send_id"]
        if send_id not in known or row["rendered_at"] is None:
            continue
        try:
            made = rendered(row, known[send_id], happened.get(send_id, {}), running, row["rendered_at"])
        except LifecycleError:
            continue
        yield send_id, _letter(made)


def _by(instead: Instead) -> dict[str, Any]:
    rule, send = instead.rule, instead.send
    return {"rule": rule.name, "topic": rule.topic, "template": send.template, "values": send.values}


def _letter(row: Mapping[str, Any] | sa.RowMapping) -> Letter:
    words = {name: row[name] or "" for name in ("sender", "reply_to", "subject", "text", "html")}
    return Letter(**words)


def _batches(send_ids: Collection[str]) -> Iterator[list[str]]:
    ordered = list(send_ids)
    yield from (ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH))
