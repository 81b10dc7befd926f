"""Where a rule's statements read facts: the tables, or what was known at a time in the past, in the tables' shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.models import tables
from engine.rules.sql.dialects import TEXT, WHOLE, Speech, parameter
from engine.rules.sql.kept import kept

DAY = 86_400_000_000
THEN = parameter("then")
"""The instant in the past that is asked about."""
KNOWN = parameter("known")
"""What was learned after this instant is left out."""
PEOPLE = "people"
_WHOLE = ("time", "signed_up_at", "created_at", "amount", "renewals", "seats")
_TYPES: dict[str, sa.types.TypeEngine[Any]] = {"number": sa.Double(), **dict.fromkeys(_WHOLE, WHOLE)}


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The relations that moments and conditions are made of."""

    customer: sa.FromClause = tables.customer
    account: sa.FromClause = tables.account
    trait: sa.FromClause = tables.trait
    event: sa.FromClause = tables.event
    event_total: sa.FromClause = tables.event_total
    absence: sa.FromClause = tables.absence
    fact_change: sa.FromClause = tables.fact_change
    membership: sa.FromClause = tables.membership


PRESENT = Sources()
FACT_COLUMNS = {
    "customer": tuple(c.name for c in tables.customer.c if c.name not in {"last_seen_at", "seen_changed_at"}),
    "account": tuple(c.name for c in tables.account.c),
    "trait": tuple(c.name for c in tables.trait.c),
}
"""The columns that the past of facts is given in, in their order."""


def past(speech: Speech) -> Sources:
    """Return the sources as they were known at `THEN`: facts are given as parameters, events are read from the log."""
    event = _events(speech)
    total = _totals(event)
    person, seen = _given(speech, "customer"), _seen(event)
    columns = [*person.c, seen.c.last_seen_at, seen.c.seen_changed_at]
    met = sa.select(*columns).select_from(person.outerjoin(seen, seen.c.customer_id == person.c.id))
    changes = tables.fact_change
    learned = sa.type_coerce(changes.c.stamp, WHOLE) <= KNOWN
    return Sources(
        customer=kept(met, "customer_then"),
        account=_given(speech, "account"),
        trait=_given(speech, "trait"),
        event=event,
        event_total=total,
        absence=_absences(event),
        fact_change=sa.select(changes).where(learned, sa.type_coerce(changes.c.at, WHOLE) <= THEN).subquery("changes"),
        membership=_memberships(),
    )


def _given(speech: Speech, name: str) -> sa.CTE:
    columns = {column: _TYPES.get(column, TEXT) for column in FACT_COLUMNS[name]}
    return kept(speech.rows(f"{name}_facts", columns), f"{name}_facts_then")


def _memberships() -> sa.Subquery:
    """Return the episodes that had begun, those that ended later as still open."""
    row = tables.membership.c
    entered, left = (sa.type_coerce(row[name], WHOLE) for name in ("entered_at", "left_at"))
    still = sa.case((left <= THEN, left), else_=None).label("left_at")
    columns = [row.rule, row.subject_type, row.subject_id, row.episode, entered.label("entered_at"), still]
    return sa.select(*columns).where(sa.or_(entered.is_(None), entered <= THEN)).subquery("membership_then")


def _events(speech: Speech) -> sa.CTE:
    row = tables.event
    at, received = sa.type_coerce(row.c.at, WHOLE), sa.type_coerce(row.c.received_at, WHOLE)
    known = sa.and_(row.c.customer_id.in_(speech.texts(PEOPLE)), at <= THEN, received <= KNOWN)
    columns = [row.c.customer_id, row.c.id, row.c.name, at.label("at"), received.label("received_at"), row.c["keys"]]
    return kept(sa.select(*columns).where(known), "event_then")


def _learned(event: sa.FromClause, at: sa.ColumnElement[Any], *same: tuple[str, sa.ColumnElement[Any]]) -> Any:  # noqa: ANN401
    """Return when it was first heard that something happened at an instant."""
    row = event.alias()
    mine = [row.c.at == at, *(row.c[name] == value for name, value in same)]
    return sa.select(sa.func.min(row.c.received_at)).where(*mine).correlate_except(row).scalar_subquery()


def _totals(event: sa.FromClause) -> sa.CTE:
    row = event.c
    ends = {"first_at": sa.func.min(row.at), "last_at": sa.func.max(row.at), "changed_at": sa.func.max(row.received_at)}
    columns = [row.customer_id, row.name, *(end.label(name) for name, end in ends.items())]
    total = sa.select(*columns, sa.func.count().label("count")).group_by(row.customer_id, row.name).subquery("total")
    same = [(name, total.c[name]) for name in ("customer_id", "name")]
    learned = [_learned(event, total.c[f"{end}_at"], *same).label(f"{end}_changed_at") for end in ("first", "last")]
    return kept(sa.select(*total.c, *learned), "event_total_then")


def _seen(event: sa.FromClause) -> sa.CTE:
    last = sa.select(event.c.customer_id, sa.func.max(event.c.at).label("last_seen_at")).group_by(event.c.customer_id)
    seen = last.subquery("seen_then")
    learned = _learned(event, seen.c.last_seen_at, ("customer_id", seen.c.customer_id)).label("seen_changed_at")
    return kept(sa.select(*seen.c, learned), "last_seen_then")


def _absences(event: sa.FromClause) -> sa.CTE:
    def before(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        return sa.func.lag(column).over(partition_by=event.c.customer_id, order_by=[event.c.at, event.c.id])

    pairs = sa.select(
        event.c.customer_id,
        before(event.c.at).label("from_at"),
        event.c.at.label("until_at"),
        before(event.c.received_at).label("before"),
        event.c.received_at,
    ).subquery("pairs")
    learned = sa.case((pairs.c.before > pairs.c.received_at, pairs.c.before), else_=pairs.c.received_at)
    columns = [pairs.c.customer_id, pairs.c.from_at, pairs.c.until_at, learned.label("changed_at")]
    return kept(sa.select(*columns).where(pairs.c.until_at - pairs.c.from_at >= DAY), "absence_then")
