"""A stage to try rules on: facts come in through the real intake, rules go live, ticks are taken."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import evaluate
from engine.clock import SetClock
from engine.db import reading, writing
from engine.facts import BUILT_IN, FactType, Trait
from engine.intake import ImportOptions, Kind, import_file
from engine.models.tables import enrollment
from engine.rules.compiler import Program, compile_rule
from engine.rules.model import Condition, FactTest, Group, Place, Rule, Send, Trigger

HERE = Place(path="rules/tried.yaml", line=1, column=1)
FREE = evaluate.Limits(max_at_once=1_000_000, net=False)
TRAITS = (
    Trait(subject="customer", name="trial_ends_on", type=FactType.DATE),
    Trait(subject="customer", name="demo_at", type=FactType.TIME),
    Trait(subject="customer", name="score", type=FactType.NUMBER),
    Trait(subject="account", name="tier", type=FactType.TEXT),
)
FACTS = BUILT_IN | {trait.fact.path: trait.fact for trait in TRAITS}


def at(text: str) -> datetime:
    """Return an instant of a text, in UTC where it names no zone."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def send(days: float) -> Send:
    """Return a moment so many days after its fact."""
    return Send(label=f"{days:+g} days", offset=timedelta(days=days), template="mail")


def rule(trigger: Trigger, *days: float, conditions: Sequence[Condition] = (), **rest: Any) -> Rule:  # noqa: ANN401
    """Return a rule called `tried`."""
    fields: dict[str, Any] = {"name": "tried", "topic": "tips", "trigger": trigger, "place": HERE, **rest}
    moments = tuple(send(day) for day in days or (0,))
    return Rule(**fields, sends=moments, conditions=Group(kind="all", parts=tuple(conditions)))


def fact(path: str, operator: str, *operands: Any) -> FactTest:  # noqa: ANN401 (each fact has its type)
    """Return a test of a fact."""
    return FactTest(fact=FACTS[path], operator=operator, operands=operands)


class Stage:
    """One database, one release of rules, and a clock that is given to each step."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.programs: dict[str, Program] = {}
        self.release = 0

    def live(self, when: str, *rules: Rule, zone: str = "UTC") -> None:
        """Make rules live, after a last tick of those that were; rules that are not among them are retired."""
        if self.programs:
            self.tick(when)
        self.release += 1
        gone = set(self.programs) - {each.name for each in rules}
        self.programs = {each.name: compile_rule(each, zone=zone) for each in rules}
        with writing(self.engine) as connection:
            for program in self.programs.values():
                evaluate.activate(connection, program, release_id=self.release, now=at(when))
            for name in gone - {each.was for each in rules}:
                evaluate.retire(connection, name, now=at(when))

    def hear(self, when: str, kind: Kind, *rows: dict[str, Any]) -> None:
        """Take in rows at a time."""
        text = io.BytesIO("\n".join(json.dumps(row) for row in rows).encode())
        import_file(
            self.engine, kind, text, clock=SetClock(at(when)), options=ImportOptions(traits=TRAITS), format="jsonl"
        )

    def customer(self, when: str, id_: str = "ana", **facts: Any) -> None:  # noqa: ANN401 (facts of all types)
        """Hear of a customer."""
        self.hear(when, Kind.CUSTOMERS, {"id": id_, **facts})

    def account(self, when: str, id_: str = "acme", *people: str, **facts: Any) -> None:  # noqa: ANN401 (as above)
        """Hear of an account and its owners."""
        self.hear(when, Kind.ACCOUNTS, {"id": id_, **facts})
        for person in people:
            self.hear(when, Kind.MEMBERS, {"customer_id": person, "account_id": id_, "role": "owner"})

    def event(self, heard: str, name: str, happened: str | None = None, id_: str = "ana", **properties: Any) -> None:  # noqa: ANN401
        """Hear of an event."""
        row = {"customer_id": id_, "name": name, "at": at(happened or heard).isoformat(), **properties}
        self.hear(heard, Kind.EVENTS, row)

    def tick(self, when: str, limits: evaluate.Limits = FREE) -> evaluate.Report:
        """Evaluate all rules."""
        return evaluate.run_once(self.engine, self.programs, release_id=self.release, now=at(when), limits=limits)

    def ticks(self, start: str, until: str, every: timedelta = timedelta(hours=1)) -> None:
        """Evaluate again and again."""
        when = at(start)
        while when <= at(until):
            self.tick(when.isoformat())
            when += every

    def rows(self, *columns: str, state: str | None = None) -> list[Any]:
        """Return the ledger, in the order of the due times; one column as values, several as tuples."""
        chosen = [enrollment.c[name] for name in columns or ("occurrence", "state")]
        found = sa.select(*chosen).order_by(enrollment.c.due_at, enrollment.c.subject_id)
        found = found if state is None else found.where(enrollment.c.state == state)
        with reading(self.engine) as connection:
            rows = connection.execute(found).all()
        return [row[0] if len(chosen) == 1 else tuple(row) for row in rows]

    @property
    def states(self) -> list[str]:
        """The states of the ledger, in the order of the due times."""
        return self.rows("state")

    def ask(self, work: Any, *args: Any, name: str = "tried", **options: Any) -> Any:  # noqa: ANN401 (any question)
        """Ask something of a rule in a reading transaction."""
        with reading(self.engine) as connection:
            return work(connection, self.programs[name], *args, **options)


def renamed(old: Rule, name: str, **changes: Any) -> Rule:  # noqa: ANN401 (fields of a rule)
    """Return a rule under another name."""
    return replace(old, name=name, **changes)
