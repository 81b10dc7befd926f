"""`lifecycle customer export` and `customer erase`: what is known of a person, shown in full or erased for good."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import asking, output
from engine.cli.shell import JsonOption, Shell

if TYPE_CHECKING:
    from engine.app.erasing import Erasure, ErasurePlan

Who = Annotated[str, typer.Argument(metavar="CUSTOMER", help="A customer's id, another name of it, or the address.")]
_FATES = {"deleted": "deleted", "swept": "deleted", "stripped": "stays without what is personal"}


def export(
    shell: Shell,
    customer: Who,
    out: Annotated[Path | None, typer.Option("--output", "-o", help="A new file; else standard output.")] = None,
) -> None:
    """Write everything known of a customer as JSON.

    Facts, history, events, mails with their text, what became of them, consent and suppressions.
    """
    from engine.app import exporting

    with shell.app() as app:
        if out is None:
            exporting.export(app, customer, sys.stdout.write)
            return
        id_ = exporting.export_to(app, customer, out)
    output.done(f"All that is known of {id_} is in {out}; keep it safe, and remove it when it was handed over.")


def erase(
    shell: Shell,
    customer: Who,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be erased.")] = False,
    no_provider: Annotated[bool, typer.Option("--no-provider", help="Do not let SendGrid erase its part.")] = False,
    json: JsonOption = False,
) -> None:
    """Erase a customer for good.

    Mail that waits is skipped, and what is personal goes from every table. Of the id and the address only keyed hashes
    stay, so that nothing mails or re-creates the customer. Called again, it goes on where it was stopped.
    """
    from engine.app import erasing

    with shell.app() as app:
        planned = erasing.plan(app, customer, provider=not no_provider)
        if not json:
            _show(planned)
        if dry_run:
            _data(planned, json=json)
            return
        asking.confirm(f"Customer {planned.id} will be erased for good", yes=yes)
        done = erasing.erase(app, planned, provider=not no_provider, tell=output.note)
    _tell(done, json=json)


def _show(planned: ErasurePlan) -> None:
    if planned.under_way:
        output.note(f"The erasure of {planned.id} began at {planned.under_way.at:%Y-%m-%d %H:%M} UTC and goes on.")
        return
    output.heading(f"Customer {planned.id}")
    rows = [(each.section.replace("_", " "), each.rows, _FATES[each.fate]) for each in planned.counts if each.rows]
    output.table(("what", "rows", "becomes"), rows)
    if planned.waiting:
        output.note(f"{output.plural(planned.waiting, 'mail')} that wait end as skipped (erased).")
    if planned.files:
        output.note(f"{output.plural(len(planned.files), 'file')} in {planned.files[0].parent} go too.")
    if planned.shared:
        output.warn(f"Of the same address, and keeping it: {', '.join(planned.shared)}.")
    if planned.provider:
        output.note("SendGrid is asked to erase what it keeps of the addresses.")


def _data(planned: ErasurePlan, *, json: bool) -> None:
    from dataclasses import asdict

    if json:
        output.as_json({"id": planned.id, "waiting": planned.waiting, "counts": [asdict(c) for c in planned.counts]})
    else:
        output.note("Nothing was erased.")


def _tell(done: Erasure, *, json: bool) -> None:
    from dataclasses import asdict

    if json:
        output.as_json(asdict(done))
    if done.problem:
        output.warn(f"Not yet at its end: {done.problem}")
        output.note("No mail leaves and nothing comes back; erase the same customer again to go on.")
        raise typer.Exit(1)
    if done.jobs:
        output.note(f"SendGrid erases on its side: job {', '.join(done.jobs)}.")
    output.done(f"Erased; what stays is the hash {done.id_hash[:12]}…")
