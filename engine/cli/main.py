"""The entry of `lifecycle`: collects the commands and turns what goes wrong into one sentence and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from engine import __version__
from engine.cli import output
from engine.cli.shell import DebugOption, Shell, WorkspaceOption
from engine.errors import LifecycleError, ProblemsError, UsageError

INTERRUPTED = 130
UNEXPECTED = 70
DIFFERING = frozenset({"plan"})
"""Commands that say with 2 that there is a difference; whatever goes wrong with them is 1."""
PREFIX = "LIFECYCLE"
"""What the environment variables of options begin with."""
COMMANDS = (
    "init",
    "import_",
    "check",
    "test",
    "preview",
    "plan",
    "dry_run",
    "backtest",
    "run",
    "serve",
    "status",
    "steer",
    "explain",
    "customer",
    "outbox",
    "feedback",
    "suppress",
    "upkeep",
    "db",
    "doctor",
    "demo",
)
"""The modules of this package that hold commands, in the order in which help lists them; each has `register(app)`."""

PANELS = {
    "Begin": ("init", "import", "demo"),
    "Write": ("check", "test", "preview", "plan", "dry-run", "backtest", "apply"),
    "Run": ("run", "serve", "status", "pause", "resume", "approve"),
    "Ask": ("explain", "customer", "outbox", "feedback"),
    "Look after": ("suppress", "upkeep", "db", "doctor"),
}
"""The parts of the help page and the commands in each."""


def build() -> typer.Typer:
    """Return the whole command line."""
    app = typer.Typer(name="lifecycle", add_completion=True, rich_markup_mode="rich", pretty_exceptions_enable=False)
    app.callback(invoke_without_command=True)(_root)
    for name in COMMANDS:
        importlib.import_module(f"engine.cli.{name}").register(app)
    panels = {name: panel for panel, names in PANELS.items() for name in names}
    for info in app.registered_commands:
        info.rich_help_panel = panels[str(info.name)]
    for below in app.registered_groups:
        below.rich_help_panel = panels[str(below.name)]
    return app


def _version(asked: bool) -> None:
    if asked:
        output.data(f"lifecycle {__version__}")
        raise typer.Exit


def _root(
    ctx: typer.Context,
    *,
    workspace: WorkspaceOption = None,
    debug: DebugOption = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, show_envvar=False, help="Print the version.")
    ] = False,
) -> None:
    """Lifecycle email from files: rules and templates in, the right mail at the right moment out."""
    del version
    ctx.obj = Shell(workspace=workspace, debug=debug)
    if ctx.invoked_subcommand is None:
        output.data(ctx.get_help())


def main() -> None:
    """Run the command line of this process and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; prints one sentence for whatever goes wrong."""
    try:
        code = build()(args=list(arguments), prog_name="lifecycle", standalone_mode=False, auto_envvar_prefix=PREFIX)
        sys.stdout.flush()
    except BrokenPipeError:
        _mute()
        return 0
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        if _debugging(arguments):
            raise
        return _told(_explained(error), arguments)
    if code == INTERRUPTED:
        output.fail("Stopped by Ctrl-C.")
    return code if isinstance(code, int) else 0


def _told(code: int, arguments: Sequence[str]) -> int:
    """Return the exit code of a mistake, told from what a command says with 2."""
    known = {name for names in PANELS.values() for name in names}
    called = next((word for word in arguments if word in known), "")
    return 1 if code == UsageError.exit_code and called in DIFFERING else code


def _debugging(arguments: Sequence[str]) -> bool:
    return "--debug" in arguments or os.environ.get("LIFECYCLE_DEBUG", "").lower() in {"1", "true", "yes", "on"}


def _explained(error: Exception) -> int:
    """Print an error as the sentence it is, and return the exit code that belongs to it."""
    if isinstance(error, ProblemsError):
        output.problems(error.problems)
        output.fail(f"{output.plural(len(error.problems), 'problem')} found.")
        return error.exit_code
    if isinstance(error, LifecycleError):
        for line in str(error).splitlines():
            output.fail(line)
        return error.exit_code
    if isinstance(error, typer.TyperException):
        output.fail(_usage(error))
        return error.exit_code
    if isinstance(error, typer.Abort):
        output.fail("Nothing was done.")
        return 1
    sentence = str(error).strip().splitlines() or ["no message"]
    output.fail(
        f"Something went wrong that should not: {type(error).__name__}: {sentence[0]}; run with --debug for more"
    )
    return UNEXPECTED


def _usage(error: typer.TyperException) -> str:
    """Return a mistake in calling a command as one sentence that names its help page."""
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    return f"{message}; see `{context.command_path} --help`" if context is not None else message


def _mute() -> None:
    """Let Python's own flush at exit go nowhere: the reader of our output has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
