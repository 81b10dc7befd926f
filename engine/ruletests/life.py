"""A test lived through: what happens comes in at its time, and the real stages run at every instant that matters."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine import evaluate
from engine.clock import SetClock
from engine.db import reading
from engine.errors import LifecycleError
from engine.evaluate import Did
from engine.facts import known_facts
from engine.intake import ImportOptions, Kind, import_file
from engine.models.tables import message
from engine.outbox import Status
from engine.providers.memory import MemoryProvider
from engine.releases.apply import Origin, make_live
from engine.rules import anatomy
from engine.rules.compiler import Program, compile_rule
from engine.rules.scenarios.model import Expected, Scenario
from engine.ruletests import wishes
from engine.ruletests.agenda import Agenda, known_instants
from engine.ruletests.doubt import Occasion, loosened
from engine.ruletests.report import Why
from engine.ruletests.rows import Arrival, address_at, arrivals
from engine.ruletests.wishes import Wish
from engine.runtime import Runtime
from engine.simulate import forecast
from engine.simulate.forecast import SENT, Mail
from engine.simulate.walk import Walker, walking

MINUTE = timedelta(minutes=1)
MOMENT = timedelta(microseconds=1)
ORIGIN = Origin(author="test")
RAN = frozenset({Did.TICK, Did.EVERYBODY, Did.FULL, Did.AHEAD})


@dataclass(frozen=True, kw_only=True)
class Lived:
    """What a test's time left behind.

    `contents` are rows of `message_content` by send id. `missing` says of a mail that did not leave in its minute why
    not, `unasked` of one that nobody expected why it did. `occasions` are those at which a rule could have written, and
    `stopped` says of each rule that was not evaluated at some instant why not.
    """

    mails: tuple[Mail, ...]
    contents: Mapping[str, Any]
    missing: Mapping[Expected, tuple[Why, ...]]
    unasked: Mapping[str, Why]
    occasions: tuple[Occasion, ...]
    stopped: Mapping[str, Did]


def live_through(scenario: Scenario, running: Runtime, inside: sa.Engine, files: Mapping[str, str]) -> Lived:
    """Live through a test on an empty database with rules that are to be made live; `files` are what they come from."""
    with walking(inside, running, MemoryProvider(), start=scenario.start) as walker:
        life = _Life(scenario=scenario, running=running, inside=inside, walker=walker)
        life.begin(files)
        life.go_on()
    with reading(inside) as connection:
        mails = forecast.mails(connection, since=scenario.start)
        contents = forecast.content(connection, [mail.send_id for mail in mails])
    return Lived(
        mails=mails,
        contents=contents,
        missing=life.missing,
        unasked=life.unasked,
        occasions=tuple(life.occasions),
        stopped=life.stopped,
    )


@dataclass(kw_only=True)
class _Life:
    scenario: Scenario
    running: Runtime
    inside: sa.Engine
    walker: Walker
    missing: dict[Expected, tuple[Why, ...]] = field(default_factory=dict)
    unasked: dict[str, Why] = field(default_factory=dict)
    occasions: set[Occasion] = field(default_factory=set)
    stopped: dict[str, Did] = field(default_factory=dict)
    _coming: dict[str, list[Occasion]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rows = list(arrivals(self.scenario))
        self._loose = [
            compile_rule(loosened(self.running.rules.rules[name]), zone=self.scenario.zone)
            for name in self.scenario.rules
        ]
        self._begun = [program for program in self._loose if anatomy.begins_by_conditions(program.rule)]
        self._agenda = Agenda(self.scenario.until)
        facts = known_facts(self.running.rules.traits).values()
        rules = self.running.rules.rules.values()
        self._agenda.add(known_instants(self.scenario, self._rows, rules, facts))

    def begin(self, files: Mapping[str, str]) -> None:
        """Take in what is known before the rules go live, and make them live."""
        start = self.scenario.start
        self._take_in([row for row in self._rows if row.at is None or row.at <= start], start)
        self._hear(wishes.before(self.scenario), start)
        make_live(self.inside, self.running, files, origin=ORIGIN, now=start)

    def go_on(self) -> None:
        """Leap from instant to instant until the clock stops."""
        while (at := self._agenda.next()) is not None:
            new = [row for row in self._rows if row.at == at and at > self.scenario.start]
            self._take_in(new, at)
            self._hear(wishes.at(self.scenario, at), at)
            if new or at == self.scenario.start:
                self._look_ahead(self._loose, at)
            report = self.walker.tick(at)
            self.stopped |= {each.rule: each.did for each in report.rules if each.did not in RAN}
            self._look_ahead(self._begun, at)
            self._ask(at)

    def _take_in(self, rows: Iterable[Arrival], at: datetime) -> None:
        chosen = list(rows)
        for kind in (Kind.ACCOUNTS, Kind.CUSTOMERS, Kind.MEMBERS, Kind.EVENTS):
            of_kind = [row.row for row in chosen if row.kind is kind]
            if of_kind:
                self._import(kind, of_kind, at)

    def _import(self, kind: Kind, rows: Iterable[Mapping[str, Any]], at: datetime) -> None:
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        rejects = Path(str(self.inside.url.database)).with_name("rejects.jsonl")
        options = ImportOptions(
            traits=self.running.rules.traits,
            time_zone=self.scenario.zone,
            secret=self.running.settings.secret.get_secret_value(),
        )
        stream = io.BytesIO(lines.encode())
        report = import_file(
            self.inside, kind, stream, clock=SetClock(at), options=options, rejects_path=rejects, format="jsonl"
        )
        if report.rejected:
            reason = json.loads(rejects.read_text(encoding="utf-8").splitlines()[0])
            raise LifecycleError(f"{self.scenario.path}: an import would refuse one of its {kind}: {reason['reason']}")

    def _hear(self, said: Iterable[Wish], at: datetime) -> None:
        secret = self.running.settings.secret.get_secret_value()
        for wish in said:
            wishes.hear(self.inside, wish, address_at(wish.who, at, self.scenario), secret=secret, now=at)

    def _look_ahead(self, programs: Iterable[Program], at: datetime) -> None:
        """Note what falls due from now on by the facts of now, and when waiting mails leave.

        What fell due a little earlier counts as of now: its fact may have come in only now.
        """
        with reading(self.inside) as connection:
            for program in programs:
                after = at - (timedelta(microseconds=program.late) if at > self.scenario.start else MOMENT)
                coming = evaluate.ahead(connection, program, after=after, until=self.scenario.until)
                name = program.rule.name
                self._coming[name] = [
                    Occasion(rule=name, subject=each.subject_id, at=max(each.due, at)) for each in coming
                ]
                self._agenda.add(each.due for each in coming if each.due > at)
            self._agenda.add(_leaving(connection, at))
        self.occasions |= {each for coming in self._coming.values() for each in coming if each.at == at}

    def _ask(self, at: datetime) -> None:
        """Ask, while the facts are those of this instant, why a mail left or did not leave."""
        with reading(self.inside) as connection:
            sent = [mail for mail in forecast.mails(connection, since=at) if mail.status == SENT and mail.at == at]
            expected = [mail for mail in self.scenario.expected if mail.at <= at < mail.at + MINUTE]
            for mail in sent:
                if mail.customer_id not in {each.to for each in expected}:
                    self.unasked[mail.send_id] = self._why(connection, mail.rule, mail.subject_id, at)
            for each in expected:
                if each.at == at and each.to not in {mail.customer_id for mail in sent}:
                    self.missing[each] = tuple(self._whys(connection, each, at))

    def _whys(self, connection: sa.Connection, mail: Expected, at: datetime) -> Iterable[Why]:
        for name in (mail.rule,) if mail.rule else self.scenario.rules:
            rule = self.running.rules.rules[name]
            if mail.template and all(send.template != mail.template for send in rule.sends):
                continue
            found = self.scenario.membership(mail.to, at) if rule.subject == "account" else (mail.to, "")
            if found is None:
                yield Why(rule=name, sentence=f"the rule is about accounts, and {mail.to} belongs to none")
            else:
                yield self._why(connection, name, found[0], at)

    def _why(self, connection: sa.Connection, rule: str, subject: str, at: datetime) -> Why:
        try:
            answer = evaluate.explain(connection, self._program(rule), subject, at)
        except LifecycleError as error:
            return Why(rule=rule, sentence=str(error))
        return Why(rule=rule, sentence=answer.standing or answer.verdict, explanation=answer)

    def _program(self, rule: str) -> Program:
        return self.running.programs[rule]


def _leaving(connection: sa.Connection, now: datetime) -> list[datetime]:
    """Return when mails leave that wait for their time of day."""
    waiting = sa.select(message.c.not_before).distinct()
    return list(connection.scalars(waiting.where(message.c.status == Status.QUEUED, message.c.not_before > now)))
