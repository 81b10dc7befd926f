"""`lifecycle customer show` gathers all there is about one customer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from commands import Lifecycle

from engine.clock import SystemClock
from engine.workspace import starter_pack

NOW = SystemClock().now()


@pytest.fixture
def ana(lifecycle: Lifecycle, workspace: Path, starter: Path) -> str:
    """A customer who was last seen ten days ago, in a workspace with the starter pack."""
    del starter
    seen = NOW - timedelta(days=10)
    (workspace / "c.csv").write_text(
        f"id,email,first_name,signed_up_at\nc1,ana@x.test,Ana,{NOW - timedelta(days=90)}\n"
    )
    (workspace / "e.csv").write_text(f"customer_id,name,at,board\nc1,Board Created,{seen},Roadmap\n")
    lifecycle.ok("import", "customers", str(workspace / "c.csv"))
    lifecycle.ok("import", "events", str(workspace / "e.csv"))
    return "ana@x.test"


@pytest.mark.parametrize("name", ["c1", "ana@x.test", "ANA@X.test"])
def test_a_customer_is_named_by_id_or_address(lifecycle: Lifecycle, ana: str, name: str) -> None:
    """As everywhere."""
    del ana
    assert lifecycle.ok("customer", "show", name, "--json").json["id"] == "c1"


def test_facts_timeline_and_rules_are_shown(lifecycle: Lifecycle, ana: str) -> None:
    """What is known, what happened, and what each rule will do next."""
    found = lifecycle.ok("customer", "show", ana, "--json").json
    assert found["facts"]["first_name"] == "Ana"
    happened = [(one["kind"], one["what"]) for one in found["timeline"]]
    assert ("event", "Board Created (board: Roadmap)") in happened
    assert ("fact", "customer.first_name: Ana") in happened
    rules = {rule["rule"]: rule for rule in found["rules"]}
    files = {path.stem for path in (starter_pack() / "rules").glob("*.yaml") if not path.stem.endswith(".test")}
    assert set(rules) == files - {"topics", "traits", "segments"}
    assert rules["we-miss-you"]["next_moment"] == "after 14 days"
    printed = lifecycle.ok("customer", "show", ana).out
    assert "Board Created (board: Roadmap)" in printed
    assert "after 14 days" in printed


def test_a_suppressed_customer_is_shown_so(lifecycle: Lifecycle, ana: str) -> None:
    """The first thing an operator wants to know."""
    lifecycle.ok("suppress", "add", ana, "--reason", "asked by phone")
    assert "all mail: asked by phone" in lifecycle.ok("customer", "show", ana).out


def test_the_timeline_is_bounded(lifecycle: Lifecycle, ana: str) -> None:
    """`--limit` says how much of it."""
    assert len(lifecycle.ok("customer", "show", ana, "--limit", "2", "--json").json["timeline"]) == 2


def test_a_customer_nobody_knows_is_one_sentence(lifecycle: Lifecycle, ana: str) -> None:
    """It names who was asked for."""
    del ana
    assert "'bob'" in lifecycle.refused("customer", "show", "bob")
