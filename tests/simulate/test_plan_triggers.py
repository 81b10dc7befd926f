"""A live rule of every trigger can be planned, whatever is changed about it."""

from __future__ import annotations

import pytest
from company import FILES, people
from planned import Planner

WHENS = {
    "event": ("{event: Logged In}", "after 2 days"),
    "date": ("{date: customer.signed_up_at}", "after 2 days"),
    "every": ("{every: month, since: customer.signed_up_at}", "on the day"),
    "silent": ("{silent: any event}", "after 2 days"),
    "back after": ("{back after: 3 days}", "after 2 days"),
    "becomes": ("{becomes: {did: Logged In}}", "after 2 days"),
    "schedule": ('{schedule: "0 9 * * mon"}', "at once"),
    "on": ("{on: 2026-03-05}", "on the day"),
}
RULE = "topic: tips\nwhen: {when}\nsend: {{{send}: welcome-back}}\n{more}"
MAIL = "templates/welcome-back.md"


@pytest.mark.parametrize("changed", ["words", "limit", "condition", "removed", "another moment"])
@pytest.mark.parametrize(("when", "send"), WHENS.values(), ids=WHENS)
def test_a_live_rule_of_each_trigger_is_planned(planner: Planner, when: str, send: str, changed: str) -> None:
    """Its words, its brake, its conditions, its moments, or all of it."""
    people(planner.database)
    rule = RULE.format(when=when, send=send, more="")
    mail = FILES[MAIL].replace("{{ days_silent }}", "some")
    before = {path: text for path, text in FILES.items() if path != "rules/we-miss-you.yaml"}
    before |= {"rules/it.yaml": rule, MAIL: mail}
    planner.live(before)
    after = dict(before)
    if changed == "words":
        after[MAIL] = mail.replace("some", "many")
    elif changed == "removed":
        del after["rules/it.yaml"]
    else:
        more = {"limit": "max_at_once: 7\n", "condition": "if: [did: Logged In]\n", "another moment": ""}[changed]
        extra = f"{send}: welcome-back, after 3 days" if changed == "another moment" else send
        after["rules/it.yaml"] = RULE.format(when=when, send=extra, more=more)
    assert planner.plan(after).changes
