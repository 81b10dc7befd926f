"""What every command shares: the options `--workspace` and `--debug`, and the workspace they name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

if TYPE_CHECKING:
    from engine.app import App
    from engine.settings import Settings

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        envvar="LIFECYCLE_WORKSPACE",
        metavar="FOLDER",
        help="The workspace; else this folder or the nearest above it that holds lifecycle.yaml.",
        rich_help_panel="Everywhere",
    ),
]
DebugOption = Annotated[
    bool,
    typer.Option("--debug", envvar="LIFECYCLE_DEBUG", help="Show tracebacks.", rich_help_panel="Everywhere"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True, kw_only=True)
class Shell:
    """What the command line said about every command; commands take it as their first parameter."""

    workspace: Path | None = None
    debug: bool = False
    variables: Callable[[], frozenset[str]] = frozenset

    @functools.cached_property
    def folder(self) -> Path:
        """The workspace's folder; raises UsageError where there is none."""
        from engine.workspace import find

        return find(self.workspace)

    @functools.cached_property
    def settings(self) -> Settings:
        """The workspace's settings; raises SettingsError with every mistake."""
        from engine.workspace import load_settings

        return load_settings(self.folder, known=self.variables())

    @contextmanager
    def app(self) -> Iterator[App]:
        """Open the workspace's database; raises DatabaseError where it is missing or not up to date."""
        from engine.app import opened

        with opened(self.settings) as app:
            yield app


def command(parent: typer.Typer, name: str, **options: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:  # noqa: ANN401 (typer's own)
    """Register a function `f(shell, ...)` as a command that also takes `--workspace` and `--debug`."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        parent.command(name, **options)(_with_shell(function))
        return function

    return register


def group(parent: typer.Typer, name: str, about: str) -> typer.Typer:
    """Return a new group of commands; called without one of them it prints its help."""
    below = typer.Typer(help=about)

    def help_alone(ctx: typer.Context) -> None:
        if ctx.invoked_subcommand is None:
            typer.echo(ctx.get_help())

    below.callback(invoke_without_command=True)(help_alone)
    parent.add_typer(below, name=name)
    return below


def _with_shell(function: Callable[..., None]) -> Callable[..., None]:
    hints = get_type_hints(function, include_extras=True)
    own = [p.replace(annotation=hints[p.name]) for p in list(inspect.signature(function).parameters.values())[1:]]
    shared = [_option("workspace", WorkspaceOption, None), _option("debug", DebugOption, default=False)]

    @functools.wraps(function)
    def run(*, ctx: typer.Context, workspace: Path | None, debug: bool, **values: Any) -> None:  # noqa: ANN401 (whatever it takes)
        before: Shell = ctx.obj or Shell()
        function(
            Shell(
                workspace=workspace or before.workspace,
                debug=debug or before.debug,
                variables=functools.partial(variables, ctx.find_root()),
            ),
            **values,
        )

    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    parameters = [context, *(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*own, *shared))]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def _option(name: str, annotation: object, default: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def variables(root: Any) -> frozenset[str]:  # noqa: ANN401 (typer keeps its classes private)
    """Return the environment variables that belong to options of commands."""
    return frozenset(_variables(root.command, str(root.auto_envvar_prefix)))


def _variables(group: Any, prefix: str) -> Iterator[str]:  # noqa: ANN401 (typer keeps its classes private)
    for parameter in group.params:
        if parameter.param_type_name == "option":
            yield str(parameter.envvar or f"{prefix}_{parameter.name}".upper())
    for name, below in getattr(group, "commands", {}).items():
        yield from _variables(below, f"{prefix}_{name}".upper().replace("-", "_"))
