"""The operator's window: what the stages would do over the coming days, with nothing changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from engine import outbox, runtime
from engine.app.opened import App
from engine.app.outlook import Next, Past, nexts, pasts
from engine.app.sources import Source
from engine.checking import require_sound
from engine.clock import SetClock
from engine.db import reading
from engine.errors import UsageError, did_you_mean
from engine.evaluate import Held
from engine.intake.recasting import Recast
from engine.providers.memory import MemoryProvider
from engine.providers.mime import compose
from engine.releases.apply import Origin, apply
from engine.releases.declarations import plan_recast, settle
from engine.rules.loader import load
from engine.runtime import Runtime
from engine.simulate import forecast, gallery
from engine.simulate.forecast import Mail
from engine.simulate.shadow import shadow
from engine.simulate.walk import Progress, quiet, walk

PREVIEW = Origin(author="dry run")


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """What would happen from `start` to `until`: `mails` in order of time, whether they leave or are held back.

    `held` are the rules that the brake would stop as a whole, `left_alone` the moments that lie before each rule went
    live, and `next_due` the next moments of rules for which nobody is due in the time.
    """

    source: Source
    start: datetime
    until: datetime
    mails: tuple[Mail, ...]
    held: tuple[Held, ...]
    left_alone: tuple[Past, ...]
    next_due: tuple[Next, ...]
    gallery: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a dry run is asked: whose mails, of which rules, from when until when."""

    start: datetime
    until: datetime
    rules: frozenset[str] = frozenset()
    customer: str | None = None

    def shows(self, mail: Mail) -> bool:
        """Say whether a mail was asked for."""
        of_rule = not self.rules or mail.rule in self.rules
        return of_rule and self.customer in {None, mail.customer_id}


def dry_run(app: App, source: Source, wanted: Wanted, *, out: Path | None = None, progress: Progress = quiet) -> DryRun:
    """Run the real stages over a moving clock on tables that shadow the live ones; see `engine.simulate.shadow`.

    Files that are not live are applied, in the shadow, at the start. With `out` each mail is written there as HTML,
    text and .eml. Raises ProblemsError for broken files.
    """
    require_sound(source.files, app.settings)
    folder = gallery.prepare(out) if out else None
    provider = MemoryProvider()
    moving = moves_values(app, source)
    since = counted_since(source, wanted.start)
    with shadow(app.settings.database_url.get_secret_value(), traits=moving, counted_since=since) as inside:
        running = make_live(app, inside, source, now=wanted.start)
        _require_known(wanted.rules, running)
        walked = walk(inside, running, provider, start=wanted.start, until=wanted.until, progress=progress)
        with reading(inside) as connection:
            mails = tuple(filter(wanted.shows, forecast.mails(connection, since=wanted.start)))
            if folder:
                _write(connection, folder, mails, provider)
            return DryRun(
                source=source,
                start=wanted.start,
                until=wanted.until,
                mails=mails,
                held=tuple(held for held in walked.held if not wanted.rules or held.rule in wanted.rules),
                left_alone=pasts(connection, running, sorted(_chosen(running, wanted)), wanted.start),
                next_due=nexts(connection, running, _silent(running, wanted, mails), wanted.until, wanted.customer),
                gallery=folder / gallery.INDEX if folder else None,
            )


def recasts(app: App, source: Source) -> tuple[Recast, ...]:
    """Return what becomes of stored values of traits that a source declares as another type than the live release."""
    if source.kind == "live" or source.in_step:
        return ()
    return plan_recast(app.database, source.release, source.files, zone=app.settings.time_zone)


def moves_values(app: App, source: Source) -> bool:
    """Return whether values of traits are laid out anew before a source runs: its own, or what the last apply left."""
    unfinished = source.release is not None and bool(source.release.recasting)
    return unfinished or any(each.moved for each in recasts(app, source))


def counted_since(source: Source, now: datetime) -> datetime | None:
    """Return how far back the caps of a source look; None where it has none."""
    span = outbox.longest(load(source.files).rules.topics)
    return now - span if span else None


def make_live(
    app: App, inside: sa.Engine, source: Source, *, now: datetime, rules: Collection[str] | None = None
) -> Runtime:
    """Return a source ready to run in a shadow; files that are not live are applied there first.

    Values that are to be read as another type are, as the daemon would before it lets their rules go on. With `rules`
    these alone are activated and ready to run.
    """
    if source.kind != "live" and not source.in_step:
        settings = app.settings
        release = apply(inside, source.files, settings=settings, origin=PREVIEW, now=now, rules=rules).release_id
    else:
        assert source.release is not None
        settings, release = runtime.at_home(app.settings, source.release.time_zone), source.release.id
    settle(inside, clock=SetClock(now))
    ready = runtime.build(source.files, release_id=release, settings=settings)
    chosen = {name: program for name, program in ready.programs.items() if rules is None or name in rules}
    return replace(ready, programs=chosen)


def _require_known(rules: frozenset[str], running: Runtime) -> None:
    for rule in sorted(rules - running.programs.keys()):
        raise UsageError(f"there is no rule {rule}; {did_you_mean(rule, running.programs) or 'rules/ holds them'}")


def _silent(running: Runtime, wanted: Wanted, mails: Sequence[Mail]) -> list[str]:
    """Return the rules for which nobody is due in the time."""
    return sorted(_chosen(running, wanted) - {mail.rule for mail in mails})


def _chosen(running: Runtime, wanted: Wanted) -> set[str]:
    return set(running.programs) & (wanted.rules or running.programs.keys())


def _write(connection: sa.Connection, folder: Path, mails: Sequence[Mail], provider: MemoryProvider) -> None:
    sources = {envelope.send_id: compose(envelope) for envelope in provider.sent}
    leaving = [mail for mail in mails if mail.send_id in sources]
    contents = forecast.content(connection, list(sources))
    gallery.write(folder, leaving, contents, sources, heading=gallery.FORECAST)
