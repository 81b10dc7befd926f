"""What a test says, and how one of its expectations failed, in plain lines for people and for other programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.evaluate import Clause
from engine.rules.scenarios.model import Expected, Never
from engine.ruletests.report import Verdict, Why
from engine.simulate.forecast import SENT, WAITING, Mail

REST = "nothing else"
_INDENT = "  "


def when(at: datetime, zone: str) -> str:
    """Return an instant as a day and a minute in a zone."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def mail_title(mail: Expected, zone: str) -> str:
    """Return what an expected mail is called in reports."""
    return f"to {mail.to} at {when(mail.at, zone)}"


def silence_title(never: Never, zone: str) -> str:
    """Return what an expected silence is called in reports."""
    words = (
        f", rule {never.rule}" if never.rule else "",
        f", template {never.template}" if never.template else "",
        f", from {when(never.since, zone)}" if never.since else "",
        f", until {when(never.until, zone)}" if never.until else "",
    )
    return f"never {never.who}{''.join(words)}"


def lines(verdict: Verdict, zone: str) -> Iterator[str]:
    """Yield why an expectation failed or was refused: what is wrong, what was sent, and why."""
    if verdict.problem:
        yield verdict.problem.message
    yield from verdict.wrong
    if verdict.instead:
        yield "what became of the mails:" if any(mail.status != SENT for mail in verdict.instead) else "what left:"
        yield from (_INDENT + row for row in aligned([_mail(mail, zone) for mail in verdict.instead]))
    for why in verdict.whys:
        yield from _why(why, zone)


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows of cells as lines in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _mail(mail: Mail, zone: str) -> tuple[str, ...]:
    status = f"{mail.status}: {mail.reason}" if mail.reason else mail.status
    shown = "waits for its time of day" if mail.status == WAITING else status
    subject = f"“{mail.subject}”" if mail.subject else ""
    return when(mail.at, zone), f"to {mail.customer_id}", mail.template, shown, subject


def _why(why: Why, zone: str) -> Iterator[str]:
    answer = why.explanation
    yield f"{why.rule}: {why.sentence}"
    if answer is None:
        return
    if answer.clauses:
        yield f"its conditions at {when(answer.at, zone)}:"
        yield from (_INDENT + row for row in aligned(list(_clauses(answer.clauses))))
    if answer.upcoming:
        holds = "hold" if answer.upcoming.holds else "do not hold"
        due, label = when(answer.upcoming.due, zone), answer.upcoming.label
        yield f"next: {due} ({label}); by the facts of then, its conditions {holds}"


def _clauses(clauses: Sequence[Clause], depth: int = 0) -> Iterator[tuple[str, str, str]]:
    for clause in clauses:
        yield "yes" if clause.holds else "no", _INDENT * depth + clause.text, clause.value
        yield from _clauses(clause.parts, depth + 1)
