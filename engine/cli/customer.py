"""`lifecycle customer`: all there is about one customer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import output, privacy
from engine.cli.shell import JsonOption, Shell, command, group

if TYPE_CHECKING:
    from engine.app.customer import RuleShown, Shown

COLOURS = {"event": "cyan", "fact": "yellow", "mail": "green", "consent": "magenta"}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    below = group(app, "customer", "Look at one customer, hand out what is known, or erase it.")
    command(below, "show")(show)
    command(below, "export")(privacy.export)
    command(below, "erase")(privacy.erase)


def show(
    shell: Shell,
    customer: Annotated[str, typer.Argument(help="A customer's id or address.")],
    *,
    limit: Annotated[int, typer.Option(min=1, help="So many things of the timeline.")] = 20,
    json: JsonOption = False,
) -> None:
    """Show a customer's facts, what happened, what each rule did, and what comes next."""
    from dataclasses import asdict

    from engine.app.customer import show as ask

    with shell.app() as app:
        found = ask(app, customer, limit=limit)
    if json:
        output.as_json(asdict(found))
        return
    _print(found, shell.settings.time_zone)


def _print(found: Shown, zone: str) -> None:
    output.heading(f"Customer {found.id}")
    output.pairs(dict(_facts(found, zone)))
    if found.account_id:
        output.heading(f"Account {found.account_id}")
        output.pairs({name: _account_cell(name, value, found.account, zone) for name, value in found.account.items()})
    output.heading(f"Timeline, the newest first ({zone})")
    rows = [(output.when(one.at, zone), output.styled(one.kind, COLOURS[one.kind]), one.what) for one in found.timeline]
    output.table(("when", "kind", "what"), rows)
    output.heading(f"Rules of {f'release {found.release}' if found.release else 'the files; nothing is live yet'}")
    output.table(("rule", "so far", "next", "conditions now"), [tuple(_rule(rule, zone)) for rule in found.rules])


def _facts(found: Shown, zone: str) -> Iterator[tuple[str, output.Cell]]:
    yield from ((name, _cell(value, zone)) for name, value in found.facts.items())
    if found.roles:
        yield "roles", ", ".join(f"{role} of {account}" for role, account in found.roles)
    for scope, reason in found.suppressed.items():
        yield "suppressed", output.styled(f"{output.scope(scope)}: {reason}", "bold red")
    for said in found.consents:
        yield f"consent to {output.scope(said.topic)}", f"{said.state}, {output.when(said.at, zone)} ({said.source})"


def _cell(value: Any, zone: str) -> output.Cell:  # noqa: ANN401 (facts are of all types)
    return output.when(value, zone) if isinstance(value, datetime) else value


def _account_cell(name: str, value: Any, account: Mapping[str, Any], zone: str) -> output.Cell:  # noqa: ANN401 (as above)
    from engine.facts import BUILT_IN, FactType
    from engine.rules import english

    fact = BUILT_IN.get(f"account.{name}")
    if fact is not None and fact.type is FactType.MONEY:
        return f"{english.value(value, fact)} {account.get('currency', '')}".strip()
    return _cell(value, zone)


def _rule(rule: RuleShown, zone: str) -> Iterator[output.Cell]:
    yield rule.rule
    reason = f" ({rule.mail_reason})" if rule.mail_reason else ""
    yield f"{rule.mail}{reason} {output.when(rule.mail_at, zone)}" if rule.mail else rule.verdict
    yield f"{output.when(rule.next_at, zone)} {rule.next_moment}" if rule.next_at else ""
    yield _holds(rule.holds_now)


def _holds(holds: bool | None) -> output.Cell:
    if holds is None:
        return ""
    return output.styled("hold", "green") if holds else output.styled("do not hold", "yellow")
