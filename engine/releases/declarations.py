"""What a release declares of traits otherwise than the one before, and bringing stored values into step with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import sqlalchemy as sa

from engine.clock import Clock
from engine.db import reading, writing
from engine.facts import FactType, Trait
from engine.intake.recasting import Progress, Recast, SupersededError, Types, recast_all, survey
from engine.models.tables import release, rule_state
from engine.releases import store
from engine.releases.store import Release
from engine.rules.compiler import Program
from engine.rules.language.traits import PATH
from engine.rules.loader import load
from engine.rules.model import Rule


class Ready(Protocol):
    """What is asked of a release that is ready to run."""

    @property
    def programs(self) -> Mapping[str, Program]:
        """Its rules by name."""
        ...


def traits_of(files: Mapping[str, str]) -> tuple[Trait, ...]:
    """Return the traits that files declare soundly."""
    return load({PATH: files.get(PATH, "")}).rules.traits


def changed_types(before: Release | None, files: Mapping[str, str]) -> Types:
    """Return by path the traits that files declare as another type than the release before, which may be none.

    A trait that nobody declares is a text. What the release before has not recast yet counts as changed.
    """
    old = _types(traits_of(before.files)) if before else {}
    new = _types(traits_of(files))
    waiting = before.recasting if before else {}
    paths = sorted(old.keys() | new.keys() | waiting.keys())
    text = FactType.TEXT
    return {p: new.get(p, text) for p in paths if p in waiting or old.get(p, text) != new.get(p, text)}


def _types(traits: Iterable[Trait]) -> dict[str, FactType]:
    return {trait.fact.path: trait.type for trait in traits}


def plan_recast(
    engine: sa.Engine, before: Release | None, files: Mapping[str, str], *, zone: str
) -> tuple[Recast, ...]:
    """Return what becomes of stored values when files are applied, trait by trait; nothing is written."""
    found = survey(engine, changed_types(before, files), zone=zone)
    return tuple(each for each in found if each.values)


def keep_waiting(connection: sa.Connection, new: Ready, files: Mapping[str, str], paths: Iterable[str]) -> None:
    """Let the rules that read one of these traits, or whose mails name it, wait until its values are recast."""
    named = frozenset(paths)
    waiting = {name for name, program in new.programs.items() if _reads(program, files, named)}
    row = rule_state.c
    for value, differs in ((True, row.recasting.is_(sa.false())), (False, row.recasting)):
        mine = row.rule.in_(waiting) if value else row.rule.not_in(waiting)
        connection.execute(sa.update(rule_state).where(mine, differs).values(recasting=value))


def _reads(program: Program, files: Mapping[str, str], paths: frozenset[str]) -> bool:
    if any(fact.path in paths for fact in program.facts):
        return True
    return any(path in text for text in _texts(program.rule, files) for path in paths)


def _texts(rule: Rule, files: Mapping[str, str]) -> list[str]:
    """Return the texts that a rule's mails may be made of: their own, and all layouts and parts."""
    own = tuple(f"templates/{send.template}." for send in rule.sends)
    return [text for path, text in files.items() if path.startswith((*own, "templates/layouts/", "templates/parts/"))]


def settle(engine: sa.Engine, *, clock: Clock, progress: Progress | None = None) -> tuple[Recast, ...]:
    """Recast what the live release asks for, then let its rules go on; without anything to do returns nothing.

    Begins again where a former run was cut off. Raises DatabaseError.
    """
    with reading(engine) as connection:
        waiting = store.recasting(connection)
        live = store.live(connection) if waiting else None
    if live is None:
        return ()
    types = {path: FactType(type_) for path, type_ in live.recasting.items()}
    told = {} if progress is None else {"progress": progress}
    try:
        found = recast_all(engine, types, release_id=live.id, zone=live.time_zone, clock=clock, **told)
    except SupersededError:
        return settle(engine, clock=clock, progress=progress)
    _let_go(engine, live.id)
    return tuple(each for each in found if each.values)


@contextmanager
def keeping_step(engine: sa.Engine, *, clock: Clock) -> Iterator[None]:
    """Let a block store values by the types of the live release; where another went live meanwhile, recast them."""
    with reading(engine) as connection:
        before = store.live(connection)
    yield
    with reading(engine) as connection:
        after = store.live(connection)
    if after is not None and (before is None or before.id != after.id):
        with writing(engine) as connection:
            again = {**changed_types(before, after.files), **after.recasting}
            connection.execute(sa.update(release).where(release.c.id == after.id).values(recasting=again))
        settle(engine, clock=clock)


def _let_go(engine: sa.Engine, number: int) -> None:
    with writing(engine) as connection:
        done = sa.update(release).where(release.c.id == number).values(recasting={})
        connection.execute(done)
        if store.live_id(connection) == number:
            connection.execute(sa.update(rule_state).where(rule_state.c.recasting).values(recasting=False))
