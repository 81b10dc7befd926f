"""The whole question, asked again of every message that could leave: does it still hold, and may it leave now?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from engine import forgotten, policy, suppression
from engine.consent import Answers, answers_of
from engine.hashing import address_hash
from engine.models.tables import enrollment
from engine.models.tables import erased as erased_table
from engine.outbox import leases
from engine.outbox.facts import KEY, Row
from engine.outbox.readers import unread
from engine.outbox.running import Running
from engine.outbox.states import NOT_AGAIN, Move, Status
from engine.policy import Cancel, Case, Expire, Skip, Verdict
from engine.providers import Provider, allows_marketing
from engine.rules.compiler import Program
from engine.subjects import Known
from engine.witness import Witness


class Ask(Protocol):
    """Asks whether occurrences still are the fact's current ones and their rule's conditions hold."""

    def __call__(
        self, connection: sa.Connection, program: Program, items: Collection[tuple[str, str]], now: datetime
    ) -> Mapping[tuple[str, str], str | None]:
        """Return, for each (subject id, occurrence), what no longer holds, or None."""


@dataclass(frozen=True, kw_only=True)
class Claimer:
    """Who claims: a worker with a provider, for a release; `ask` asks the whole question again.

    `witness` counts claims outside the database, so that a restored one is noticed.
    """

    running: Running
    worker: leases.Holder
    provider: Provider
    ask: Ask
    witness: Witness | None = None

    def hash(self, text: str) -> str:
        """Return the keyed hash of an address."""
        return address_hash(text, self.running.settings.secret.get_secret_value())


def judged(
    connection: sa.Connection, claimer: Claimer, rows: Sequence[Row], known: Mapping[str, Known], now: datetime
) -> dict[str, Verdict | None]:
    """Return, by send id, why each message must not leave now; None where it may."""
    gone: dict[str, Verdict | None] = {
        row["send_id"]: verdict for row in rows if (verdict := _unwanted(row)) is not None
    }
    rest = [row for row in rows if row["send_id"] not in gone]
    gone |= unread(connection, rest, known, claimer.running)
    rest = [row for row in rest if row["send_id"] not in gone]
    return gone | _asked(connection, claimer, rest, known, now) if rest else gone


def _unwanted(row: Row) -> Verdict | None:
    return Cancel(reason=row["gone"]) if row["gone"] else None


def _asked(
    connection: sa.Connection, claimer: Claimer, rows: Sequence[Row], known: Mapping[str, Known], now: datetime
) -> dict[str, Verdict | None]:
    changed = _changed(connection, claimer, rows, now)
    suppressed = suppression.of(connection, {row["address_hash"] for row in rows})
    answers = answers_of(connection, _asked_for_consent(rows, claimer))
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
                answers=answers.get(row["recipient_id"], Answers()),
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
    answers: Answers,
    erased: bool,
) -> Case:
    topic = claimer.running.rules.topics[row["topic"]]
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
        topic=topic.name,
        kind=topic.kind,
        consent=topic.consent,
        answer=answers.to(topic.name),
        provider=claimer.provider.name,
        allows_marketing=allows_marketing(claimer.running.settings),
        only_to=claimer.running.settings.only_to,
    )


def _asked_for_consent(rows: Sequence[Row], claimer: Claimer) -> frozenset[str]:
    """Return the readers of marketing mail: nobody is asked about the mail they need."""
    topics = claimer.running.rules.topics
    return frozenset(row["recipient_id"] for row in rows if topics[row["topic"]].kind == "marketing")


def _changed(
    connection: sa.Connection, claimer: Claimer, rows: Sequence[Row], now: datetime
) -> Mapping[str, str | None]:
    """Ask each rule once about all its messages."""
    by_rule: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_rule[row["rule"]].append(row)
    found: dict[str, str | None] = {}
    for rule, of_rule in by_rule.items():
        items = {(row["subject_id"], row["occurrence"]) for row in of_rule}
        said = claimer.ask(connection, claimer.running.programs[rule], items, now)
        for row in of_rule:
            found[row["send_id"]] = said.get((row["subject_id"], row["occurrence"]), "fact changed")
    return found


def _erased(connection: sa.Connection, ids: Sequence[str], claimer: Claimer) -> frozenset[str]:
    """Return who of these was erased: by id, or by the hash that stands for it in the ledger since."""
    if not ids:
        return frozenset()
    hidden = connection.scalars(sa.select(erased_table.c.id_hash).where(erased_table.c.id_hash.in_(ids)))
    secret = claimer.running.settings.secret.get_secret_value()
    return frozenset(hidden) | forgotten.erased_among(connection, ids, secret)


def ended(row: Row, verdict: Verdict) -> Move:
    """Return the step a verdict leads to; what may have been sent once stays in doubt, whatever keeps it back now."""
    to, reason = _ENDS[type(verdict)], verdict.reason
    if row["doubts"]:
        to, reason = Status.IN_DOUBT, f"{NOT_AGAIN}: {reason}"
    return Move(send_id=row["send_id"], was=Status.QUEUED, to=to, attempt=row["attempt"], reason=reason)


def anew(connection: sa.Connection, rows: Sequence[Row], verdicts: Mapping[str, Verdict | None]) -> None:
    """Let the enrollments of messages that lost their reader become messages again, to whoever reads them now."""
    lost = [row for row in rows if isinstance(verdict := verdicts[row["send_id"]], Cancel) and verdict.anew]
    key = (enrollment.c[name] == sa.bindparam(f"_{name}") for name in KEY)
    if lost:
        back = sa.update(enrollment).where(*key).values(queued_at=sa.null())
        connection.execute(back, [{f"_{name}": row[name] for name in KEY} for row in lost])


_ENDS: Mapping[type[Verdict], Status] = {
    Skip: Status.SKIPPED,
    Cancel: Status.CANCELLED,
    Expire: Status.EXPIRED,
}
