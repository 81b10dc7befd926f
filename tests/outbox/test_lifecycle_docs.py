"""The drawn life of a message is the one that is written, and so is the table of answers."""

from __future__ import annotations

import re
from pathlib import Path

from engine.outbox import TRANSITIONS
from engine.outbox.states import FIRST
from engine.policy import DELAYS, POLICIES
from engine.providers.base import Outcome
from engine.providers.sendgrid import _OUTCOMES
from engine.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"


def test_the_states_are_drawn_as_they_are() -> None:
    """Picture and table of docs/lifecycle.md hold exactly the steps that can be written."""
    page = (DOCS / "lifecycle.md").read_text()
    drawn = set(re.findall(r"^    (\w+) --> (\w+): ", page, re.MULTILINE))
    assert drawn == {(str(was), str(to)) for was, to in TRANSITIONS}
    assert set(re.findall(r"^    \[\*\] --> (\w+): ", page, re.MULTILINE)) == set(map(str, FIRST))
    told = {(was, to): when for was, to, when in re.findall(r"^\| (\w+) \| (\w+) \| (.+) \|$", page, re.MULTILINE)}
    del told["from", "to"]
    assert told == {(str(was), str(to)): when for (was, to), when in TRANSITIONS.items()}


def test_every_answer_of_sendgrid_is_in_the_table() -> None:
    """docs/providers.md names each status with its meaning."""
    page = (DOCS / "providers.md").read_text()
    rows = re.findall(r"^\| SendGrid: ([0-9, ]+) \| ([a-z ]+) \|", page, re.MULTILINE)
    told = {int(status): Outcome(means) for statuses, means in rows for status in statuses.split(", ")}
    assert told == _OUTCOMES


def test_settings_named_on_the_page_exist() -> None:
    """The brakes and settings of docs/providers.md are settings."""
    page = (DOCS / "providers.md").read_text()
    named = {name.lower() for name in re.findall(r"LIFECYCLE_(\w+)=", page)} | {"smtp_tls", "outbox_folder", "rate"}
    assert named <= set(Settings.model_fields)


def test_each_policy_says_what_it_is_for() -> None:
    """The table of policies can be read aloud."""
    assert all((policy.__doc__ or "").endswith(".") for policy in (*POLICIES, *DELAYS))
