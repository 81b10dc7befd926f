"""The Email Activity API, as far as it is asked: which mails carry one of our ids."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

PATH = "/v3/messages"
_QUERY = re.compile(r"\(unique_args\['lc_send_id'\]=\"([^\"]+)\"\)")


def asked(query: str) -> str | None:
    """Return the id that a query is about; None where it is about something else."""
    found = _QUERY.fullmatch(query)
    return found[1] if found else None


def answer(send_id: str, known: Collection[str]) -> dict[str, Any]:
    """Return the mails with an id."""
    row = {"msg_id": f"m-{send_id}", "status": "delivered", "opens_count": 0, "clicks_count": 0}
    return {"messages": [row] if send_id in known else []}
