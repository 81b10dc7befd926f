"""What an operator decides about messages: send them again, never, or say what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

import sqlalchemy as sa

from engine import recipients
from engine.models.tables import audit, message, message_content
from engine.outbox.states import NOT_AGAIN, Move, Status, move

Row = sa.RowMapping
BY = "by an operator"
_ROWS = sa.select(
    *(message.c[name] for name in ("send_id", "status", "attempt", "doubts", "expires_at", "address_hash")),
    message_content.c.dropped_at,
).outerjoin(message_content, message_content.c.send_id == message.c.send_id)


class Order(Protocol):
    """What is to be done with messages; `takes` are the states it is about."""

    name: ClassVar[str]

    @property
    def takes(self) -> tuple[Status, ...]:
        """The states in which a message can be meant."""
        ...

    @property
    def detail(self) -> Mapping[str, str]:
        """What the audit says of it besides the messages."""
        ...

    def decide(self, row: Row, now: datetime) -> Move | str:
        """Return the step of one message, or why it stays as it is."""
        ...


@dataclass(frozen=True, kw_only=True)
class Retry:
    """Send again what failed and, with `may_repeat`, what may have been sent; `expires_at` gives it new time."""

    name: ClassVar[str] = "retry"
    may_repeat: bool = False
    expires_at: datetime | None = None

    @property
    def takes(self) -> tuple[Status, ...]:
        """What failed, and what is in doubt where that is said."""
        return (Status.FAILED, Status.IN_DOUBT) if self.may_repeat else (Status.FAILED,)

    @property
    def detail(self) -> Mapping[str, str]:
        """Whether it may repeat a mail."""
        return {"may_repeat": "yes"} if self.may_repeat else {}

    def decide(self, row: Row, now: datetime) -> Move | str:
        """Queue it anew, with the same content; the claim asks the whole question again."""
        expires = self.expires_at or row["expires_at"]
        if row["status"] == Status.IN_DOUBT and not self.may_repeat:
            return "may have been sent; --may-repeat sends it again all the same"
        if row["status"] not in self.takes:
            return f"{_is(row)}; only what failed is tried again"
        if row["dropped_at"]:
            return "its text is no longer kept"
        if expires <= now:
            return "its time has passed; --expires gives it new time"
        return _step(row, Status.QUEUED, f"tried again {BY}", not_before=now, expires_at=expires)


@dataclass(frozen=True, kw_only=True)
class Cancel:
    """Never send what waits."""

    name: ClassVar[str] = "cancel"
    takes: ClassVar[tuple[Status, ...]] = (Status.QUEUED,)
    reason: str = ""

    @property
    def detail(self) -> Mapping[str, str]:
        """Why."""
        return {"reason": self.reason}

    def decide(self, row: Row, now: datetime) -> Move | str:  # noqa: ARG002 (one signature for all orders)
        """End it; what may have been sent once stays in doubt, and is not sent again."""
        if row["status"] not in self.takes:
            return f"{_is(row)}; only what waits is cancelled"
        if row["doubts"]:
            return _step(row, Status.IN_DOUBT, f"{NOT_AGAIN}: {_by(self.reason)}")
        return _step(row, Status.CANCELLED, _by(self.reason))


@dataclass(frozen=True, kw_only=True)
class Resolve:
    """Say of what is in doubt that it was sent, that it failed, or (`queued`) that it was not sent."""

    name: ClassVar[str] = "resolve"
    takes: ClassVar[tuple[Status, ...]] = (Status.IN_DOUBT,)
    to: Status
    reason: str = ""
    expires_at: datetime | None = None

    @property
    def detail(self) -> Mapping[str, str]:
        """The verdict, and why."""
        return {"to": str(self.to), "reason": self.reason}

    def decide(self, row: Row, now: datetime) -> Move | str:
        """Settle it; what was not sent is sent now, where its time and its text allow."""
        if row["status"] not in self.takes:
            return f"{_is(row)}, not in doubt"
        if self.to is not Status.QUEUED:
            return _step(row, self.to, _by(self.reason))
        expires, said = self.expires_at or row["expires_at"], f"not sent, {_by(self.reason)}"
        if expires <= now:
            return _step(row, Status.EXPIRED, f"too late; {said}")
        if row["dropped_at"]:
            return _step(row, Status.FAILED, f"its text is no longer kept; {said}")
        return _step(row, Status.QUEUED, said, not_before=now, expires_at=expires, doubts=0)


@dataclass(frozen=True, kw_only=True)
class Decided:
    """How many messages go where by an order, and how many stay, by the reason for it."""

    moved: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, int] = field(default_factory=dict)


def foresee(connection: sa.Connection, order: Order, send_ids: Collection[str], *, now: datetime) -> Decided:
    """Return what an order would do, without doing it."""
    moves, kept = _decide(connection, order, send_ids, now)
    return Decided(moved=Counter(str(each.to) for each in moves), kept=kept)


def carry_out(connection: sa.Connection, order: Order, send_ids: Collection[str], *, by: str, now: datetime) -> Decided:
    """Do what an order says, under the locks of the recipients, and leave a row in the audit."""
    hashes = sa.select(message.c.address_hash).where(message.c.send_id.in_(send_ids))
    recipients.lock(connection, {each for each in connection.scalars(hashes) if each})
    moves, kept = _decide(connection, order, send_ids, now)
    move(connection, moves, now=now)
    if moves:
        detail = {**order.detail, "messages": [each.send_id for each in moves]}
        row = {"at": now, "actor": by, "action": f"outbox {order.name}", "detail": detail}
        connection.execute(sa.insert(audit).values(**row))
    return Decided(moved=Counter(str(each.to) for each in moves), kept=kept)


def _decide(
    connection: sa.Connection, order: Order, send_ids: Collection[str], now: datetime
) -> tuple[Sequence[Move], Mapping[str, int]]:
    rows = connection.execute(_ROWS.where(message.c.send_id.in_(send_ids)).order_by(message.c.send_id)).mappings()
    decided = [order.decide(row, now) for row in rows]
    moves = [each for each in decided if isinstance(each, Move)]
    return moves, Counter(each for each in decided if isinstance(each, str))


def _is(row: Row) -> str:
    return "its request is under way" if row["status"] == Status.SENDING else f"is {row['status'].replace('_', ' ')}"


def _by(reason: str) -> str:
    return f"{BY}: {reason}" if reason else BY


def _step(row: Row, to: Status, reason: str, **also: Any) -> Move:  # noqa: ANN401 (columns of the table)
    was = Status(row["status"])
    return Move(send_id=row["send_id"], was=was, to=to, attempt=row["attempt"], reason=reason, also=also)
