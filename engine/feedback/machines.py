"""Clicks of programs: what follows links in mail to look for danger, and nobody reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.feedback.heard import Kind

WITHIN = timedelta(seconds=10)
LINKS = 2
_AGENTS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|scan|preview|headless|phantomjs|curl|wget|python|java/|libwww|okhttp|go-http-client|"
    r"httpclient|barracuda|mimecast|proofpoint|safelinks|trendmicro|symantec|fireeye",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A delivery or a click of one message."""

    event_id: str
    kind: str
    at: datetime
    url: str | None = None
    agent: str | None = None


def of_machines(traces: Sequence[Trace]) -> frozenset[str]:
    """Return the events of one message that were clicks of a program.

    Those whose user agent is missing or a program's; and all within 10 seconds after a delivery, where two or more
    different links were clicked within them. More facts never make fewer, so the order of their coming does not matter.
    """
    clicks = [each for each in traces if each.kind == Kind.CLICKED]
    delivered = [each.at for each in traces if each.kind == Kind.DELIVERED]
    found = {each.event_id for each in clicks if not each.agent or _AGENTS.search(each.agent)}
    for at in delivered:
        found |= _at_once(clicks, at)
    return frozenset(found)


def _at_once(clicks: Iterable[Trace], delivered: datetime) -> set[str]:
    soon = [each for each in clicks if delivered <= each.at <= delivered + WITHIN]
    return {each.event_id for each in soon} if len({each.url for each in soon}) >= LINKS else set()
