"""`lifecycle status`: how the installation stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from engine.cli import output
from engine.cli.shell import JsonOption, Shell, command

if TYPE_CHECKING:
    from engine.app.status import RuleStatus, Status


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "status")(status)


def status(shell: Shell, *, json: JsonOption = False) -> None:
    """Show what runs, what waits and what is stopped.

    The release, its rules, messages by status, workers, brakes and the database.
    """
    from dataclasses import asdict

    from engine.app.status import status as ask

    with shell.app() as app:
        found = ask(app)
    if json:
        output.as_json(asdict(found))
        return
    output.pairs(dict(_summary(found, shell.settings.time_zone)))
    if found.rules:
        output.heading("Rules")
        columns = ("rule", "looked at up to", "state")
        output.table(columns, [_rule(rule, found, shell.settings.time_zone) for rule in found.rules])
    if found.messages:
        output.heading("Messages")
        output.table(("status", "messages"), list(found.messages.items()), right=["messages"])
    if found.workers:
        output.heading("Workers")
        rows = [
            (worker.id, worker.host, _alive(worker.alive), output.ago(worker.seen_at, found.at))
            for worker in found.workers
        ]
        output.table(("worker", "host", "state", "last heard of"), rows)


def _summary(found: Status, zone: str) -> Iterator[tuple[str, output.Cell]]:
    yield "workspace", found.workspace
    yield "database", f"{found.database} (tables {found.revision})"
    if found.unwritable:
        yield "stopped", output.styled(f"the database cannot be written: {found.unwritable}", "bold red")
    yield "release", _release(found, zone)
    yield "people", f"{output.plural(found.customers, 'customer')}, {output.plural(found.accounts, 'account')}"
    yield "provider", found.provider
    yield "mail may go to", ", ".join(found.only_to) or "anybody"
    if found.redirect_to:
        yield "all mail goes to", output.styled(found.redirect_to, "yellow")
    for lane in found.lanes:
        since = f"since {output.when(lane.stopped_at, zone)}: " if lane.stopped_at else ""
        yield (
            "stopped" if since else "in trouble",
            output.styled(since + lane.sentence, "bold red" if since else "yellow"),
        )
    yield "due now", output.plural(found.due, "message")
    for reason, waiting in found.waiting.items():
        until = output.when(waiting.until, zone)
        yield "waiting", f"{output.plural(waiting.messages, 'message')}, first until {until}: {reason}"
    yield "feedback", _feedback(found)


def _release(found: Status, zone: str) -> output.Cell:
    if found.release is None:
        return output.styled("none yet; `lifecycle apply` makes the files one", "yellow")
    of = f", {found.release.git_revision}" if found.release.git_revision else ""
    return f"{found.release.id}, applied {output.when(found.release.applied_at, zone)} by {found.release.author}{of}"


def _feedback(found: Status) -> output.Cell:
    told = found.feedback
    if told.last_received_at is None:
        return "nothing was told yet"
    waits = f", {output.plural(told.waiting, 'event')} not understood yet" if told.waiting else ""
    unknown = f", {output.plural(told.unknown, 'event')} of unknown messages since yesterday" if told.unknown else ""
    words = f"last event {output.ago(told.last_received_at, found.at)}{waits}{unknown}"
    return output.styled(words, "yellow") if told.unknown else words


def _rule(rule: RuleStatus, found: Status, zone: str) -> tuple[output.Cell, ...]:
    seen = output.ago(rule.seen_to, found.at) if rule.seen_to else "never"
    return rule.rule, seen, _state(rule, zone)


def _state(rule: RuleStatus, zone: str) -> output.Cell:
    if rule.paused_at:
        return output.styled(f"paused since {output.when(rule.paused_at, zone)}", "yellow")
    if rule.held is not None:
        return output.styled(f"held: {rule.held:,} at once; `lifecycle approve {rule.rule}`", "bold yellow")
    if rule.recasting:
        return output.styled("waits for values to be read as their new type", "yellow")
    return "waiting for a full pass" if rule.full_pass else output.styled("runs", "green")


def _alive(alive: bool) -> output.Cell:
    return output.styled("at work", "green") if alive else output.styled("silent", "red")
