"""`lifecycle outbox`: what is to be sent, what was, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import outbox_orders, output
from engine.cli.message_filters import Filters, filtered
from engine.cli.shell import JsonOption, Shell, command, group

if TYPE_CHECKING:
    from engine.app.messages import Listed

SHORT = 8
COLOURS = {"sent": "green", "failed": "red", "in_doubt": "bold red", "sending": "cyan"}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    below = group(app, "outbox", "Look at messages (waiting, sent, skipped and why), and decide about them.")
    command(below, "list")(filtered(list_))
    command(below, "show")(show)
    outbox_orders.register(below)


def list_(
    shell: Shell,
    *,
    filters: Filters,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    json: JsonOption = False,
) -> None:
    """List messages, the last changed first."""
    from dataclasses import asdict

    from engine.app.messages import listed

    with shell.app() as app:
        found = listed(app, filters.chosen(shell.settings.time_zone, limit=limit))
    if json:
        output.as_json([asdict(one) for one in found])
        return
    if not found:
        output.note("No such messages.")
        return
    zone = shell.settings.time_zone
    columns = ("id", "status", "mail", "to", "when", "rule", "reason")
    output.table(columns, [_row(one, zone) for one in found], optional=("rule",))
    if len(found) == limit:
        output.note(f"The last {limit} are shown; --limit shows more. Times are in {zone}.")


def _row(one: Listed, zone: str) -> tuple[output.Cell, ...]:
    """Return a line: what waits shows when it may leave, what ended when it did."""
    waits = one.status == "queued"
    return (
        one.send_id[:SHORT],
        output.styled(one.status, COLOURS.get(one.status, "none")),
        one.template,
        one.address or one.customer,
        output.when(one.not_before if waits else one.status_at, zone),
        one.rule,
        one.reason,
    )


def show(
    shell: Shell,
    send_id: Annotated[str, typer.Argument(help="A message's id, or its first six characters or more.")],
    *,
    json: JsonOption = False,
) -> None:
    """Show one message: where it stands and why, its text, and what became of it."""
    from dataclasses import asdict

    from engine.app.messages import shown
    from engine.cli.feedback_view import show_feedback

    with shell.app() as app:
        found = shown(app, send_id)
    if json:
        output.as_json(asdict(found))
        return
    zone = shell.settings.time_zone
    output.pairs(
        {name.replace("_", " "): _cell(value, zone) for name, value in found.message.items() if value not in (None, "")}
    )
    show_feedback(found.feedback, zone)
    if found.content is None:
        output.note("Its content is rendered when its time has come.")
        return
    output.heading(str(found.content["subject"]))
    if found.content["dropped_at"]:
        output.note(f"Its text is no longer kept since {output.when(found.content['dropped_at'], zone)}.")
        return
    output.data(str(found.content["text"]))


def _cell(value: object, zone: str) -> output.Cell:
    from datetime import datetime

    return output.when(value, zone) if isinstance(value, datetime) else value
