"""The one table of the fault harness: what each scenario did to messages, and what it must not have done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import sqlalchemy as sa

from engine.db import reading
from engine.models.tables import message

UNENDED = frozenset({"queued", "sending"})
COLUMNS = ("scenario", "kills", "messages", "sent", "otherwise ended", "lost", "accepted twice", "in doubt", "allowed")


@dataclass(frozen=True, kw_only=True)
class Row:
    """What became of the messages of a scenario.

    `lost` ended nowhere, or as sent without having been accepted; `ended` otherwise, each with its reason. `allowed` is
    how many may be in doubt, `late` how many requests started after what forbade them had been committed.
    """

    scenario: str
    kills: int = 0
    messages: int = 0
    sent: int = 0
    ended: int = 0
    lost: int = 0
    twice: int = 0
    oftener: int = 0
    doubt: int = 0
    allowed_twice: int = 0
    allowed: int = 0
    late: int = 0

    @property
    def broken(self) -> tuple[str, ...]:
        """What the scenario must not have done, a sentence each."""
        told = (
            (self.messages == 0, "nothing was tried"),
            (self.lost > 0, f"{self.lost} lost"),
            (self.late > 0, f"{self.late} requests started after what forbade them"),
            (self.oftener > 0, f"{self.oftener} accepted more than twice"),
            (self.twice > self.allowed_twice, f"{self.twice} accepted twice, {self.allowed_twice} allowed"),
            (self.doubt > self.allowed, f"{self.doubt} in doubt, {self.allowed} allowed"),
        )
        return tuple(f"{self.scenario}: {sentence}" for wrong, sentence in told if wrong)

    @property
    def cells(self) -> tuple[str, ...]:
        """What the table shows."""
        twice = f"{self.twice:,}" if not self.allowed_twice else f"{self.twice:,} of {self.allowed_twice:,}"
        counts = (self.kills, self.messages, self.sent, self.ended, self.lost)
        return (self.scenario, *(f"{count:,}" for count in counts), twice, f"{self.doubt:,}", f"{self.allowed:,}")

    def __add__(self, other: Row) -> Row:
        """Return both as one row of the same scenario."""
        counts = {name: getattr(self, name) + getattr(other, name) for name in _COUNTS}
        return replace(self, **counts)


_DONE = ("kills", "messages", "sent", "ended", "lost", "twice", "oftener", "doubt", "late")
_COUNTS = (*_DONE, "allowed_twice", "allowed")


def counted(
    scenario: str,
    engine: sa.Engine,
    accepted: Mapping[str, int],
    *,
    kills: int = 0,
    allowed: int = 0,
    allowed_twice: int = 0,
    late: int = 0,
    rules: Collection[str] = (),
) -> Row:
    """Return a scenario's row, by what the ledger says and what the other end has accepted."""
    chosen = sa.select(message.c.send_id, message.c.status)
    if rules:
        chosen = chosen.where(message.c.rule.in_(rules))
    with reading(engine) as connection:
        status = {str(each): str(stands) for each, stands in connection.execute(chosen)}
    standing = Counter(status.values())
    taken = {each: accepted.get(each, 0) for each in status}
    unsent = sum(stands == "sent" and not taken[each] for each, stands in status.items())
    unended = sum(standing[each] for each in UNENDED)
    sent, doubt = standing["sent"], standing["in_doubt"]
    return Row(
        scenario=scenario,
        kills=kills,
        messages=len(status),
        sent=sent,
        ended=len(status) - sent - doubt - unended,
        lost=unended + unsent,
        twice=sum(count == 2 for count in taken.values()),
        oftener=sum(count > 2 for count in taken.values()),
        doubt=doubt,
        allowed=allowed,
        allowed_twice=allowed_twice,
        late=late,
    )


def merged(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return one row a scenario, in the order in which they came up."""
    by_name: dict[str, list[Row]] = {}
    for row in rows:
        by_name.setdefault(row.scenario, []).append(row)
    return tuple(reduce(Row.__add__, of_name) for of_name in by_name.values())


def markdown(rows: Sequence[Row], *, known: str = "") -> str:
    """Return the table as a page of docs has it; rows of a `known` table stay where they stand, or are replaced."""
    lines = {line.split(" | ")[0].strip("| "): line for line in known.splitlines() if line.startswith("| ")}
    head = (COLUMNS, ("---", *["---:"] * (len(COLUMNS) - 1)))
    lines |= {cells[0]: f"| {' | '.join(cells)} |" for cells in (*head, *(row.cells for row in rows))}
    return "\n".join(lines.values())
