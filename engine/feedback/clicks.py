"""Marks clicks of programs in stored feedback, once a delivery or another click shows that they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa

from engine.feedback.fact import Fact
from engine.feedback.heard import Kind
from engine.feedback.machines import Trace, of_machines
from engine.models.tables import feedback

_TELLING = (Kind.CLICKED, Kind.DELIVERED)


def mark(connection: sa.Connection, fresh: Sequence[Fact]) -> None:
    """Look again at the clicks of the messages that a new click or delivery is about."""
    touched = {each.send_id for each in fresh if each.kind in _TELLING}
    found = [id_ for traces in _traces(connection, touched).values() for id_ in of_machines(traces)]
    if found:
        unmarked = sa.and_(feedback.c.event_id.in_(found), feedback.c.machine.is_(False))
        connection.execute(sa.update(feedback).where(unmarked).values(machine=True))


def _traces(connection: sa.Connection, send_ids: set[str]) -> dict[str, list[Trace]]:
    """Return the deliveries and clicks of those of these messages that were clicked in."""
    f = feedback.c
    traces: dict[str, list[Trace]] = defaultdict(list)
    if not send_ids:
        return traces
    clicked = connection.scalars(sa.select(f.send_id).where(f.send_id.in_(send_ids), f.kind == Kind.CLICKED)).all()
    told = sa.select(f.send_id, f.event_id, f.kind, f.at, f.detail)
    for row in connection.execute(told.where(f.send_id.in_(set(clicked)), f.kind.in_(_TELLING))) if clicked else ():
        detail = row.detail or {}
        traces[row.send_id].append(
            Trace(event_id=row.event_id, kind=row.kind, at=row.at, url=detail.get("url"), agent=detail.get("agent"))
        )
    return traces
