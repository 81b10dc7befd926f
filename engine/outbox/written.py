"""What a worker has just rendered and stored, kept until it is claimed, so that it need not be read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.outbox.facts import Row
from engine.subjects import Known


@dataclass(frozen=True, kw_only=True)
class Written:
    """The stored `content` of a message, and what was known of its reader when it was made."""

    known: Known
    content: Mapping[str, Any]

    def is_content_of(self, row: Row) -> bool:
        """Say whether a message has this content still: whoever renders it anew does so later, or from other facts."""
        made = (self.content["facts"], self.content["rendered_at"])
        return made == (row["rendered_from"], row["rendered_at"])
