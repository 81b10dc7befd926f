"""Histories: what happens to a world, step by step, while rules are evaluated, missed, repeated and edited."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
from oracle import invent
from oracle.conditions import holds
from oracle.draws import Draws
from oracle.edges import Edges
from oracle.judge import Oracle
from oracle.ledger import LONG_AGO, Standing, code, micros
from oracle.pool import Pool
from oracle.tables import Tables
from oracle.world import HOUR, Event, Owner, Said, World

from engine import evaluate
from engine.clock import from_micros, to_micros
from engine.db import reading, writing
from engine.models.tables import enrollment, rule_state
from engine.rules.compiler import Program
from engine.rules.model import EveryTrigger, Rule, Send
from engine.rules.question import recheck

FREE = evaluate.Limits(max_at_once=1_000_000, net=False)
CUSTOMERS, ACCOUNTS = ("ana", "bob", "cy", "dora"), ("acme", "zeta", "late")
"""The last of each comes later than the others."""
TRAITS = {(trait.subject, trait.name): trait.type for trait in invent.TRAITS}


@dataclass
class Side:
    """One database under test; `full` ones pass over everybody at each tick."""

    name: str
    engine: sa.Engine
    full: bool
    tables: Tables = field(init=False)

    def __post_init__(self) -> None:
        """Empty the database."""
        self.tables = Tables(self.engine, TRAITS)


class History:
    """Plays one history on the oracle and on every side, and compares them after each tick.

    `chance(n)` is what the n-th step is drawn from, so that a step stays what it is when others are left out; the first
    number is 0 for what is there in the beginning. With `only`, rules of other names are left out.
    """

    def __init__(
        self,
        chance: Callable[[int], Random],
        pool: Pool,
        sides: Sequence[Side],
        *,
        rules: int = 5,
        only: Collection[str] | None = None,
    ) -> None:
        self.chance, self.rng, self.pool, self.sides = chance, chance(0), pool, sides
        self.world = World()
        self.start = to_micros(datetime.combine(pool.start, datetime.min.time(), UTC)) + 6 * HOUR
        self.oracle = Oracle(world=self.world, zone=pool.zone, start=self.start)
        self.now = self.start
        self.programs: dict[str, Program] = {}
        self.edges = Edges()
        self.release = 0
        self.serial = 0
        self.story: list[str] = [f"zone {pool.zone}, start {pool.start}"]
        chosen = self.rng.sample(pool.versions, min(rules, len(pool.versions)))
        self.live = [versions for versions in chosen if only is None or versions[0].rule.name in only]

    def play(self, steps: Iterable[int]) -> None:
        """Play some steps, by their numbers."""
        self._people()
        self.apply(self.live)
        for number in steps:
            self.rng = self.chance(number)
            self._step()

    def _people(self) -> None:
        for kind, ids in (("customer", CUSTOMERS), ("account", ACCOUNTS)):
            for id_ in ids[:-1]:
                self._create((kind, id_))
        for _ in range(self.rng.choice([0, 6, 12])):
            self._learn()

    def _create(self, owner: Owner) -> None:
        """Let somebody be heard of for the first time."""
        self.tell(f"{owner[1]} is new")
        _ = self.world.facts[owner]
        self.world.created[owner] = self.stamp
        for side in self.sides:
            side.tables.create(owner, self.stamp)

    def _ids(self, kind: str) -> list[str]:
        return self.world.ids(kind)

    def _step(self) -> None:
        for kind, ids in (("customer", CUSTOMERS), ("account", ACCOUNTS)):
            if ids[-1] not in self._ids(kind) and self.rng.random() < 0.15:
                self._create((kind, ids[-1]))
        for _ in range(self.rng.choice([0, 1, 1, 2, 3])):
            self._learn()
        self.now = self.draws.next_tick()
        if self.rng.random() < 0.1:
            self.apply([self.rng.choice(self.live)])
        self.tick()

    @property
    def stamp(self) -> int:
        """The stamp of what is learned now: never before the highest watermark."""
        return max(self.now, *(standing.watermark for standing in self.oracle.rules.values()), LONG_AGO)

    def _learn(self) -> None:
        {"event": self._event, "fact": self._fact, "link": self._link}[self.draws.kind()]()

    @property
    def draws(self) -> Draws:
        """What is drawn from the step's own chance, as things stand."""
        return Draws(rng=self.rng, world=self.world, edges=self.edges, start=self.pool.start, now=self.now)

    def _event(self) -> None:
        draws, customer = self.draws, self.rng.choice(self._ids("customer"))
        self.serial += 1
        event = Event(
            id=f"{self.rng.choice('abc')}{self.serial}",
            customer=customer,
            name=draws.event_name(),
            at=min(draws.event_at(), self.stamp),
            stamp=self.stamp,
            keys=draws.keys(),
        )
        self.tell(f"{customer} {event.name} at {from_micros(event.at)} id {event.id} {event.keys}")
        self.world.events[customer].append(event)
        for side in self.sides:
            side.tables.happen(self.world, customer, event.stamp)

    def _fact(self) -> None:
        draws = self.draws
        kind, name = draws.field()
        owner = (kind, self.rng.choice(self._ids(kind)))
        at = self.stamp - self.rng.choice([0, 0, 0, HOUR, 30 * HOUR])
        self.say(owner, name, draws.value((kind, name)), at)

    def say(self, owner: Owner, name: str, value: Any, at: int) -> None:  # noqa: ANN401 (each type has its own)
        """Let somebody say a value, if it is another than the one that holds, or older."""
        old = self.world.value(owner, name)
        said = Said(at=at, stamp=self.stamp, value=value)
        if value == old or any((one.at, one.stamp) == (at, said.stamp) for one in self.world.facts[owner][name]):
            return
        self.tell(f"{owner[1]} {name} = {value!r} from {from_micros(at)}")
        self.world.facts[owner][name].append(said)
        for side in self.sides:
            side.tables.say(self.world, owner, name, old=old, at=at, stamp=said.stamp)

    def _link(self) -> None:
        customer, account = self.rng.choice(self._ids("customer")), self.rng.choice(self._ids("account"))
        live = self.rng.random() < 0.7
        if self.world.members.get((customer, account), False) == live:
            return
        self.tell(f"{customer} {'joins' if live else 'leaves'} {account}")
        self.world.members[customer, account] = live
        for side in self.sides:
            side.tables.link(customer, account, live=live, stamp=self.stamp)
        linked = [each for (who, each), there in self.world.members.items() if who == customer and there]
        self.say(("customer", customer), "account_id", min(linked, default=None), self.stamp)

    def tell(self, what: str) -> None:
        """Write down what happens."""
        self.story.append(f"{from_micros(self.now)}  {what}")

    def apply(self, changed: Sequence[list[Program]]) -> None:
        """Make another version of some rules live, after a last tick of the old ones."""
        self.tick()
        self.release += 1
        for versions in changed:
            program = self.rng.choice(versions)
            self.tell(f"applies {program.rule}")
            self._activate(program.rule)
            self.programs[program.rule.name] = program
        self.edges = Edges.of(program.rule for program in self.programs.values())
        for side in self.sides:
            with writing(side.engine) as connection:
                for program in self.programs.values():
                    evaluate.activate(connection, program, release_id=self.release, now=from_micros(self.now))

    def _activate(self, rule: Rule) -> None:
        codes = {code(send.offset): micros(send.offset) for send in rule.sends}
        old = self.oracle.rules.get(rule.name)
        if old is None or (old.rule.trigger, old.rule.subject) != (rule.trigger, rule.subject):
            fresh = Standing(rule=rule, activated=dict.fromkeys(codes, self.now), watermark=self.now)
            if old is not None:
                fresh.rows, fresh.stays = old.rows, old.stays
            elif rule.backfill is not None:
                fresh.backfill = (None if rule.backfill == "all" else micros(rule.backfill),)
            self.oracle.rules[rule.name] = fresh
            return
        gone = sorted(micros(send.offset) for send in old.rule.sends if code(send.offset) not in codes)
        come = sorted((size, name) for name, size in codes.items() if name not in old.activated)
        stands = {name: kept for name, kept in old.stands_for.items() if name in codes}
        names = {micros(send.offset): code(send.offset) for send in old.rule.sends}
        for (_, name), size in zip(come, gone, strict=False):
            stands[name] = [size, *old.stands_for.get(names[size], [])]
        old.activated = {name: old.activated.get(name, self.now) for name in codes}
        old.stands_for, old.rule = stands, rule

    def tick(self) -> None:
        """Evaluate on the oracle and on every side, and compare."""
        self.tell("tick")
        self.oracle.tick(self.now)
        for side in self.sides:
            if side.full:
                with writing(side.engine) as connection:
                    connection.execute(sa.update(rule_state).values(full_pass=True))
            evaluate.run_once(
                side.engine, self.programs, release_id=self.release, now=from_micros(self.now), limits=FREE
            )
            self._compare(side)

    def _compare(self, side: Side) -> None:
        expected = {
            (row.moment.subject, standing.rule.name, key): (row.state, row.moment.due, row.at)
            for standing in self.oracle.rules.values()
            for (_, key), row in standing.rows.items()
        }
        with reading(side.engine) as connection:
            rows = connection.execute(sa.select(enrollment)).mappings().all()
        found = {
            ((row["subject_type"], row["subject_id"]), row["rule"], row["occurrence"]): (
                row["state"],
                to_micros(row["due_at"]),
                to_micros(row["moment_at"]),
            )
            for row in rows
        }
        assert found == expected, self._difference(side, found, expected)

    def _difference(self, side: Side, found: dict[Any, Any], expected: dict[Any, Any]) -> str:
        lines = [f"{side.name} and the oracle differ", *self.story]
        lines += [f"only {side.name}: {key} {found[key]}" for key in found if expected.get(key) != found[key]]
        lines += [f"only oracle: {key} {expected[key]}" for key in expected if expected[key] != found.get(key)]
        return "\n".join(lines)

    def recheck(self) -> None:
        """Ask the whole question again of every row, and compare with the oracle's answer."""
        for name, standing in self.oracle.rules.items():
            program = self.programs[name]
            rows = {(who[1], key): row for (who, key), row in standing.rows.items() if who[0] == program.rule.subject}
            expected = {item: self._still(program.rule, row.moment) for item, row in rows.items()}
            for side in self.sides:
                with reading(side.engine) as connection:
                    said = recheck(connection, program, set(rows), from_micros(self.now))
                found = {item: reason is None for item, reason in said.items()}
                assert found == expected, "\n".join([*self.story, f"recheck of {name}: {said} but {expected}"])

    def _still(self, rule: Rule, old: Any) -> bool:  # noqa: ANN401 (a Moment)
        offset = timedelta(microseconds=old.offset)
        asked = replace(rule, sends=(Send(label="", offset=offset, template=""),))
        for moment in self.oracle.moments(asked, old.subject):
            same_day = not isinstance(rule.trigger, EveryTrigger) or moment.began == old.began
            if moment.key == old.key and same_day:
                return holds(rule.asked, self.world, old.subject, moment, self.now, self.pool.zone)
        return False
