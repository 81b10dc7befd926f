"""Files against the live release: what differs, who starts and who stops to get what, and what is left alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa

from engine.app.dry_run import make_live, recasts
from engine.app.opened import App
from engine.app.outlook import Past, pasts
from engine.app.sources import Source
from engine.checking import require_sound
from engine.db import reading
from engine.evaluate import Held
from engine.intake.recasting import Recast
from engine.models.tables import message
from engine.outbox import Status
from engine.providers import allows_marketing
from engine.providers.memory import MemoryProvider
from engine.releases.difference import RuleDifference, rule_differences
from engine.rules.loader import load
from engine.rules.model import RuleSet
from engine.simulate import forecast
from engine.simulate.forecast import SENT, Mail
from engine.simulate.shadow import shadow
from engine.simulate.walk import Progress, quiet, walk


@dataclass(frozen=True, kw_only=True)
class RulePlan:
    """What applying the files does to one rule in the days ahead, and to what waits in the outbox."""

    difference: RuleDifference
    starts: tuple[Mail, ...] = ()
    stops: tuple[Mail, ...] = ()
    left_alone: Past | None = None
    held: Held | None = None
    waiting: int = 0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What `apply` would change; empty where files and release are in step.

    `recasts` says what becomes of stored values of traits that are declared as another type.
    """

    source: Source
    start: datetime
    until: datetime
    rules: tuple[RulePlan, ...]
    files: tuple[str, ...]
    recasts: tuple[Recast, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether applying would change anything."""
        return not self.source.in_step


def plan(app: App, source: Source, *, start: datetime, until: datetime, progress: Progress = quiet) -> Plan:
    """Run both versions over the same simulated days and compare whom they write to; nothing is changed.

    Raises ProblemsError for broken files.
    """
    require_sound(source.files, app.settings)
    old_rules, new_rules = _rules(app, source)
    if source.in_step:
        return Plan(source=source, start=start, until=until, rules=(), files=())
    recast = recasts(app, source)
    before = _version(app, _live(source), start, until, progress) if source.release else _Version()
    after = _version(app, source, start, until, progress, traits=any(each.moved for each in recast))
    rules = tuple(_rule(row, before, after) for row in rule_differences(old_rules, new_rules))
    return Plan(source=source, start=start, until=until, rules=rules, files=source.differing, recasts=recast)


def _live(source: Source) -> Source:
    assert source.release is not None
    return replace(source, kind="live", files=source.release.files)


@dataclass(frozen=True, kw_only=True)
class _Version:
    """What one version of the files does in the days ahead, by rule."""

    mails: Mapping[str, tuple[Mail, ...]] = field(default_factory=dict)
    left_alone: Mapping[str, Past] = field(default_factory=dict)
    held: Mapping[str, Held] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)


def _version(
    app: App, source: Source, start: datetime, until: datetime, progress: Progress, *, traits: bool = False
) -> _Version:
    provider = MemoryProvider(allows_marketing=allows_marketing(app.settings.provider))
    with shadow(app.settings.database_url.get_secret_value(), traits=traits) as inside:
        running = make_live(app, inside, source, now=start)
        with reading(inside) as connection:
            waiting = _waiting(connection)
        walked = walk(inside, running, provider, start=start, until=until, progress=progress)
        with reading(inside) as connection:
            return _Version(
                mails=_by_rule(mail for mail in forecast.mails(connection, since=start) if mail.status == SENT),
                left_alone={past.rule: past for past in pasts(connection, running, running.programs, start)},
                held={held.rule: held for held in walked.held},
                waiting=waiting,
            )


def _by_rule(mails: Iterable[Mail]) -> dict[str, tuple[Mail, ...]]:
    found: dict[str, tuple[Mail, ...]] = {}
    for mail in mails:
        found[mail.rule] = (*found.get(mail.rule, ()), mail)
    return found


def _waiting(connection: sa.Connection) -> dict[str, int]:
    queued = sa.select(message.c.rule, sa.func.count()).where(message.c.status == Status.QUEUED)
    return {row[0]: row[1] for row in connection.execute(queued.group_by(message.c.rule))}


def _rule(difference: RuleDifference, before: _Version, after: _Version) -> RulePlan:
    name, was = difference.rule, difference.was or difference.rule
    old, new = before.mails.get(was, ()), after.mails.get(name, ())
    got, gets = ({mail.identity for mail in mails} for mails in (old, new))
    return RulePlan(
        difference=difference,
        starts=tuple(mail for mail in new if mail.identity not in got),
        stops=tuple(mail for mail in old if mail.identity not in gets),
        left_alone=after.left_alone.get(name) if difference.kind != "same" else None,
        held=after.held.get(name),
        waiting=before.waiting.get(was, 0),
    )


def _rules(app: App, source: Source) -> tuple[RuleSet | None, RuleSet]:
    old = load(source.release.files, zone=source.release.time_zone).rules if source.release else None
    return old, load(source.files, zone=app.settings.time_zone).rules
