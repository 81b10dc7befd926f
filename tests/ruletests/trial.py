"""A few rules with small mails, and a test of them given as a text: read, and run as `lifecycle test` runs it."""

from __future__ import annotations

from collections.abc import Mapping

import sending

from engine.rendering import compile_library
from engine.ruletests import Bench, Outcome, TestResult, Tests, read
from engine.settings import Settings

MAIL = '---\nsubject: "{subject}"\n---\n{body}\n'
FILES: Mapping[str, str] = {
    **{path: text for path, text in sending.FILES.items() if not path.startswith(("rules/", "templates/welcome"))},
    "rules/topics.yaml": "account: transactional\ntips: marketing\n",
    "rules/traits.yaml": "customer: {score: number}\naccount: {spent: money}\n",
    "rules/before-you-go.yaml": (
        "topic: account\nwhen: {event: Cancel Page Viewed}\nsend: {after 1 day: before-you-go}\n"
        "if: [did not: {event: Subscription Cancelled, since: trigger}]\n"
    ),
    "rules/card.yaml": (
        "topic: account\nto: account owner\nwhen: {date: account.card_expires_on}\nsend: {7 days before: card}\n"
        "if: [account.status: active]\n"
    ),
    "rules/quiet.yaml": (
        "topic: tips\nwhen: {silent: any event}\nsend: {after 14 days: quiet, after 30 days: quiet-30}\n"
    ),
    "rules/big-team.yaml": (
        "topic: account\nwhen: {event: Signed Up, first: true, where: {seats: {at least: 5}}}\nsend: big-team\n"
    ),
    "rules/hourly.yaml": "topic: account\nwhen: {schedule: 0 * * * *}\nsend: quiet\n",
    "templates/before-you-go.md": MAIL.format(
        subject="Before you go, {{ customer.first_name | default('friend') }}", body="Can we help? Tell us **why**."
    ),
    "templates/card.md": MAIL.format(subject="Your card", body="{{ days_left }} days are left."),
    "templates/quiet.md": MAIL.format(subject="So quiet", body="Come back."),
    "templates/quiet-30.md": MAIL.format(subject="Still quiet", body="Come back."),
    "templates/big-team.md": MAIL.format(subject="Welcome all", body="Hello."),
}
LIBRARY, _ = compile_library(FILES)
ANA = """customers:
  ana: {first_name: Ana}
events:
  - {at: 2026-03-01 10:00, who: ana, did: Cancel Page Viewed}
"""


def problems(text: str, path: str = "rules/before-you-go.test.yaml", **others: str) -> list[str]:
    """Return what is wrong with a test, without its path where it is the place."""
    found = _read({path: text} | others).problems
    return [str(problem).removeprefix(f"{path}:") for problem in found]


def _read(texts: Mapping[str, str]) -> Tests:
    return read({**FILES, **texts}, templates=LIBRARY.names, zone="UTC")


def run(text: str, rule: str = "before-you-go", **rules: str) -> TestResult:
    """Run one test; `rules` are other texts of rules, by name."""
    path = f"rules/{rule}.test.yaml"
    files = {**FILES, **{f"rules/{name.replace('_', '-')}.yaml": said for name, said in rules.items()}, path: text}
    found = read(files, templates=LIBRARY.names, zone="UTC")
    assert found.problems == ()
    bench = Bench(files=files, library=LIBRARY, settings=Settings(provider="memory"))
    return bench.run(found.scenarios[path])


def outcomes(result: TestResult) -> dict[str, str]:
    """Return how each expectation fared, by its title, where it is not as expected."""
    return {verdict.title: str(verdict.outcome) for verdict in result.verdicts if not verdict.passed}


def failed(result: TestResult) -> list[str]:
    """Return in a few words what is not as expected."""
    return [
        f"{verdict.title}: {'; '.join(verdict.wrong)}"
        for verdict in result.verdicts
        if verdict.outcome is Outcome.FAILED
    ]
