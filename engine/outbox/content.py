"""Content: what a message says, rendered once when its time has come, outside any transaction (commit 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog

from engine.clock import monotonic
from engine.db import Straight, add_missing, among, by_keys, deciding, reading
from engine.errors import LifecycleError
from engine.hashing import address_hash
from engine.links import Holder
from engine.models.tables import message, message_content
from engine.outbox import leases
from engine.outbox.due import Candidate, first, these
from engine.outbox.facts import Row, events_of, made_from, moment_of, readers_of
from engine.outbox.following import follow, write_followed
from engine.outbox.headers import headers, links, who_writes
from engine.outbox.judging import Claimer, anew, ended, judged
from engine.outbox.running import Running
from engine.outbox.states import IS_QUEUED, Move, Status, move
from engine.outbox.written import Written
from engine.rules.model import Topic
from engine.subjects import Known, context

BATCH = 500
PATIENCE = 2.0
"""For how many seconds rendering goes on before what is made is stored; on SQLite settling and heartbeats wait."""
T = TypeVar("T")
_WAITS = Straight(
    sa.select(message.c.send_id)
    .where(IS_QUEUED, among(message.c.send_id, "ids"))
    .with_for_update(key_share=True, read=True, skip_locked=True)
)
log = structlog.get_logger("lifecycle")


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Due messages that have content, in the order in which they leave, and what preparing them did."""

    candidates: tuple[Candidate, ...] = ()
    rendered: int = 0
    moves: tuple[Move, ...] = ()

    @property
    def counts(self) -> Mapping[str, int]:
        """How many messages ended because they can have no content, by status."""
        return Counter(str(each.to) for each in self.moves)


@dataclass(frozen=True, kw_only=True)
class _Unwritten:
    """A message that can have no content, and why."""

    row: Row
    reason: str


@dataclass(frozen=True, kw_only=True)
class _Page:
    """What is due, as it was read: `bare` rows have no content yet, and are rendered from the rest."""

    chosen: Sequence[Candidate] = ()
    rows: Sequence[Row] = ()
    moved: Sequence[Row] = ()
    bare: Sequence[Row] = ()
    known: Mapping[str, Known] = field(default_factory=dict)
    happened: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """Of which messages the content is stored, what of it is as this worker wrote it, and which have ended."""

    stored: frozenset[str] = frozenset()
    written: Mapping[str, Written] = field(default_factory=dict)
    moves: Sequence[Move] = ()


def prepare(
    engine: sa.Engine,
    claimer: Claimer,
    *,
    now: datetime,
    limit: int = BATCH,
    ahead: Collection[str] = (),
    patience: float = PATIENCE,
) -> Prepared:
    """Render what is due and has no content yet, and return what is ready to be claimed, but those `ahead`.

    After `patience` seconds no other mail is begun; the rest is left to the next call.
    """
    page = _page(engine, claimer, now=now, limit=limit, ahead=ahead)
    renders = (partial(_made, row, page.known, page.happened, claimer.running, now) for row in page.bare)
    made = _in_time(renders, patience)
    contents = [each for each in made if isinstance(each, dict)]
    unwritten = [each for each in made if isinstance(each, _Unwritten)]
    unwritten += [_Unwritten(row=row, reason=row["gone"]) for row in page.rows if row["gone"]]
    kept = _kept(engine, claimer, page, contents, unwritten, now=now)
    waiting = {row["send_id"] for row in page.bare} - kept.stored
    ready = {row["send_id"] for row in page.rows} - waiting - {each.row["send_id"] for each in unwritten}
    return Prepared(
        candidates=tuple(
            replace(each, written=kept.written.get(each.send_id)) for each in page.chosen if each.send_id in ready
        ),
        rendered=len(kept.stored),
        moves=tuple(kept.moves),
    )


def _page(engine: sa.Engine, claimer: Claimer, *, now: datetime, limit: int, ahead: Collection[str]) -> _Page:
    """Read what is due, and what the mails among it that have no content are rendered from."""
    running = claimer.running
    with reading(engine) as connection:
        by_keys(connection)
        share = leases.share(connection, claimer.worker, now=now)
        chosen = first(connection, running, share, now=now, limit=limit, ahead=ahead)
        if not chosen:
            return _Page()
        followed = follow(connection, these(connection, running, chosen, now=now), running)
        bare = [row for row in followed.rows if row["rendered_from"] is None and not row["gone"]]
        known = readers_of(connection, bare, running) if bare else {}
        happened = events_of(connection, bare, running) if bare else {}
    return _Page(chosen=chosen, rows=followed.rows, moved=followed.moved, bare=bare, known=known, happened=happened)


