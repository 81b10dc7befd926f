"""Making files live: checked, compared, stored as a release, and each rule's activation settled with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from engine import evaluate, runtime
from engine.db import reading, writing
from engine.errors import ProblemsError, UsageError
from engine.facts import FactType
from engine.models.tables import audit, rule_state
from engine.releases import declarations, store
from engine.releases.store import Release
from engine.rules.compiler import Program
from engine.runtime import Runtime
from engine.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Who makes files live, and the commit they are from."""

    author: str
    git_revision: str | None = None


@dataclass(frozen=True, kw_only=True)
class Applied:
    """The release that is live now; `new` is false where these very files were live already.

    `last_tick` says whether the release before was evaluated once more; it is not where this version of the engine
    cannot read it any more.
    """

    release_id: int
    new: bool
    before: int | None = None
    last_tick: bool = True


def apply(
    engine: sa.Engine,
    files: Mapping[str, str],
    *,
    settings: Settings,
    origin: Origin,
    now: datetime,
    rules: Collection[str] | None = None,
) -> Applied:
    """Store checked files as the next release and activate its rules at `now`, all in one transaction.

    The same files are a new release where they mean another thing than before, as in another time zone. The release
    before is evaluated once more first, so that what became due until now is not lost by the change; who is in what a
    `becomes` rule describes is noted right after. Where a trait is declared as another type, the rules that read it
    wait until `declarations.settle` has run. With `rules`, as in a simulation of some, these alone are evaluated and
    activated. Raises ProblemsError for broken files, and UsageError if somebody else applied at the same moment.
    """
    with reading(engine) as connection:
        before = store.live(connection)
    number = (before.id if before else 0) + 1
    new = runtime.build(files, release_id=number, settings=settings)
    fingerprint = store.files_fingerprint(files)
    fingerprints = {name: program.fingerprint for name, program in new.programs.items()}
    if before is not None and _meaning(before) == (fingerprint, settings.time_zone, fingerprints):
        return Applied(release_id=before.id, new=False, before=before.id)
    new = replace(new, programs=_some(new.programs, rules))
    ticked = before is None or _last_tick(engine, before, settings, now, rules)
    recasting = declarations.changed_types(before, files)
    make_live(engine, new, files, origin=origin, now=now, recasting=recasting)
    return Applied(release_id=number, new=True, before=before.id if before else None, last_tick=ticked)


def make_live(
    engine: sa.Engine,
    new: Runtime,
    files: Mapping[str, str],
    *,
    origin: Origin,
    now: datetime,
    recasting: Mapping[str, FactType] | None = None,
) -> None:
    """Store what was made of files as the release of its number, and activate its rules, all in one transaction.

    Who is in what a `becomes` rule describes is noted right after. `recasting` are the traits whose stored values are
    to be read as these types first. Raises UsageError if somebody else applied at the same moment.
    """
    row = Release(
        id=new.release_id,
        applied_at=now,
        author=origin.author,
        git_revision=origin.git_revision,
        fingerprint=store.files_fingerprint(files),
        time_zone=new.settings.time_zone,
        files=dict(files),
        fingerprints={name: program.fingerprint for name, program in new.programs.items()},
        recasting=dict(recasting or {}),
    )
    _switch(engine, row, new, now)
    for program in new.programs.values():
        if program.has_members:
            evaluate.note_members(engine, program, now=now)


def _meaning(release: Release) -> tuple[str, str, Mapping[str, str]]:
    return release.fingerprint, release.time_zone, release.fingerprints


def _some(programs: Mapping[str, Program], rules: Collection[str] | None) -> Mapping[str, Program]:
    return {name: program for name, program in programs.items() if rules is None or name in rules}


def _last_tick(
    engine: sa.Engine, before: Release, settings: Settings, now: datetime, rules: Collection[str] | None
) -> bool:
    try:
        programs = runtime.build_programs(before.files, settings=runtime.at_home(settings, before.time_zone))
    except ProblemsError:
        return False
    limits = evaluate.Limits(max_at_once=settings.max_at_once, net=False)
    evaluate.run_once(engine, _some(programs, rules), release_id=before.id, now=now, limits=limits)
    return True


def _switch(engine: sa.Engine, row: Release, new: Runtime, now: datetime) -> None:
    try:
        with writing(engine) as connection:
            store.lock_live(connection)
            store.store(connection, row)
            for program in new.programs.values():
                evaluate.activate(connection, program, release_id=row.id, now=now)
            for rule in _gone(connection, new):
                evaluate.retire(connection, rule, now=now)
            declarations.keep_waiting(connection, new, row.files, row.recasting)
            detail = {"release": row.id, "git_revision": row.git_revision}
            connection.execute(sa.insert(audit).values(at=now, actor=row.author, action="apply", detail=detail))
    except IntegrityError as error:
        raise UsageError(f"somebody else applied release {row.id} at the same moment; run `lifecycle plan`") from error


def _gone(connection: sa.Connection, new: Runtime) -> list[str]:
    live = sa.select(rule_state.c.rule).where(rule_state.c.retired_at.is_(None))
    return [rule for rule in connection.execute(live).scalars() if rule not in new.programs]
