"""The outbox of someone who is erased: what waits ends, and what stays in the ledger names nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from engine.hashing import id_hash
from engine.models.tables import enrollment, message, message_content
from engine.outbox.enqueue import unsent, waiting
from engine.outbox.facts import KEY
from engine.outbox.judging import ended
from engine.outbox.states import Status, enter, move
from engine.policy import Skip

ERASED = "erased"
Hash = Callable[[str], str]


def erase(connection: sa.Connection, id_: str, *, secret: str, now: datetime) -> int:
    """End all mail to or about a customer and take the id out of the ledger; returns how many messages ended.

    The recipient's row must be locked by this transaction. Requests under way are settled later, by their send id;
    what may have been sent stays in doubt. Keyed hashes stand for the id and for the facts that keys name.
    """
    _enter_waiting(connection, id_, secret, now)
    count = _end(connection, id_, now)
    hide = partial(id_hash, secret=secret)
    _hide_messages(connection, id_, hide)
    _hide_enrollments(connection, id_, hide)
    return count


def _enter_waiting(connection: sa.Connection, id_: str, secret: str, now: datetime) -> None:
    """Make messages of decisions that have none yet, so that each ends as a message does."""
    mine = (enrollment.c.subject_type == "customer", enrollment.c.subject_id == id_, *waiting())
    rows = connection.execute(sa.select(enrollment).where(*mine).with_for_update()).mappings().all()
    enter(connection, [unsent(row, now, Status.SKIPPED, ERASED, secret=secret) for row in rows])
    connection.execute(sa.update(enrollment).where(*mine).values(queued_at=now))


def _mine(id_: str) -> sa.ColumnElement[bool]:
    about = sa.and_(message.c.subject_type == "customer", message.c.subject_id == id_)
    return sa.or_(message.c.recipient_id == id_, about)


def _end(connection: sa.Connection, id_: str, now: datetime) -> int:
    queued = sa.select(message).where(_mine(id_), message.c.status == Status.QUEUED).with_for_update()
    moves = [ended(dict(row), Skip(reason=ERASED)) for row in connection.execute(queued).mappings()]
    move(connection, moves, now=now)
    return len(moves)


def _hide_messages(connection: sa.Connection, id_: str, hash_: Hash) -> None:
    """Drop what the mails say, and put hashes for ids; a provider's words about a person go too."""
    rows = connection.execute(sa.select(message).where(_mine(id_))).mappings().all()
    if not rows:
        return
    sent = [row["send_id"] for row in rows]
    connection.execute(
        sa.delete(message_content).where(message_content.c.send_id == sa.bindparam("_id")),
        [{"_id": each} for each in sent],
    )
    names = ("subject_id", "occurrence", "recipient_id", "reason")
    hide = sa.update(message).where(message.c.send_id == sa.bindparam("_id"))
    hide = hide.values({name: sa.bindparam(f"_{name}") for name in names})
    connection.execute(hide, [_hidden_message(row, id_, hash_) for row in rows])


def _hidden_message(row: sa.RowMapping, id_: str, hash_: Hash) -> dict[str, Any]:
    own = row["subject_type"] == "customer" and row["subject_id"] == id_
    return {
        "_id": row["send_id"],
        "_subject_id": hash_(id_) if own else row["subject_id"],
        "_occurrence": hash_(row["occurrence"]) if own else row["occurrence"],
        "_recipient_id": hash_(id_) if row["recipient_id"] == id_ else row["recipient_id"],
        "_reason": row["reason"] and ERASED,
    }


def _hide_enrollments(connection: sa.Connection, id_: str, hash_: Hash) -> None:
    mine = (enrollment.c.subject_type == "customer", enrollment.c.subject_id == id_)
    rows: Sequence[sa.RowMapping] = connection.execute(sa.select(enrollment).where(*mine)).mappings().all()
    if not rows:
        return
    hide = sa.update(enrollment).where(*(enrollment.c[name] == sa.bindparam(f"_{name}") for name in KEY))
    hide = hide.values(
        subject_id=hash_(id_), occurrence=sa.bindparam("_new_occurrence"), fact=sa.bindparam("_new_fact")
    )
    hidden = [
        {f"_{name}": row[name] for name in KEY}
        | {"_new_occurrence": hash_(row["occurrence"]), "_new_fact": hash_(row["fact"])}
        for row in rows
    ]
    connection.execute(hide, hidden)
