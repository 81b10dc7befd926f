"""The whole question, asked again of every message that could leave: does it still hold, and may it leave now?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from engine import policy, suppression
from engine.hashing import address_hash
from engine.models.tables import erased as erased_table
from engine.outbox import leases
from engine.outbox.facts import Row
from engine.outbox.running import Running
from engine.outbox.states import Move, Status
from engine.policy import Cancel, Case, Expire, Skip, Verdict
from engine.providers import Provider
from engine.rules.compiler import Program
from engine.subjects import Known


class Ask(Protocol):
    """Asks whether occurrences still are the fact's current ones and their rule's conditions hold."""

    def __call__(
        self, connection: sa.Connection, program: Program, items: Collection[tuple[str, str]], now: datetime
    ) -> Mapping[tuple[str, str], str | None]:
        """Return, for each (subject id, occurrence), what no longer holds, or None."""


@dataclass(frozen=True, kw_only=True)
class Claimer:
    """Who claims: a worker with a provider, for a release; `room` messages can start at once."""

    running: Running
    worker: leases.Holder
    provider: Provider
    ask: Ask

    def hash(self, text: str) -> str:
        """Return the keyed hash of an address or an id."""
        return address_hash(text, self.running.settings.secret.get_secret_value())


def judged(
    connection: sa.Connection, claimer: Claimer, rows: Sequence[Row], known: Mapping[str, Known], now: datetime
) -> dict[str, Verdict | None]:
    """Return, by send id, why each message must not leave now; None where it may."""
    if not rows:
        return {}
    changed = _changed(connection, claimer, rows, now)
    suppressed = suppression.of(connection, {row["address_hash"] for row in rows})
    gone = _erased(connection, [row["recipient_id"] for row in rows if row["send_id"] not in known], claimer)
    return {
        row["send_id"]: policy.judge(
            _case(
                row,
                known.get(row["send_id"]),
                claimer,
                now=now,
                changed=changed[row["send_id"]],
                suppressed=suppressed.get(row["address_hash"], {}),
                erased=row["recipient_id"] in gone,
            )
        )
        for row in rows
    }


def _case(
    row: Row,
    known: Known | None,
    claimer: Claimer,
    *,
    now: datetime,
    changed: str | None,
    suppressed: Mapping[str, str],
    erased: bool,
) -> Case:
    topic = claimer.running.rules.topics.get(row["topic"])
    address = known.person.address if known else None
    moved = bool(row["first_intent_at"] and address and claimer.hash(address) != row["address_hash"])
    return Case(
        now=now,
        expires_at=row["expires_at"],
        exists=known is not None,
        erased=erased,
        changed=changed,
        address=address,
        moved_after_intent=moved,
        suppressed=suppressed,
        topic=row["topic"],
        kind=topic.kind if topic else "marketing",
        provider=claimer.provider.name,
        allows_marketing=claimer.provider.allows_marketing,
        only_to=claimer.running.settings.only_to,
    )


def _changed(
    connection: sa.Connection, claimer: Claimer, rows: Sequence[Row], now: datetime
) -> Mapping[str, str | None]:
    """Ask each rule once about all its messages; a rule the release no longer has cancels them."""
    by_rule: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_rule[row["rule"]].append(row)
    found: dict[str, str | None] = {}
    for rule, of_rule in by_rule.items():
        program = claimer.running.programs.get(rule)
        items = {(row["subject_id"], row["occurrence"]) for row in of_rule}
        said = (
            claimer.ask(connection, program, items, now)
            if program is not None
            else dict.fromkeys(items, "rule removed")
        )
        for row in of_rule:
            found[row["send_id"]] = said.get((row["subject_id"], row["occurrence"]), "fact changed")
    return found


def _erased(connection: sa.Connection, ids: Sequence[str], claimer: Claimer) -> frozenset[str]:
    hashes = {claimer.hash(id_): id_ for id_ in ids}
    if not hashes:
        return frozenset()
    found = connection.scalars(sa.select(erased_table.c.id_hash).where(erased_table.c.id_hash.in_(hashes)))
    return frozenset(hashes[each] for each in found)


def ended(row: Row, verdict: Verdict) -> Move:
    """Return the step a verdict leads to; a Wait leads to none."""
    to = _ENDS[type(verdict)]
    return Move(send_id=row["send_id"], was=Status.QUEUED, to=to, attempt=row["attempt"], reason=verdict.reason)


_ENDS: Mapping[type[Verdict], Status] = {
    Skip: Status.SKIPPED,
    Cancel: Status.CANCELLED,
    Expire: Status.EXPIRED,
}
