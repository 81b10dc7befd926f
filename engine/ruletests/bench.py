"""Where tests are run: each on a scratch database of its own, with the workspace's rules and emails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pydantic import SecretStr

from engine import runtime
from engine.clock import monotonic
from engine.rendering import Library
from engine.rules.loader import load
from engine.rules.model import RuleSet
from engine.rules.scenarios.model import Scenario
from engine.ruletests.judge import judge
from engine.ruletests.life import live_through
from engine.ruletests.report import TestResult
from engine.settings import Settings
from engine.simulate.scratch import scratch

SECRET = SecretStr("a secret of tests, which nothing outside of them knows")


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Rules and emails (path to text) that have passed their checks, and the emails compiled."""

    files: Mapping[str, str]
    library: Library
    settings: Settings
    _read: dict[str, RuleSet] = field(default_factory=dict, repr=False, compare=False)

    def run(self, scenario: Scenario) -> TestResult:
        """Live through a test with its rules alone, and compare what was sent with what was expected."""
        began = monotonic()
        rules = self._rules(scenario)
        made = runtime.made(rules, self.library, release_id=1, settings=self._settings(scenario.zone))
        with scratch() as inside:
            lived = live_through(scenario, made, inside, self.files)
        verdicts = judge(scenario, rules, lived)
        sent = sum(mail.status == "sent" for mail in lived.mails)
        return TestResult(
            path=scenario.path, zone=scenario.zone, verdicts=verdicts, sent=sent, seconds=monotonic() - began
        )

    def _rules(self, scenario: Scenario) -> RuleSet:
        """Return what the files say by the clock of the test, with the rules under test alone."""
        if scenario.zone not in self._read:
            self._read[scenario.zone] = load(self.files, zone=scenario.zone).rules
        rules = self._read[scenario.zone]
        return replace(rules, rules={name: rules.rules[name] for name in scenario.rules})

    def _settings(self, zone: str) -> Settings:
        """Return settings in which no brake of this machine keeps mail back, and no address is a real one's."""
        return self.settings.model_copy(
            update={"time_zone": zone, "only_to": (), "redirect_to": "", "secret": SECRET, "provider": "memory"}
        )
