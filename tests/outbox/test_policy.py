"""The policy table: which reason keeps a mail back, and which comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sending import NOW

from engine.policy import Cancel, Case, Expire, Skip, Verdict, among, judge

FREE = Case(
    now=NOW,
    expires_at=NOW + timedelta(hours=1),
    exists=True,
    address="ana@example.com",
    topic="tips",
    kind="marketing",
    provider="files",
    allows_marketing=True,
)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, None),
        ({"exists": False}, Skip(reason="no such customer")),
        ({"exists": False, "erased": True}, Skip(reason="erased")),
        ({"changed": "fact changed"}, Cancel(reason="fact changed")),
        ({"address": None}, Skip(reason="no address")),
        ({"address": "ana"}, Skip(reason="bad address")),
        ({"address": "ana@localhost"}, Skip(reason="bad address")),
        ({"address": "ana@example.com\r\nBcc: b@example.com"}, Skip(reason="bad address")),
        ({"address": "anå@example.com"}, Skip(reason="bad address")),
        ({"address": "ana@exämple.com"}, None),
        ({"moved_after_intent": True}, Cancel(reason="address changed")),
        ({"suppressed": {"*": "hard bounce"}}, Skip(reason="suppressed: hard bounce")),
        ({"suppressed": {"*": "hard bounce"}, "kind": "transactional"}, Skip(reason="suppressed: hard bounce")),
        ({"suppressed": {"tips": "unsubscribed"}}, Skip(reason="suppressed for tips: unsubscribed")),
        ({"suppressed": {"tips": "unsubscribed"}, "kind": "transactional"}, None),
        ({"suppressed": {"news": "unsubscribed"}}, None),
        ({"suppressed": {"*marketing": "unsubscribed"}}, Skip(reason="suppressed for all marketing: unsubscribed")),
        ({"suppressed": {"*marketing": "unsubscribed"}, "kind": "transactional"}, None),
        ({"answer": "no"}, Skip(reason="no consent: said no to tips")),
        ({"answer": "no", "kind": "transactional"}, None),
        ({"consent": "opt-in"}, Skip(reason="no consent: never said yes to tips")),
        ({"consent": "opt-in", "answer": "no"}, Skip(reason="no consent: said no to tips")),
        ({"consent": "opt-in", "answer": "yes"}, None),
        ({"allows_marketing": False, "provider": "smtp"}, Skip(reason="marketing by smtp needs public_url")),
        ({"allows_marketing": False, "provider": "smtp", "kind": "transactional"}, None),
        ({"only_to": ("acme.test",)}, Skip(reason="not in ONLY_TO")),
        ({"only_to": ("acme.test", "example.com")}, None),
        ({"expires_at": NOW}, Expire(reason="too late")),
    ],
)
def test_each_reason(changes: dict[str, object], verdict: Verdict | None) -> None:
    """Each fact that forbids a mail is told as its own reason."""
    assert judge(replace(FREE, **changes)) == verdict  # type: ignore[arg-type]


def test_the_first_reason_is_told() -> None:
    """When several reasons hold, the one that stands first in the table is told."""
    worst = replace(FREE, address=None, suppressed={"*": "bounce"}, only_to=("x.test",), expires_at=NOW)
    assert judge(worst) == Skip(reason="no address")
    assert judge(replace(worst, address="ana@example.com")) == Skip(reason="suppressed: bounce")
    assert judge(replace(worst, address="ana@example.com", suppressed={})) == Skip(reason="not in ONLY_TO")


@pytest.mark.parametrize(
    ("address", "allowed", "among_them"),
    [
        ("ana@example.com", "ana@example.com", True),
        ("Ana@Example.com", "ana@example.com", True),
        ("bob@example.com", "ana@example.com", False),
        ("bob@example.com", "example.com", True),
        ("bob@example.com", "@example.com", True),
        ("bob@mail.example.com", "example.com", False),
        ("bob@mail.example.com", "*.example.com", True),
        ("bob@example.com", "*.example.com", False),
        ("bob@notexample.com", "example.com", False),
        ("bob@notexample.com", "*.example.com", False),
        ("bob@example.com.evil.test", "example.com", False),
        ("bob@example.com", "", False),
    ],
)
def test_whom_only_to_lets_through(address: str, allowed: str, among_them: bool) -> None:  # noqa: FBT001 (a table)
    """Addresses and domains, whatever their case; subdomains only where written `*.`."""
    assert among(address, (allowed,)) is among_them
