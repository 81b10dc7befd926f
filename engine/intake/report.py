"""What an import is told, and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.facts import Trait


@dataclass(frozen=True, kw_only=True)
class Step:
    """How far an import has come: rows read, bytes done; `bytes_total` is None where it is not known (a pipe)."""

    rows: int
    bytes_done: int
    bytes_total: int | None


Progress = Callable[[Step], None]


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What became of the rows read: `accepted` are `changed` (something new was learned) or `unchanged`.

    `rejects_path` is set where rows were rejected and written there; `undeclared` names the columns that were stored as
    text because neither a field nor a trait of the workspace has their name.
    """

    read: int
    accepted: int
    changed: int
    unchanged: int
    rejected: int
    rejects_path: Path | None = None
    undeclared: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """How a file is to be read.

    `mapping` is column → field (`-` ignores a column); `event_name` names all events of a file; `time_zone` is that of
    times without an offset; `currency` that of sums whose row names none; `traits` are the declared ones.
    `allow_address_ids` replaces ids that look like an address by a hash, instead of refusing them. `secret` is the key
    of the hashes of addresses, the same as the sender's. `topics` are those that people may say no to.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    event_name: str | None = None
    traits: tuple[Trait, ...] = ()
    time_zone: str = "UTC"
    currency: str | None = None
    allow_address_ids: bool = False
    secret: str = field(default="", repr=False)
    topics: frozenset[str] = frozenset()
