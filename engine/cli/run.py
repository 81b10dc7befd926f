"""`lifecycle run`: the daemon."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import output
from engine.cli.monitoring import watched
from engine.cli.shell import Shell, command

if TYPE_CHECKING:
    from engine.app import App
    from engine.app.running import Works


class StageName(StrEnum):
    """A stage that `--only` names."""

    EVALUATE = "evaluate"
    ENQUEUE = "enqueue"
    DISPATCH = "dispatch"
    BOUNCES = "bounces"
    FEEDBACK = "feedback"
    UPKEEP = "upkeep"


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "run")(run)


def run(
    shell: Shell,
    *,
    once: Annotated[bool, typer.Option("--once", help="Run each stage once and end.")] = False,
    only: Annotated[StageName | None, typer.Option(help="Run this stage alone, such as for a host that sends.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Make the files live first, unless they are older.")] = False,
) -> None:
    """Run the engine, until stopped.

    It finds who is due, puts mails into the outbox, sends them, and acts upon what becomes of them.
    SIGTERM and Ctrl-C end it when what is in flight has been answered. Any number may run on one PostgreSQL.
    """
    from engine import logs
    from engine.app.running import works

    logs.configure(shell.settings.log_format)
    with shell.app() as app:
        if apply:
            _apply(app)
        _say_start(app)
        with works(app) as ready:
            if only in {None, StageName.DISPATCH}:
                _require_carried(app, ready)
            _work(app, ready, only, once=once)


def _work(app: App, ready: Works, only: StageName | None, *, once: bool) -> None:
    from engine import daemon

    stages = ready.stages(only.value if only else None)
    if once:
        results = [daemon.attend(stage) for stage in stages]
        if not all(results):
            raise typer.Exit(1)
        return
    daemon.settle_in()
    with watched(app, app.settings.health_port) as watch:
        daemon.run(stages, clock=app.clock, stopping=ready.dispatcher.stop, watch=watch)


def _require_carried(app: App, ready: Works) -> None:
    """Refuse to send where the provider does not take the live rules' mail: it would be skipped for good."""
    from engine.errors import ProblemsError
    from engine.outbox import marketing_problems

    running = ready.live.runtime()
    problems = marketing_problems(running.rules, app.settings) if running else ()
    if problems:
        raise ProblemsError(problems)


def _apply(app: App) -> None:
    from engine.app.release import make_release
    from engine.cli.plan_view import show_applied

    done = make_release(app, never_back=True)
    output.problems(done.lint)
    show_applied(done)


def _say_start(app: App) -> None:
    """Log what this process runs on, and every brake that is on."""
    import structlog

    from engine.db import reading
    from engine.outbox import start_lines
    from engine.releases.store import live_id

    log = structlog.get_logger("lifecycle")
    with reading(app.database) as connection:
        release = live_id(connection)
    database = app.database.url.render_as_string(hide_password=True)
    log.info("starting", release=release or "none yet", provider=app.settings.provider, database=database)
    if not release:
        log.warning("waiting for a release; `lifecycle apply` makes the files one")
    for line in start_lines(app.settings):
        log.warning("brake on", brake=line)
