"""What an email may print: facts of reader and account, what the trigger adds, links and the rule's own values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from engine.subjects.known import Facts, Known

Context = dict[str, Any]


def context(
    known: Known,
    *,
    moment: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
    links: Mapping[str, str] | None = None,
    zone: str,
) -> Context:
    """Return the context of a mail to a reader in `zone`; the trigger's names win over the rule's `with` values.

    Instants are aware datetimes in the reader's zone, days are dates, money is minor units; what is missing is
    left out.
    """
    local = ZoneInfo(zone)
    added = {name: _local(value, local) for name, value in (moment or {}).items()}
    return {
        **(values or {}),
        **added,
        "customer": _facts(known.person.facts, known.person.id, local),
        "account": _facts(known.account.facts, known.account.id, local) if known.account else {},
        "links": dict(links or {}),
        "time_zone": zone,
    }


def unsubscribe_by_mail(reply_to: str, topic: str) -> str:
    """Return the link of a mail that asks to be left alone about a topic: what there is until one click is enough."""
    return f"mailto:{quote(reply_to, safe='@')}?subject={quote(f'Unsubscribe from {topic}')}"


def _facts(facts: Facts, id_: str, zone: ZoneInfo) -> dict[str, Any]:
    shown = {"id": id_, **facts}
    for name, value in facts.items():
        if type(value) is datetime:
            shown[name] = value.astimezone(zone)
    return shown


def _local(value: Any, zone: ZoneInfo) -> Any:  # noqa: ANN401 (properties of events have no declared type)
    if isinstance(value, datetime):
        return value.astimezone(zone)
    if isinstance(value, dict):
        return {name: _local(each, zone) for name, each in value.items() if each is not None}
    return value
