"""The brakes of staging and of the law, said at each start, and what they do to an envelope."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import Problem
from engine.policy import MARKETING_WAITS
from engine.providers import Envelope, Mailbox, allows_marketing
from engine.rules.model import RuleSet
from engine.settings import Settings

ORIGINAL = "X-Lifecycle-Original-To"


def start_lines(settings: Settings, rules: RuleSet | None = None) -> tuple[str, ...]:
    """Return the lines that a start shows of the brakes that are on; with the live rules, what cannot leave at all."""
    lines = [problem.message for problem in marketing_problems(rules, settings)] if rules else []
    if settings.only_to:
        lines.append(f"ONLY_TO: mail goes to {', '.join(settings.only_to)} alone; all other messages are skipped")
    if settings.redirect_to:
        lines.append(f"REDIRECT_TO: all mail goes to {settings.redirect_to} instead of its recipients")
    return tuple(lines)


def marketing_problems(rules: RuleSet, settings: Settings) -> tuple[Problem, ...]:
    """Return one problem for each marketing topic in use whose mail could not leave with these settings."""
    if allows_marketing(settings):
        return ()
    used = {rule.topic for rule in rules.rules.values()}
    topics = (topic for name, topic in rules.topics.items() if name in used and topic.kind == "marketing")
    return tuple(
        Problem(
            path=topic.place.path if topic.place else "rules/topics.yaml",
            line=topic.place.line if topic.place else 1,
            column=topic.place.column if topic.place else 1,
            code="E601",
            message=f"topic `{topic.name}`: {MARKETING_WAITS.format(provider=settings.provider)}",
        )
        for topic in topics
    )


def redirected(envelope: Envelope, redirect_to: str) -> Envelope:
    """Return the envelope as it leaves: to the one address that gets all mail, where there is one.

    The original recipient is named in a header and in the name that mail programs show.
    """
    if not redirect_to:
        return envelope
    original = envelope.recipient.address
    return replace(
        envelope,
        recipient=Mailbox(address=redirect_to, name=f"for {original}"),
        headers={**envelope.headers, ORIGINAL: original},
    )
