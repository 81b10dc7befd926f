"""An explanation as it is printed: the verdict first, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from engine.cli import output

if TYPE_CHECKING:
    from engine.app.explain import Explained
    from engine.evaluate import Clause, Explanation, Judged, MomentSeen

COLUMNS = ("holds", "condition", "because")


def show(found: Explained, zone: str, *, past: bool) -> None:
    """Print an explanation; `past` says that it is one of another time."""
    answer = found.explanation
    output.heading(f"{answer.rule} and {found.customer}")
    output.line(answer.rule_sentence)
    output.line(output.styled(f"→ {found.verdict}", "bold"))
    if answer.trigger:
        output.line(f"Its trigger: {answer.trigger}.")
    for remark in filter(None, (answer.standing, _version(answer, past=past), answer.approximate, *_notes(found))):
        output.warn(remark)
    _becoming(answer)
    _conditions(answer, zone, past=past)
    _moments(answer, zone)
    _mails(found, zone, past=past)
    _next(answer, zone)


def _version(answer: Explanation, *, past: bool) -> str:
    if answer.version or not past or not answer.release:
        return answer.version
    return f"judged by release {answer.release}, which was live then"


def _notes(found: Explained) -> Iterator[str]:
    if found.role is not None and found.reader != found.customer:
        who = found.reader or "and there is none, so nothing is sent"
        yield f"its mail goes to the {found.role} of the account, {who}"
    if not found.release:
        yield "the rule was read from the files; it is not live"


def _becoming(answer: Explanation) -> None:
    if answer.becoming:
        output.heading(f"What its trigger waits for: {_all(all(clause.holds for clause in answer.becoming))}")
        output.table(COLUMNS, list(_clauses(answer.becoming)))
        if answer.stay and answer.stay.sentence != answer.verdict:
            output.line(f"{answer.stay.sentence[0].upper()}{answer.stay.sentence[1:]}.")


def _conditions(answer: Explanation, zone: str, *, past: bool) -> None:
    if not answer.clauses:
        return
    when = f"on {output.when(answer.at, zone)}" if past else "now"
    output.heading(f"Conditions {when}: {_all(answer.holds)}")
    output.table(COLUMNS, list(_clauses(answer.clauses)))
    if answer.turn:
        becomes = "will hold from" if answer.turn.holds else "will no longer hold from"
        output.line(f"They {becomes} {output.when(answer.turn.at, zone)}, if nothing changes.")


def _moments(answer: Explanation, zone: str) -> None:
    if not answer.moments:
        return
    output.heading("Moments, the latest first")
    rows = [(output.when(one.due, zone), one.label, one.sentence) for one in answer.moments]
    output.table(("due", "moment", "what became of it"), rows)
    for moment in answer.moments:
        if moment.judged:
            _judged(moment, moment.judged, answer, zone)


def _judged(moment: MomentSeen, judged: Judged, answer: Explanation, zone: str) -> None:
    """Print the conditions of a decision, in one line where they were what they are at the time asked about."""
    what = "decided" if moment.decided_at else "closed"
    due = output.when(moment.due, zone)
    head = f"When the moment of {due} was {what}, {output.when(judged.at, zone)}, by release {judged.release}"
    if judged.clauses == answer.clauses:
        output.heading(f"{head}: as above")
    else:
        output.heading(f"{head}: {_all(judged.holds)}")
        output.table(COLUMNS, list(_clauses(judged.clauses)))
    if judged.approximate:
        output.warn(f"approximate: {judged.approximate}")


def _all(holds: bool) -> str:
    return "all hold" if holds else "not all hold"


def _mails(found: Explained, zone: str, *, past: bool) -> None:
    if found.mails:
        output.heading("Mails, as they are now" if past else "Mails")
        rows = [(output.when(mail.status_at, zone), mail.template, mail.recipient, mail.fate) for mail in found.mails]
        output.table(("when", "mail", "to", "what became of it"), rows)


def _next(answer: Explanation, zone: str) -> None:
    ahead = answer.upcoming
    if ahead is None:
        return
    output.heading("Next, if nothing changes")
    then = "its conditions will hold then" if ahead.holds else f"not then: {'; '.join(ahead.wanting)}"
    output.line(f"{output.when(ahead.due, zone)} ({ahead.label}): {then}")


def _clauses(clauses: Sequence[Clause], depth: int = 0) -> Iterator[tuple[output.Cell, ...]]:
    for clause in clauses:
        mark = output.styled("yes", "green") if clause.holds else output.styled("no", "bold red")
        yield mark, "  " * depth + clause.text, clause.value
        yield from _clauses(clause.parts, depth + 1)
