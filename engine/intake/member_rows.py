"""Rows of a members file, read into who has which role in which account, or had it."""

from __future__ import annotations

from typing import NamedTuple

from engine.facts import text_key
from engine.intake.field_rows import read_fields
from engine.intake.mapping import Columns
from engine.intake.records import Record
from engine.intake.refusal import Refused
from engine.values import Border, Value

DEFAULT_ROLE = "member"


class Membership(NamedTuple):
    """A role of a customer in an account; once `removed`, it ended at `removed_at`, or now where that is not said."""

    customer_id: str
    account_id: str
    role: str
    removed: bool
    removed_at: int | None

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it one membership: the role is compared as texts are."""
        return self.customer_id, self.account_id, text_key(self.role)


class MemberReader:
    """Reads rows into memberships."""

    def __init__(self, columns: Columns, border: Border) -> None:
        self._columns = columns
        self._border = border

    def __call__(self, record: Record) -> Membership:
        """Return what a row says; raises Refused with every bad cell."""
        said, problems = read_fields(record, self._columns, self._border)
        if said.get("removed") is False and "removed_at" in said:
            problems.append(("removed_at", "says when the person left, and `removed` that they did not"))
        if record.problem or problems:
            raise Refused(record, problems)
        return _membership(said)


def _membership(said: dict[str, Value]) -> Membership:
    removed_at = said.get("removed_at")
    assert removed_at is None or isinstance(removed_at, int)
    return Membership(
        customer_id=str(said["customer_id"]),
        account_id=str(said["account_id"]),
        role=str(said.get("role", DEFAULT_ROLE)),
        removed=bool(said.get("removed")) or removed_at is not None,
        removed_at=removed_at,
    )


def agreed(rows: list[Membership]) -> Membership:
    """Return what rows on one membership come to: one that is live wins, else the latest end."""
    return min(rows, key=lambda row: (row.removed, -(row.removed_at or 0), row.role))
