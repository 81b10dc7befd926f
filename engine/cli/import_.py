"""`lifecycle import`: take in customers, accounts, members, events and consents."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from engine.cli import output
from engine.cli.shell import JsonOption, Shell, command
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.app import App
    from engine.intake import ImportOptions, ImportReport, Kind

SOME_REJECTED = 3


class What(StrEnum):
    """What the rows of a file are about."""

    CUSTOMERS = "customers"
    ACCOUNTS = "accounts"
    MEMBERS = "members"
    EVENTS = "events"
    CONSENTS = "consents"


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "import")(import_)


def import_(
    shell: Shell,
    kind: Annotated[What, typer.Argument(help="What the rows are about.", show_default=False)],
    file: Annotated[Path, typer.Argument(help="CSV or JSONL; `-` is standard input.", show_default=False)],
    *,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="COLUMN=FIELD", help="What a column means (`-` ignores it). Can be repeated."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The name of all events of this file.")] = None,
    customer: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column with the customer's id.")] = None,
    at: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column with the time.")] = None,
    rejects: Annotated[Path | None, typer.Option(help="Where bad rows go; else beside the file.")] = None,
    zone: Annotated[str | None, typer.Option(help="The zone of times without one; else the workspace's.")] = None,
    currency: Annotated[str | None, typer.Option(help="The currency of sums whose row names none.")] = None,
    hash_addresses: Annotated[
        bool, typer.Option("--hash-addresses", help="Take ids that are addresses, as keyed hashes.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Take in customers, accounts, members, events or consents from a file.

    Importing a file twice, or its lines in another order, comes to the same. Rows that cannot be taken go to a rejects
    file with the reason, and the exit code is 3.
    """
    from engine.app.imports import declared_traits, edited_traits
    from engine.intake import ImportOptions, Kind

    columns = _columns(mapping or (), customer=customer, at=at, kind=kind)
    with shell.app() as app:
        options = ImportOptions(
            mapping=columns,
            event_name=name,
            traits=declared_traits(app),
            time_zone=zone_of(zone) if zone else shell.settings.time_zone,
            currency=currency,
            allow_address_ids=hash_addresses,
            secret=_secret(app, needed=hash_addresses or kind is What.CONSENTS),
        )
        edited = edited_traits(app)
        report = take_in(app, Kind(kind), file, options, rejects)
    show_report(report, json=json)
    for trait in edited if report.rejected else ():
        output.warn(f"{trait.fact.path} is still a {trait.type} until `lifecycle apply` makes its new type live.")
    end(report)


def take_in(app: App, kind: Kind, file: Path, options: ImportOptions, rejects: Path | None) -> ImportReport:
    """Import a file, and show how far it has come."""
    from engine.app.imports import import_rows
    from engine.intake import Step

    with output.progress(f"Importing {kind}") as bar:

        def step(now: Step) -> None:
            bar(now.bytes_done, now.bytes_total)

        return import_rows(app, kind, _source(file), options=options, rejects=rejects, progress=step)


def _columns(given: Iterable[str], *, customer: str | None, at: str | None, kind: What) -> dict[str, str]:
    named = {customer: "id" if kind is What.CUSTOMERS else "customer_id", at: "at"}
    return columns_of(given) | {column: field for column, field in named.items() if column is not None}


def columns_of(given: Iterable[str]) -> dict[str, str]:
    """Return what columns mean by options such as `--map Date=at`; raises UsageError."""
    columns: dict[str, str] = {}
    for pair in given:
        column, equals, field = pair.rpartition("=")
        if not equals or not column or not field:
            raise UsageError(f"--map {pair} is not COLUMN=FIELD, such as --map Date=at")
        columns[column] = field
    return columns


def zone_of(name: str) -> str:
    """Return the zone that an option names; raises UsageError."""
    from engine.zones import zone_name

    try:
        return zone_name(name)
    except ValueError as error:
        raise UsageError(f"--zone: {error}") from None


def _source(file: Path) -> Path | BinaryIO:
    return sys.stdin.buffer if str(file) == "-" else file


def _secret(app: App, *, needed: bool) -> str:
    from engine.workspace import require_secret

    return require_secret(app.settings) if needed else ""


def end(report: ImportReport) -> None:
    """End with the exit code that says whether rows were rejected."""
    if report.rejected:
        raise typer.Exit(SOME_REJECTED)


def show_report(report: ImportReport, *, json: bool) -> None:
    """Print what became of the rows."""
    from dataclasses import asdict

    if json:
        output.as_json(asdict(report))
        return
    say = output.done if report.accepted or not report.rejected else output.warn
    say(
        f"{output.plural(report.read, 'row')} read: {report.changed:,} told something new, "
        f"{report.unchanged:,} were known already."
    )
    _warn_of_undeclared(report.undeclared)
    if report.rejected:
        output.warn(f"{output.plural(report.rejected, 'row')} rejected; see {report.rejects_path} for the reasons.")


def _warn_of_undeclared(columns: Sequence[str]) -> None:
    from engine.errors import did_you_mean
    from engine.facts import BUILT_IN

    names = {fact.name for fact in BUILT_IN.values()}
    for column in columns:
        hint = did_you_mean(column.replace("-", ""), names).rstrip("?")
        mend = (
            f"{hint}? Then import with --map '{column}={hint.split('`')[1]}'"
            if hint
            else "declare it in rules/traits.yaml to use it in rules and mails"
        )
        output.warn(f"Column `{column}` is no fact the workspace declares, and was stored as a text; {mend}.")
