"""A backtest against the life it replays: the same moments, decided in the same way."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from backtesting import SHARED, tried
from evaluate.staging import Stage
from simulate.histories import DAYS, START, invented

from engine.app.rules import compiled
from engine.clock import MICROSECOND
from engine.settings import Settings

STEP = timedelta(hours=12)
RULES = {
    "silent": "when: {silent: any event}\nsend: {after 1 day: mail, after 3 days: mail}\n"
    "if: [account.status: active]\n",
    "asked": "when: {event: A}\nsend: {at once: mail, after 36 hours: mail}\nif: [{did: {event: B, within: 5 days}}]\n",
    "first": "when: {event: B, first: true}\nsend: {after 1 day: mail}\nif: [{customer.score: {at least: 2}}]\n",
    "back": "when: {back after: 2 days}\nsend: {at once: mail}\n",
    "date": "when: {date: customer.trial_ends_on}\nsend: {2 days before: mail, 1 day after: mail}\n",
    "demo": "when: {date: customer.demo_at}\nsend: {2 days before: mail}\n",
    "active": "when: {becomes: {all: [{account.status: active}, {customer.score: {at least: 1}}]}}\n"
    "send: {at once: mail, after 30 hours: mail}\n",
    "card": "to: account owner\nwhen: {date: account.card_expires_on}\nsend: {20 days before: mail}\n"
    "if: [{account.tier: gold}]\n",
}


@pytest.mark.parametrize("seed", range(4))
def test_a_backtest_decides_what_was_decided_when_it_was_lived(database: sa.Engine, seed: int) -> None:
    """The same history, heard as it happened and judged at the same ticks: the same moments in the same states."""
    stage = _live(database)
    until = START + timedelta(days=DAYS)
    clock = [START + number * STEP for number in range((until - START) // STEP + 1)]
    for when, kind, rows in invented(seed):
        while clock and clock[0] < when:
            stage.tick(clock.pop(0).isoformat())
        if rows:
            stage.hear(when.isoformat(), kind, *rows)
    lived = set(stage.rows("rule", "subject_id", "send", "moment_at", "state"))
    found = tried(database, RULES, START.isoformat(), until.isoformat(), step=STEP)
    assert found.step == STEP
    again = {
        (past.rule, one.subject_id, one.moment, one.at, one.state)
        for past in found.rules
        for day in past.days
        for one in day.listed
    }
    assert again == lived
    assert len({rule for rule, *_ in lived}) >= len(RULES) - 2


def _live(database: sa.Engine) -> Stage:
    """A stage with the rules live just before the first tick."""
    stage = Stage(database)
    files = {f"rules/{name}.yaml": f"topic: tips\n{text}" for name, text in RULES.items()}
    rules = compiled({**SHARED, **files}, 0, Settings()).rules.rules
    stage.live((START - MICROSECOND).isoformat(), *rules.values())
    return stage
