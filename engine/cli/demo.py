"""`lifecycle demo`: the whole job on an invented company, in a folder one can go on with."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import output
from engine.cli.shell import Shell, command

if TYPE_CHECKING:
    from datetime import datetime

    from engine.demo.company import Company
    from engine.demo.tour import Tour
    from engine.simulate.forecast import Mail

MAILS = "mails"
CHANGE = ("rules/we-miss-you.yaml", "after 14 days", "after 10 days")
"""The one line to change: its file, what stands there, and what to write."""


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "demo")(demo)


def demo(
    shell: Shell,
    folder: Annotated[Path, typer.Argument(help="The demo's folder; one that is there is moved aside.")] = Path("demo"),
    *,
    sendgrid: Annotated[
        bool, typer.Option("--sendgrid", help="Send through a SendGrid of this machine, which judges every mail.")
    ] = False,
) -> None:
    """Try everything on an invented company.

    It makes a workspace with a year of customers, and a week of mails to look at.
    """
    from engine.clock import SystemClock
    from engine.demo import tour

    del shell
    now = SystemClock().now().replace(microsecond=0)
    moved = tour.aside(folder)
    if moved:
        output.note(f"{folder} was there already and is {moved} now.")
    _step(1, "A workspace", f"{folder}/ with rules, templates, settings, a database, and a company's files in data/")
    company = tour.prepare(folder, now)
    if sendgrid:
        _over_sendgrid(folder, company, now)
    else:
        with tour.opened_tour(folder, company, now) as ready:
            _walk_through(ready)
    _farewell(folder)


def _over_sendgrid(folder: Path, company: Company, now: datetime) -> None:
    from engine.cli.demo_sendgrid import local_sendgrid, settings, show
    from engine.demo import tour

    with local_sendgrid() as server:
        with tour.opened_tour(folder, company, now, settings(server)) as ready:
            _walk_through(ready)
        _step(7, "SendGrid", f"{server.url} judged each request by SendGrid's published rules")
        show(server, folder)


def _walk_through(ready: Tour) -> None:
    from engine.cli.simulated import simulated
    from engine.simulate.forecast import SENT

    with output.progress("Importing") as bar:
        bar(0, None)
        reports = ready.story.begin(ready.start)
    counts = ", ".join(output.plural(report.accepted, kind.value[:-1]) for kind, report in reports.items())
    _step(2, "Import", f"what was known a week ago: {counts}")
    checked = ready.check()
    lint = f", {len(checked.checked.problems)} lint" if checked.checked.problems else ""
    _step(3, "Check", f"{output.plural(len(checked.files), 'file')} without a mistake{lint}")
    ready.apply()
    _step(4, "Apply", f"{output.plural(len(checked.checked.rules.rules), 'rule')} live; the past is left alone")
    with simulated(ready.start, ready.now) as tick:
        found = ready.dry_run(tick)
    leaving = [mail for mail in found.mails if mail.status == SENT]
    _step(5, "Dry run", f"what the coming week would bring by what is known: {output.plural(len(leaving), 'mail')}")
    _days(leaving)
    with simulated(ready.start, ready.now, "Living through the week") as tick:
        ready.story.live_through(ready.start, ready.now, tick)
    _step(6, "Run", "the week hour by hour, with what customers did in it")
    _outcome(ready)
    ready.show_mails(ready.app.settings.workspace / MAILS)


def _step(number: int, title: str, told: str) -> None:
    output.out().print()
    output.line(output.styled(f"{number}  {title}", "bold cyan"))
    output.line(f"   {told}")


def _days(leaving: Iterable[Mail]) -> None:
    days: dict[str, Counter[str]] = {}
    for mail in leaving:
        days.setdefault(f"{mail.at:%a} {mail.at.day} {mail.at:%b}", Counter())[mail.rule] += 1
    output.out().print()
    output.table(
        ("day", "mails", "by rule"),
        [(day, sum(rules.values()), _counted(rules.most_common())) for day, rules in days.items()],
        right=["mails"],
    )


def _counted(rules: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in rules)


def _outcome(ready: Tour) -> None:
    statuses = ready.outcome()
    output.line(f"   {_counted(statuses.most_common())}")
    output.out().print()
    output.table(("rule", "mails sent"), ready.sent_by_rule().most_common(), right=["mails sent"])


def _farewell(folder: Path) -> None:
    path, old, new = CHANGE
    line = next(n for n, text in enumerate((folder / path).read_text().splitlines(), 1) if old in text)
    sent = len(list((folder / "outbox").glob("*.eml")))
    output.out().print()
    output.line(output.styled("Look at the mails", "bold cyan"))
    output.line(f"   {folder / MAILS / 'index.html'} shows all {sent or 'of them'} in a browser")
    if sent:
        output.line(f"   {folder / 'outbox'}/ holds them as .eml files, which any mail program opens")
    output.line(f"   Their links to unsubscribe work while `{_program(folder)} serve` runs in {folder}")
    output.out().print()
    output.line(output.styled("Change one number", "bold cyan"))
    output.line(f"   in {folder / path}, line {line}: `{old}` to `{new}`.")
    output.line(f"   The tests beside the rules notice (`{_program(folder)} test` shows whom it is about). Then:")
    output.out().print()
    for command_line in _commands(folder, _program(folder)):
        output.line(f"   {command_line}")


def _commands(folder: Path, program: str) -> list[str]:
    return [
        f"cd {folder}",
        f"{program} plan",
        f"{program} dry-run --until 14d --out preview",
        f"{program} apply",
        f"{program} status",
    ]


def _program(folder: Path) -> str:
    """Return how to call this very program from inside the folder."""
    if shutil.which("lifecycle"):
        return "lifecycle"
    here = Path(sys.argv[0]).resolve()
    near = os.path.relpath(here, folder.resolve())
    return near if len(near) < len(str(here)) else str(here)
