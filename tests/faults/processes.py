"""What runs in processes of its own, which can be killed: forked from one that has imported everything."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sending import a_runtime
from sqlalchemy import event

from engine import dispatch, providers
from engine.cli.main import COMMANDS as COMMANDS_OF_LIFECYCLE
from engine.clock import SetClock
from engine.db import connect

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "__main__",
        "faults.processes",
        *(f"engine.cli.{command}" for command in COMMANDS_OF_LIFECYCLE),
        "engine.app.running",
        "engine.providers.sendgrid",
        "engine.providers.smtp",
        "psycopg",
        "sqlalchemy.dialects.postgresql.psycopg",
        "sqlalchemy.dialects.sqlite",
    ]
)
COMMITS = {"before content": r"INSERT INTO message_content ", "before intent": r"UPDATE message SET .*first_intent_at="}
"""Failpoints just before a commit, by what a statement of its transaction looks like."""
SIGNALS = {"after intent": "claimed", "before settle": "answered", "after settle": "settled"}
"""Failpoints at which a run says where it is."""
KILLED = -signal.SIGKILL


def start(function: Callable[..., None], *args: object, **options: object) -> BaseProcess:
    """Run a function of a module in a process of its own."""
    process = _FORKS.Process(target=function, args=args, kwargs=options, daemon=True)
    process.start()
    return process


def wait(process: BaseProcess, *, seconds: float = 120) -> int | None:
    """Wait for the end of a process and return its exit code; raises TimeoutError, having killed it."""
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"{process.name} did not end within {seconds} seconds")
    return process.exitcode


def die() -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def send(url: str, settings: Mapping[str, Any], instants: Sequence[datetime], failpoint: str = "") -> None:
    """Send what is due at each of some instants, and die at a failpoint where one is named."""
    running, engine = a_runtime(**settings), connect(url)
    if failpoint in COMMITS:
        note_commits(engine, COMMITS[failpoint], die)

    def where(at: str) -> None:
        if at == SIGNALS.get(failpoint):
            die()

    for now in instants:
        provider = providers.make(running.settings)
        dispatch.run_once(engine, running, provider, clock=SetClock(now), signal=where)


def note_commits(engine: sa.Engine, statements: str, then: Callable[[], None]) -> None:
    """Call something when a transaction that ran a statement like these is about to commit."""

    def note(connection: sa.Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if re.match(statements, statement):
            connection.info[statements] = True

    def commit(connection: sa.Connection) -> None:
        if connection.info.pop(statements, False):
            then()

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "commit", commit)


def lifecycle(arguments: tuple[str, ...], environment: Mapping[str, str], log: Path) -> None:
    """Run the command `lifecycle` with its output appended to a file."""
    from engine.cli.main import run

    os.environ.update(environment)
    with log.open("a", buffering=1) as output, redirect_stdout(output), redirect_stderr(output):
        sys.exit(run(list(arguments)))
