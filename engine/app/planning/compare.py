"""Two versions of the files compared: who starts and who stops to get what, and how their mails read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine import runtime
from engine.app.dry_run import recasts
from engine.app.opened import App
from engine.app.planning.pairs import paired
from engine.app.planning.plan import Fate, Plan, RulePlan
from engine.app.planning.rehearsal import Rehearsal, Span, rehearsed
from engine.app.planning.shared_caps import beside
from engine.app.planning.touched import Touched, touched
from engine.app.planning.wording import Rewording, first_mail, rewording
from engine.app.sources import Source
from engine.checking import require_sound
from engine.db import reading
from engine.errors import ProblemsError, UsageError
from engine.outbox import Status
from engine.releases.difference import file_differences
from engine.runtime import Runtime
from engine.simulate.forecast import Mail
from engine.simulate.walk import Progress, quiet

STAYS, REWRITTEN = "stays", "rewritten"


def plan(
    app: App, source: Source, base: Source | None, *, start: datetime, until: datetime, progress: Progress = quiet
) -> Plan:
    """Run both versions over the same simulated days and compare whom they write to; nothing is changed.

    Only rules that the change touches are run, and the old version only where decisions may differ: other rules are
    influenced through caps alone, and those under one cap are run together. Raises ProblemsError for broken files.
    """
    require_sound(source.files, app.settings)
    files = _differing(source, base)
    rules: tuple[RulePlan, ...] = ()
    if files:
        rules = _Comparison(app=app, source=source, base=base, start=start, until=until, progress=progress).rules()
    return Plan(
        source=source,
        base=base,
        start=start,
        until=until,
        time_zone=app.settings.time_zone,
        rules=rules,
        files=files,
        recasts=recasts(app, source) if files else (),
    )


def _differing(source: Source, base: Source | None) -> tuple[str, ...]:
    if base is not None and base.kind == "live":
        return source.differing
    return file_differences(base.files if base else {}, source.files)


@dataclass(frozen=True, kw_only=True)
class _Comparison:
    app: App
    source: Source
    base: Source | None
    start: datetime
    until: datetime
    progress: Progress

    def rules(self) -> tuple[RulePlan, ...]:
        """Return a row for each rule that the change touches."""
        old = _runtime(self.app, self.base) if self.base else None
        new = runtime.build(self.source.files, release_id=0, settings=self.app.settings)
        found = touched(old, new, self.base.files if self.base else {}, self.source.files)
        found = sorted([*found, *beside(found, old, new)], key=lambda each: each.difference.rule)
        before = self._before([each for each in found if each.decides and each.old])
        names = {rule.name for each in found for rule in (each.old, each.new) if rule}
        with rehearsed(self.app, self.source, names, self._half(1)) as after, reading(after.inside) as connection:
            rows = (_rule(connection, each, before, after, old) for each in found)
            return tuple(row for row in rows if not row.says_nothing)

    def _before(self, deciding: Sequence[Touched]) -> Mapping[str, tuple[Mail, ...]]:
        """Return what the old version sends of the rules that may decide in another way."""
        names = {each.old.name for each in deciding if each.old}
        if self.base is None or not names:
            return {}
        with rehearsed(self.app, self.base, names, self._half(0)) as done:
            return done.mails

    def _half(self, number: int) -> Span:
        """Return the span of one of the two rehearsals, which come to half of the way each."""
        behind = (self.until - self.start) / 2 * number

        def progress(at: datetime) -> None:
            self.progress(self.start + behind + (at - self.start) / 2)

        return Span(start=self.start, until=self.until, progress=progress)


def _runtime(app: App, base: Source) -> Runtime:
    """Return the old version ready to render; raises UsageError where its files are broken."""
    zone = base.release.time_zone if base.kind == "live" and base.release else app.settings.time_zone
    try:
        return runtime.build(base.files, release_id=0, settings=runtime.at_home(app.settings, zone))
    except ProblemsError as error:
        name = base.name or "the live release"
        raise UsageError(f"{name} cannot be compared with, its own files are broken: {error.problems[0]}") from None


def _rule(
    connection: sa.Connection,
    each: Touched,
    before: Mapping[str, tuple[Mail, ...]],
    after: Rehearsal,
    old: Runtime | None,
) -> RulePlan:
    mails = after.mails.get(each.new.name, ()) if each.new else ()
    sent = before.get(each.old.name, ()) if each.old else ()
    same = paired(sent if each.decides else mails, mails)
    words = rewording(connection, each, same.pairs, old, after.running) if old else None
    return RulePlan(
        difference=each.difference,
        because=each.because,
        starts=same.starts,
        stops=same.stops,
        moved=tuple(pair for pair in same.pairs if pair.moved),
        first=first_mail(connection, same.starts),
        rewording=words,
        left_alone=after.left_alone.get(each.difference.rule),
        held=after.held.get(each.difference.rule),
        opened=after.opened.get(each.difference.rule, 0) if each.decides else 0,
        waiting=_fates(each, after, _send_ids(words)),
    )


def _send_ids(words: Rewording | None) -> set[str]:
    return {mail.send_id for mail in (*words.reworded, *words.restyled)} if words else set()


def _fates(each: Touched, after: Rehearsal, rewritten: set[str]) -> tuple[Fate, ...]:
    """Count what becomes of the rule's waiting messages."""
    names = {rule.name for rule in (each.old, each.new) if rule}
    counts: Counter[tuple[str, str]] = Counter()
    for end in (end for name in sorted(names) for end in after.ends.get(name, ())):
        goes_on = end.status in {Status.SENT, Status.QUEUED, Status.SENDING}
        stays = REWRITTEN if end.send_id in rewritten else STAYS
        counts[(stays, "") if goes_on else (end.status, end.reason)] += 1
    return tuple(Fate(fate=fate, reason=reason, count=count) for (fate, reason), count in sorted(counts.items()))
