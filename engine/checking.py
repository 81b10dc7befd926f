"""Everything `check` can find in a workspace's files, together: what passes here cannot fail at send time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from engine.confined.library import ConfinedLibrary, compile_confined
from engine.errors import Problem, ProblemsError
from engine.facts import FactType, known_facts
from engine.models.tables import account, account_member, customer, event_total, trait
from engine.outbox import marketing_problems
from engine.rendering import Use
from engine.rules.certain import certain_facts
from engine.rules.language.triggers import trigger_facts
from engine.rules.loader import load
from engine.rules.model import Rule, RuleSet, Send
from engine.settings import Settings

MOST_SEEN = 1000


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the database knows that files name: events that happened, roles that people have, traits by subject.

    `at` is when, aware.
    """

    events: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    traits: Mapping[str, frozenset[str]] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What could be read of the files, and every problem of every file."""

    rules: RuleSet
    library: ConfinedLibrary
    problems: tuple[Problem, ...]

    @property
    def broken(self) -> bool:
        """Whether one of the problems is more than lint."""
        return any(problem.severity == "error" for problem in self.problems)


def check_files(files: Mapping[str, str], settings: Settings, *, seen: Seen | None = None) -> Checked:
    """Check rules and emails, each alone and against each other; never raises for content.

    Emails are compiled and tried in a process of their own, since nobody has seen them before (docs/decisions/0025).
    With `seen`, events, roles and traits that nobody has yet, and rules that are over by then, are pointed out.
    """
    seen = seen or Seen()
    library, of_emails = compile_confined(files)
    loaded = load(
        files,
        templates=library.names,
        events=seen.events,
        roles=seen.roles,
        stored=seen.traits,
        kept=settings.events_kept_for,
        zone=settings.time_zone,
        now=seen.at,
    )
    of_uses = library.check(uses(loaded.rules), known_facts(loaded.rules.traits))
    if any(problem.severity == "error" for problem in loaded.problems):  # a broken rule is left out, and what it sends
        of_uses = tuple(problem for problem in of_uses if problem.code != "T802")
    of_provider = marketing_problems(loaded.rules, settings)
    problems = tuple(sorted({*loaded.problems, *of_emails, *of_uses, *of_provider}))
    return Checked(rules=loaded.rules, library=library, problems=problems)


def require_sound(files: Mapping[str, str], settings: Settings) -> tuple[Problem, ...]:
    """Return the lint of files; raises ProblemsError with every problem where one of them is more than that."""
    checked = check_files(files, settings)
    if checked.broken:
        raise ProblemsError(checked.problems)
    return checked.problems


def uses(rules: RuleSet) -> dict[str, list[Use]]:
    """Return by template how rules use it: what the trigger and `with` add, and which facts are sure to be there."""
    found: dict[str, list[Use]] = {}
    for rule in rules.rules.values():
        for send in rule.sends:
            found.setdefault(send.template, []).append(_use(rule, send, rules))
    return found


def _use(rule: Rule, send: Send, rules: RuleSet) -> Use:
    topic = rules.topics.get(rule.topic)
    return Use(
        rule=rule.name,
        marketing=topic is not None and topic.kind == "marketing",
        facts={**{name: _TYPES[type(value)] for name, value in send.values.items()}, **trigger_facts(rule)},
        present=_present(rule),
        path=rule.place.path,
        line=rule.place.line,
        column=rule.place.column,
    )


def _present(rule: Rule) -> frozenset[str]:
    """Return the facts that are sure to be there; of a mail to a role, `customer` is the reader, not who was judged."""
    certain = certain_facts(rule)
    return frozenset(path for path in certain if not rule.to_role or path.startswith("account."))


_TYPES = {bool: FactType.BOOLEAN, int: FactType.NUMBER, float: FactType.NUMBER, str: FactType.TEXT}


def seen_by(connection: sa.Connection) -> Seen:
    """Return the names of events, roles and traits in the database, found by skipping along their indexes."""
    return Seen(
        events=_names(connection, event_total.c.name),
        roles=_names(connection, account_member.c.role_key),
        traits={
            table.name: _names(connection, trait.c.name, trait.c.subject_type == table.name)
            for table in (customer, account)
            if connection.execute(sa.select(table.c.id).limit(1)).first() is not None
        },
    )


def _names(connection: sa.Connection, column: sa.Column[str], *which: sa.ColumnElement[bool]) -> frozenset[str]:
    """Return the different values of a column: each step asks for the least one above the last."""
    step = sa.select(sa.func.min(column).label("name")).where(*which).cte("step", recursive=True)
    above = sa.select(sa.func.min(column)).where(*which, column > step.c.name).scalar_subquery()
    step = step.union_all(sa.select(above).where(step.c.name.is_not(None)))
    found = sa.select(step.c.name).where(step.c.name.is_not(None)).limit(MOST_SEEN)
    return frozenset(connection.scalars(found))
