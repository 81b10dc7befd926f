"""What is sent in the benchmark: one rule's mail, and a mix of thirty rules' mails made from the starter pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from engine.clock import to_micros
from engine.runtime import Runtime, build
from engine.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
RULES = 30
Mails = Literal["one mail", "30 rules"]
MAILS: tuple[Mails, ...] = ("one mail", "30 rules")
WEEK = timedelta(days=7)
SIGNED_UP, LAST_SEEN, CARD_EXPIRES = NOW - WEEK, NOW - WEEK, (NOW + WEEK).date()
"""The facts of every customer and account: all that the rules look for fell due just now."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A rule as its file says it, the email it sends, and the fact, the offset and the start that the ledger names."""

    rule: str
    email: str
    fact: str
    offset: timedelta = timedelta()
    since: datetime | None = None


_SIGNED_UP = "when: {event: Signed Up, first: true}\n"
_ACTIVE = "if: [account.status: [active, trialing]]\n"
SHAPES = (
    Shape(rule=_SIGNED_UP + "send: {after 7 days: EMAIL}\n" + _ACTIVE, email="welcome", fact="first", offset=WEEK),
    Shape(
        rule="when: {date: customer.signed_up_at}\nsend: {after 7 days: EMAIL}\nif: [did not: Report Shared]\n",
        email="did-you-know-reports",
        fact=str(to_micros(SIGNED_UP)),
        offset=WEEK,
    ),
    Shape(
        rule="when: {silent: any event}\nsend: {after 7 days: EMAIL}\n" + _ACTIVE,
        email="we-miss-you",
        fact=str(to_micros(LAST_SEEN)),
        offset=WEEK,
        since=LAST_SEEN,
    ),
    Shape(
        rule="when: {date: account.card_expires_on}\nsend: {7 days before: EMAIL}\n" + _ACTIVE,
        email="card-expiry",
        fact=CARD_EXPIRES.isoformat(),
        offset=-WEEK,
    ),
    Shape(
        rule=_SIGNED_UP + "send: {after 7 days: EMAIL}\nif: [did not: Board Created]\n",
        email="first-steps",
        fact="first",
        offset=WEEK,
    ),
)
TOPIC = "tips"


def names(mails: Mails) -> dict[str, Shape]:
    """Return the rules, by name, whose mails are sent."""
    count = 1 if mails == "one mail" else RULES
    return {f"rule-{number:02}": SHAPES[number % len(SHAPES)] for number in range(count)}


def files(mails: Mails) -> Mapping[str, str]:
    """Return the workspace: the look of the starter pack, and of each rule an email of its own."""
    parts = [*(ROOT / "templates").rglob("*.mjml"), *(ROOT / "templates").rglob("*.yaml")]
    found = {str(path.relative_to(ROOT)): path.read_text() for path in parts}
    found["rules/traits.yaml"] = (ROOT / "rules/traits.yaml").read_text()
    found["rules/topics.yaml"] = f"{TOPIC}: transactional\n"
    for name, shape in names(mails).items():
        found[f"rules/{name}.yaml"] = f"topic: {TOPIC}\n" + shape.rule.replace("EMAIL", name)
        found[f"templates/{name}.md"] = (ROOT / f"templates/{shape.email}.md").read_text()
    return found


@cache
def runtime(mails: Mails, connections: int = 32) -> Runtime:
    """Return the workspace ready to run, with a rate that is never the limit."""
    settings = Settings(secret="bench", provider="memory", rate=1_000_000, connections=connections)
    return build(files(mails), release_id=1, settings=settings)
