"""Everything `check` can find in a workspace's files, together: what passes here cannot fail at send time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from engine.errors import Problem, ProblemsError
from engine.models.tables import account_member, event_total
from engine.outbox import marketing_problems
from engine.rendering import Library, compile_library
from engine.rules.loader import load
from engine.rules.model import RuleSet
from engine.settings import Settings

MOST_SEEN = 1000


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the database knows that files name: events that happened, roles that people have."""

    events: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What could be read of the files, and every problem of every file."""

    rules: RuleSet
    library: Library
    problems: tuple[Problem, ...]

    @property
    def broken(self) -> bool:
        """Whether one of the problems is more than lint."""
        return any(problem.severity == "error" for problem in self.problems)


def check_files(files: Mapping[str, str], settings: Settings, *, seen: Seen | None = None) -> Checked:
    """Check rules and emails, each alone and against each other; never raises for content.

    With `seen`, events and roles that nobody has yet are pointed out.
    """
    seen = seen or Seen()
    library, of_emails = compile_library(files)
    loaded = load(files, templates=library.names, events=seen.events, roles=seen.roles, zone=settings.time_zone)
    of_provider = marketing_problems(loaded.rules, settings)
    problems = tuple(sorted({*loaded.problems, *of_emails, *of_provider}))
    return Checked(rules=loaded.rules, library=library, problems=problems)


def require_sound(files: Mapping[str, str], settings: Settings) -> tuple[Problem, ...]:
    """Return the lint of files; raises ProblemsError with every problem where one of them is more than that."""
    checked = check_files(files, settings)
    if checked.broken:
        raise ProblemsError(checked.problems)
    return checked.problems


def seen_by(connection: sa.Connection) -> Seen:
    """Return the names of events and roles in the database, found by skipping along their indexes."""
    return Seen(events=_names(connection, event_total.c.name), roles=_names(connection, account_member.c.role_key))


def _names(connection: sa.Connection, column: sa.Column[str]) -> frozenset[str]:
    """Return the different values of a column: each step asks for the least one above the last."""
    step = sa.select(sa.func.min(column).label("name")).cte("step", recursive=True)
    above = sa.select(sa.func.min(column)).where(column > step.c.name).scalar_subquery()
    step = step.union_all(sa.select(above).where(step.c.name.is_not(None)))
    found = sa.select(step.c.name).where(step.c.name.is_not(None)).limit(MOST_SEEN)
    return frozenset(connection.scalars(found))
