"""`lifecycle outbox retry`, `cancel`, `resolve` and `resume`: what an operator decides about messages and lanes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import asking, output
from engine.cli.message_filters import Filters, filtered
from engine.cli.shell import JsonOption, Shell, command
from engine.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from engine.app import App
    from engine.outbox import Order

Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="ID", help="Messages by their ids, or the first six characters.", show_default=False),
]
Limit = Annotated[int | None, typer.Option(min=1, help="At most so many.", show_default="all")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, also where filters mean several messages.")]
Expires = Annotated[str | None, typer.Option(metavar="TIME", help="Until when it may leave, such as 2d or a date.")]
Reason = Annotated[str, typer.Option(help="Why, for whoever asks later.")]


def register(below: typer.Typer) -> None:
    """Add the commands of this module to the group."""
    command(below, "retry")(filtered(retry))
    command(below, "cancel")(filtered(cancel))
    command(below, "resolve")(filtered(resolve))
    command(below, "resume")(resume)


def retry(
    shell: Shell,
    ids: Ids = None,
    *,
    filters: Filters,
    may_repeat: Annotated[
        bool, typer.Option("--may-repeat", help="Also what is in doubt: somebody may get it twice.")
    ] = False,
    expires: Expires = None,
    limit: Limit = None,
    yes: Yes = False,
    json: JsonOption = False,
) -> None:
    """Send failed messages again, byte for byte the same.

    Each waits anew; whether it is still due, wanted and allowed is asked before it leaves.
    A message whose time has passed needs --expires.
    """
    from engine.outbox import Retry

    with shell.app() as app:
        order = Retry(may_repeat=may_repeat, expires_at=_expiry(app, expires))
        _carry_out(app, order, ids, filters, limit, yes=yes, json=json)


def cancel(
    shell: Shell,
    ids: Ids = None,
    *,
    filters: Filters,
    reason: Reason = "",
    limit: Limit = None,
    yes: Yes = False,
    json: JsonOption = False,
) -> None:
    """End messages that wait, for good.

    One that may have been sent once stays in doubt, and is not sent again.
    """
    from engine.outbox import Cancel

    with shell.app() as app:
        _carry_out(app, Cancel(reason=reason), ids, filters, limit, yes=yes, json=json)


def resolve(
    shell: Shell,
    ids: Ids = None,
    *,
    filters: Filters,
    sent: Annotated[bool, typer.Option("--sent", help="They were sent.")] = False,
    not_sent: Annotated[bool, typer.Option("--not-sent", help="They were not: send them, if there is time.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="They were not, and are not to be.")] = False,
    ask: Annotated[bool, typer.Option("--ask", help="Ask the provider's own records (SendGrid).")] = False,
    reason: Reason = "",
    expires: Expires = None,
    limit: Limit = None,
    yes: Yes = False,
    json: JsonOption = False,
) -> None:
    """Say what became of messages in doubt.

    What was not sent waits anew where its time has not passed, and else ends as expired.
    With --ask, what the provider's records have was sent; what they do not have stays in doubt.
    It asks about all that is in doubt, unless ids or filters say otherwise.
    """
    from engine.outbox import Resolve, Status

    said = [to for to, is_said in ((Status.SENT, sent), (Status.QUEUED, not_sent), (Status.FAILED, failed)) if is_said]
    if len(said) + ask != 1:
        raise UsageError("what became of them? say one of --sent, --not-sent, --failed and --ask")
    with shell.app() as app:
        if ask:
            _ask(app, ids, filters, limit, json=json)
            return
        order = Resolve(to=said[0], reason=reason, expires_at=_expiry(app, expires))
        _carry_out(app, order, ids, filters, limit, yes=yes, json=json)


def resume(
    shell: Shell,
    lane: Annotated[
        str | None, typer.Argument(help="One lane, such as sendgrid; else all.", show_default=False)
    ] = None,
) -> None:
    """Let stopped lanes go on at once, as `lifecycle resume` does; `lifecycle status` shows them."""
    from engine.app import steer

    with shell.app() as app:
        output.done(steer.resume_lane(app, lane))


def _carry_out(
    app: App, order: Order, ids: list[str] | None, filters: Filters, limit: int | None, *, yes: bool, json: bool
) -> None:
    """Say what an order would do, ask where filters mean several messages, and do it."""
    from engine.app.messages import decide, meant

    found = meant(app, order, filters.chosen(app.settings.time_zone, ids=tuple(ids or ()), limit=limit))
    count = sum(found.foreseen.moved.values())
    if not json:
        _say_kept(found.foreseen.kept)
    if not count and ids:
        raise UsageError(f"nothing to {order.name} among these messages")
    if count > 1 and not ids:
        asking.confirm(_moved(found.foreseen.moved, will=True), yes=yes)
    done = decide(app, order, found.send_ids)
    if json:
        output.as_json({"moved": dict(done.moved), "kept": dict(done.kept)})
    elif done.moved:
        output.done(f"{_moved(done.moved)}.")
    else:
        output.note(f"There is nothing to {order.name}.")


def _ask(app: App, ids: list[str] | None, filters: Filters, limit: int | None, *, json: bool) -> None:
    from dataclasses import asdict, replace

    from engine.app.messages import ask_records, meant
    from engine.outbox import Resolve, Status

    chosen = filters.chosen(app.settings.time_zone, ids=tuple(ids or ()), limit=limit)
    order = Resolve(to=Status.SENT)
    found = meant(app, order, chosen if chosen.anything else replace(chosen, status=str(Status.IN_DOUBT)))
    asked = ask_records(app, found.send_ids)
    if json:
        output.as_json(asdict(asked))
    else:
        output.done(f"{output.plural(asked.found, 'message')} found in the records of the provider: sent.")
        output.note(f"{output.plural(asked.not_found, 'message')} not found: still in doubt.")
        if asked.unasked:
            output.warn(f"{output.plural(asked.unasked, 'message')} not asked about: {asked.problem or _OTHERS}.")
    if asked.problem:
        raise typer.Exit(1)


_OTHERS = "not in doubt, or handed to another provider"


def _moved(moved: Mapping[str, int], *, will: bool = False) -> str:
    """Return what becomes of messages as a sentence without its end."""
    parts: Sequence[str] = [
        f"{output.plural(count, 'message')} {'will ' if will else ''}{_verb(status, count, will=will)}"
        for status, count in moved.items()
    ]
    return ", ".join(parts)


def _verb(status: str, count: int, *, will: bool) -> str:
    is_ = "be" if will else ("is" if count == 1 else "are")
    words = {"queued": "waiting to be sent", "in_doubt": "in doubt, not to be sent again", "sent": "told as sent"}
    return f"{is_} {words.get(status, status)}"


def _say_kept(kept: Mapping[str, int]) -> None:
    for reason, count in sorted(kept.items()):
        output.note(f"{output.plural(count, 'message')} {'stays' if count == 1 else 'stay'} as before: {reason}.")


def _expiry(app: App, text: str | None) -> datetime | None:
    from engine.cli.instants import later

    return None if text is None else later(text, app.clock.now(), app.settings.time_zone)