def _kept(
    engine: sa.Engine,
    claimer: Claimer,
    page: _Page,
    contents: Sequence[dict[str, Any]],
    unwritten: Sequence[_Unwritten],
    *,
    now: datetime,
) -> _Kept:
    """Store what was rendered and end what can have no content (commit 1)."""
    if not (contents or unwritten or page.moved):
        return _Kept()
    with deciding(engine) as connection:
        write_followed(connection, page.moved)
        wanted = _wanted(connection, contents)
        written = _store(connection, wanted, page.known)
        moves = _ends(connection, claimer, unwritten, page.known, now)
        move(connection, moves, now=now)
    return _Kept(stored=frozenset(each["send_id"] for each in wanted), written=written, moves=moves)


def _wanted(connection: sa.Connection, contents: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """Return the contents of what still waits: of somebody who was erased while it was rendered nothing is stored.

    An erasure under way is not waited for; one that comes later waits, and finds what is stored.
    """
    ids = [each["send_id"] for each in contents]
    waits = {send_id for (send_id,) in _WAITS.rows(connection, {"ids": ids})} if ids else set()
    return [each for each in contents if each["send_id"] in waits]


def _store(
    connection: sa.Connection, contents: Sequence[dict[str, Any]], known: Mapping[str, Known]
) -> Mapping[str, Written]:
    """Store contents, and return them where all of them are now what is stored; another worker's stay as they are."""
    if not contents:
        return {}
    ours = contents if add_missing(connection, message_content, contents) == len(contents) else ()
    return {each["send_id"]: Written(known=known[each["send_id"]], content=each) for each in ours}


def _ends(
    connection: sa.Connection,
    claimer: Claimer,
    unwritten: Sequence[_Unwritten],
    known: Mapping[str, Known],
    now: datetime,
) -> list[Move]:
    """Ask of what cannot be rendered whether it is still wanted: only then has it failed."""
    rows = [each.row for each in unwritten]
    verdicts = judged(connection, claimer, rows, known, now)
    anew(connection, rows, verdicts)
    return [
        ended(each.row, verdict) if (verdict := verdicts[each.row["send_id"]]) else _failed(each) for each in unwritten
    ]


def _failed(each: _Unwritten) -> Move:
    row, reason = each.row, f"cannot be rendered: {each.reason}"
    return Move(send_id=row["send_id"], was=Status.QUEUED, to=Status.FAILED, attempt=row["attempt"], reason=reason)


def _in_time(renders: Iterable[Callable[[], T]], patience: float) -> list[T]:
    """Do one after the other until the time is over, and the first in any case."""
    began, made = monotonic(), list[T]()
    for render in renders:
        made.append(render())
        if monotonic() - began > patience:
            break
    return made


def _made(
    row: Row, knowns: Mapping[str, Known], happened: Mapping[str, Mapping[str, Any]], running: Running, now: datetime
) -> dict[str, Any] | _Unwritten:
    """Return a message's content, or why there can be none."""
    known = knowns.get(row["send_id"])
    if known is None or not known.person.address:
        return _Unwritten(row=row, reason="nobody to write to")
    try:
        return rendered(row, known, happened.get(row["send_id"], {}), running, now)
    except LifecycleError as error:
        return _Unwritten(row=row, reason=str(error))
    except Exception as error:  # noqa: BLE001 (a row nobody thought of must not keep back all others)
        fault = type(error).__name__
        log.error("a message cannot be rendered", send_id=row["send_id"], error=fault)  # noqa: TRY400 (facts are in it)
        return _Unwritten(row=row, reason=fault)


def rendered(row: Row, known: Known, happened: Mapping[str, Any], running: Running, now: datetime) -> dict[str, Any]:
    """Return a message's content as a row; raises LifecycleError where it cannot be rendered."""
    rule = running.rules.rules[row["rule"]]
    topic = running.rules.topics[row["topic"]]
    by = who_writes(topic, running.library.brand)
    zone = known.zone(running.settings.time_zone)
    shown = links(topic, by, running.settings, _holder(known, topic, running))
    printed = context(
        known,
        moment=moment_of(row, rule, known, happened, now=now, zone=zone),
        values=row["values"],
        links=shown,
        zone=zone,
    )
    content = running.library.render(row["template"], known.language(running.settings.locale), printed)
    return {
        "send_id": row["send_id"],
        "sender": str(by.sender),
        "reply_to": str(by.reply_to) if by.reply_to else None,
        "recipient": known.person.address,
        "recipient_name": known.person.display_name or None,
        "subject": content.subject,
        "html": content.html,
        "text": content.text,
        "language": content.language,
        "headers": dict(headers(topic, by, shown, send_id=row["send_id"], template=row["template"])),
        "facts": made_from(known, running),
        "rendered_at": now,
    }


def _holder(known: Known, topic: Topic, running: Running) -> Holder | None:
    """Return whom the links of a mail are made for; mail that people need has none."""
    if topic.kind != "marketing" or not running.settings.public_url:
        return None
    hashed = address_hash(known.person.address or "", running.settings.secret.get_secret_value())
    return Holder(customer_id=known.person.id, address_hash=hashed, topic=topic.name)
