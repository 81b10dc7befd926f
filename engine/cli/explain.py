"""`lifecycle explain`: why a rule did or did not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import output
from engine.cli.shell import JsonOption, Shell, command

if TYPE_CHECKING:
    from engine.app.explain import Explained
    from engine.evaluate import Clause


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "explain")(explain)


def explain(
    shell: Shell,
    rule: Annotated[str, typer.Argument(help="The rule: the name of its file.")],
    customer: Annotated[str, typer.Argument(help="A customer's id or address.")],
    *,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="By what was known then: a date, or a date and time.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Say why a rule did or did not write to a customer.

    Clause by clause with the facts they test, the moments that came, what became of the mails, and what comes next.
    """
    from dataclasses import asdict

    from engine.app.explain import explained
    from engine.cli.instants import instant

    zone = shell.settings.time_zone
    with shell.app() as app:
        found = explained(app, rule, customer, at=instant(at, zone) if at else None)
    if json:
        output.as_json(asdict(found))
        return
    _print(found, zone, past=at is not None)


def _print(found: Explained, zone: str, *, past: bool) -> None:
    answer = found.explanation
    output.heading(f"{answer.rule} and {found.customer}")
    output.line(answer.rule_sentence)
    output.line(output.styled(f"→ {answer.verdict}", "bold"))
    for remark in filter(None, (answer.standing, answer.approximate, _reader(found), _of_files(found))):
        output.warn(remark)
    when = f"at {output.when(answer.at, zone)}" if past else "now"
    if answer.clauses:
        output.heading(f"Conditions {when}: {'all hold' if answer.holds else 'not all hold'}")
        output.table(("holds", "condition", "because"), list(_clauses(answer.clauses)))
    if answer.moments:
        output.heading("Moments, the latest first")
        rows = [(output.when(one.due, zone), one.label, one.sentence) for one in answer.moments]
        output.table(("due", "moment", "what became of it"), rows)
    if found.mails:
        output.heading("Mails")
        output.table(
            ("when", "mail", "to", "status", "reason"),
            [
                (output.when(mail.status_at, zone), mail.template, mail.recipient, mail.status, mail.reason)
                for mail in found.mails
            ],
        )
    if answer.upcoming:
        holds = "hold" if answer.upcoming.conditions_hold_now else "do not hold"
        output.heading("Next")
        output.line(f"{output.when(answer.upcoming.due, zone)} ({answer.upcoming.label}); its conditions {holds} now")


def _reader(found: Explained) -> str:
    if found.role is None or found.reader == found.customer:
        return ""
    who = found.reader or "and there is none, so nothing is sent"
    return f"its mail goes to the {found.role} of the account, {who}"


def _of_files(found: Explained) -> str:
    return "" if found.release else "the rule was read from the files; it is not live"


def _clauses(clauses: Sequence[Clause], depth: int = 0) -> Iterator[tuple[output.Cell, ...]]:
    for clause in clauses:
        mark = output.styled("yes", "green") if clause.holds else output.styled("no", "bold red")
        yield mark, "  " * depth + clause.text, clause.value
        yield from _clauses(clause.parts, depth + 1)
