"""The examples of docs/semantics.md: a rule, then a table of times, of what happens, and of what is decided."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from evaluate.staging import TRAITS, Stage, at

from engine.rules.loader import load
from engine.rules.model import Rule
from engine.rules.question import FACT_CHANGED, recheck

PAGE = Path(__file__).resolve().parents[2] / "docs/semantics.md"
ACCOUNT, OWNER = "acme", "ana"
MINUTE = timedelta(minutes=1)
_STORY = re.compile(
    r"^### (?P<name>.+)\n(?:.*\n)*?```yaml\n(?P<rule>(?:.*\n)+?)```\n\n(?P<table>(?:\|.*\n)+)", re.MULTILINE
)
_DID = re.compile(r"(?P<who>\w+) did (?P<event>[\w ]+?)(?: on (?P<at>[-0-9: ]+))?")
_KNOWN = re.compile(r"(?P<who>\w+): (?P<facts>.+)")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of a story: a time, what happens then, and what is decided then."""

    time: str
    happens: tuple[str, ...]
    decided: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Story:
    """A rule and its rows."""

    name: str
    rule: Rule
    lines: tuple[Line, ...]


def stories() -> Iterator[Story]:
    """Yield the stories of the page."""
    for found in _STORY.finditer(PAGE.read_text()):
        rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in found["table"].splitlines()[2:]]
        lines = tuple(Line(time=row[0], happens=_split(row[1]), decided=_split(row[2])) for row in rows)
        yield Story(name=found["name"], rule=_rule(found["rule"]), lines=lines)


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _rule(text: str) -> Rule:
    traits = "customer:\n" + "".join(
        f"  {trait.name}: {trait.type}\n" for trait in TRAITS if trait.subject == "customer"
    )
    files = {
        "rules/topics.yaml": "tips: marketing",
        "rules/traits.yaml": traits,
        "rules/tried.yaml": f"topic: tips\n{text}",
    }
    loaded = load(files)
    assert not loaded.problems, loaded.problems
    return loaded.rules.rules["tried"]


@dataclass(kw_only=True)
class Telling:
    """Plays a story: `seen` is what was decided so far, `waiting` the mails that may still leave."""

    stage: Stage
    rule: Rule
    now: datetime
    runs: bool = False
    seen: list[tuple[str, str]] = field(default_factory=list)
    waiting: dict[tuple[str, str], str] = field(default_factory=dict)

    def line(self, line: Line) -> list[str]:
        """Play one row; returns what was decided at its time. Raises AssertionError for what was decided before."""
        self._until(at(line.time) - MINUTE)
        assert self._decided() == [], f"before {line.time}"
        for what in line.happens:
            self._happen(what, line.time)
        self._tick(at(line.time))
        return [*self._decided(), *self._cancelled(line.time)]

    def _until(self, end: datetime) -> None:
        step = timedelta(days=1) if end - self.now > timedelta(days=3) else timedelta(minutes=30)
        while self.now < end:
            self._tick(min(self.now + step, end))

    def _tick(self, now: datetime) -> None:
        self.now = now
        if self.runs:
            self.stage.tick(now.isoformat())

    def _happen(self, what: str, when: str) -> None:
        if what in {"the engine stops", "the engine runs again"}:
            self.runs = what.endswith("again")
        elif what == "the rule goes live":
            self.stage.live(when, self.rule)
            self.runs = True
        elif found := _DID.fullmatch(what):
            self.stage.event(when, found["event"], found["at"], id_=found["who"])
        else:
            self._known(what, when)

    def _known(self, what: str, when: str) -> None:
        found = _KNOWN.fullmatch(what)
        assert found is not None, what
        facts: dict[str, Any] = dict(part.split(maxsplit=1) for part in found["facts"].split(", "))
        facts = {name: None if value == "removed" else value for name, value in facts.items()}
        if found["who"] == ACCOUNT:
            self.stage.account(when, ACCOUNT, OWNER, **facts)
        else:
            self.stage.customer(when, found["who"], **facts)

    def _decided(self) -> list[str]:
        rows = self.stage.rows("subject_id", "occurrence", "send", "state")
        new = [row for row in rows if (row[0], row[1]) not in self.seen]
        self.seen += [(row[0], row[1]) for row in new]
        self.waiting |= {(row[0], row[1]): row[2] for row in new if row[3] == "enrolled"}
        return [f"{who}: {send}, {state}" for who, _, send, state in new]

    def _cancelled(self, when: str) -> list[str]:
        if not self.waiting:
            return []
        answers = self.stage.ask(recheck, set(self.waiting), at(when))
        gone = [item for item in self.waiting if (answers[item] or "").startswith(FACT_CHANGED)]
        return [f"{item[0]}: {self.waiting.pop(item)}, cancelled" for item in gone]
