"""May this mail leave at all? An ordered table of small functions, each of which names a reason or says nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Literal

from email_validator import EmailNotValidError, validate_email

ANY_TOPIC = "*"
ALL_MARKETING = "*marketing"
"""The scope of a no to every marketing topic, those of tomorrow too; no topic can be named so."""
MARKETING_WAITS = (
    "mail of marketing topics cannot leave by {provider} without links that unsubscribe in one click; set `public_url` "
    "to the https address where recipients reach `lifecycle serve`"
)


@dataclass(frozen=True, kw_only=True)
class Skip:
    """The mail is never sent; `skipped(reason)`."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Cancel:
    """What made it due no longer holds; `cancelled(reason)`. `anew`: its enrollment finds another reader."""

    reason: str
    anew: bool = False


@dataclass(frozen=True, kw_only=True)
class Expire:
    """Its time has passed; `expired(reason)`."""

    reason: str


Verdict = Skip | Cancel | Expire


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is known at the moment of the claim; `suppressed` maps a scope (a topic, or `*` for all) to its reason.

    `changed` says what no longer holds; `moved_after_intent` that a request to another address was made before;
    `answer` what the customer last said to the topic, if anything.
    """

    now: datetime
    expires_at: datetime
    exists: bool
    address: str | None
    topic: str
    kind: Literal["transactional", "marketing"]
    provider: str
    allows_marketing: bool
    erased: bool = False
    changed: str | None = None
    moved_after_intent: bool = False
    suppressed: Mapping[str, str] = field(default_factory=dict)
    consent: Literal["opt-in", "opt-out"] = "opt-out"
    answer: Literal["yes", "no"] | None = None
    only_to: tuple[str, ...] = ()


def judge(case: Case) -> Verdict | None:
    """Return the first reason why the mail must not leave now; None when it may."""
    return next((verdict for policy in POLICIES if (verdict := policy(case))), None)


def erased(case: Case) -> Verdict | None:
    """Someone who was erased gets nothing."""
    if case.erased:
        return Skip(reason="erased")
    return None if case.exists else Skip(reason="no such customer")


def question(case: Case) -> Verdict | None:
    """What made it due must still hold, and so must the rule's conditions."""
    return Cancel(reason=case.changed) if case.changed else None


def address(case: Case) -> Verdict | None:
    """Mail needs an address that can exist, and one tried before keeps its address."""
    if not case.address:
        return Skip(reason="no address")
    if case.moved_after_intent:
        return Cancel(reason="address changed")
    return None if ascii_address(case.address) else Skip(reason="bad address")


def suppression(case: Case) -> Verdict | None:
    """A no to everything holds for all topics, a no to a topic or to marketing only where people may say no."""
    if ANY_TOPIC in case.suppressed:
        return Skip(reason=f"suppressed: {case.suppressed[ANY_TOPIC]}")
    if case.kind == "marketing" and case.topic in case.suppressed:
        return Skip(reason=f"suppressed for {case.topic}: {case.suppressed[case.topic]}")
    if case.kind == "marketing" and ALL_MARKETING in case.suppressed:
        return Skip(reason=f"suppressed for all marketing: {case.suppressed[ALL_MARKETING]}")
    return None


def consent(case: Case) -> Verdict | None:
    """A no keeps all mail back that people may say no to, and where they are asked first, so does silence."""
    if case.kind != "marketing" or case.answer == "yes":
        return None
    if case.answer == "no":
        return Skip(reason=f"no consent: said no to {case.topic}")
    return Skip(reason=f"no consent: never said yes to {case.topic}") if case.consent == "opt-in" else None


def marketing(case: Case) -> Verdict | None:
    """Without links that unsubscribe in one click, marketing does not leave by a real provider."""
    if case.kind == "marketing" and not case.allows_marketing:
        return Skip(reason=f"marketing by {case.provider} needs public_url")
    return None


def only_to(case: Case) -> Verdict | None:
    """The brake of staging: nobody else is written to."""
    if case.only_to and not among(case.address or "", case.only_to):
        return Skip(reason="not in ONLY_TO")
    return None


def too_late(case: Case) -> Verdict | None:
    """A mail that comes too late is worse than none."""
    return Expire(reason="too late") if case.now >= case.expires_at else None


POLICIES: tuple[Callable[[Case], Verdict | None], ...] = (
    erased,
    question,
    address,
    suppression,
    consent,
    marketing,
    only_to,
    too_late,
)
"""In this order; the first reason is the one that is told."""


@lru_cache(maxsize=4096)
def ascii_address(written: str) -> str | None:
    """Return the form of an address that goes over the wire; None where there is none. No look-up is made."""
    try:
        return validate_email(written, check_deliverability=False, test_environment=True).ascii_email
    except EmailNotValidError:
        return None


def among(written: str, allowed: tuple[str, ...]) -> bool:
    """Say whether an address is one of, or in a domain of, `allowed`; subdomains only where written `*.domain`."""
    whole = written.casefold().strip()
    domain = whole.rpartition("@")[2]
    return any(_fits(whole, domain, entry.casefold().strip()) for entry in allowed)


def _fits(whole: str, domain: str, entry: str) -> bool:
    if entry.startswith("*."):
        return domain.endswith(entry[1:])
    name, at, host = entry.rpartition("@")
    return whole == entry if at and name else domain == host
