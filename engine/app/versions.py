"""A rule as past releases had it: under the name it had then, with the moments that counted from then on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import sqlalchemy as sa

from engine.clock import to_micros
from engine.evaluate import Version
from engine.releases import store
from engine.rules.compiler import Program, compile_rule
from engine.rules.loader import load

_INSTEAD = "judged by the rule as it is now"
_IDLE = "the rule was not live then"
_UNKNOWN = "what the rule did with moments that it did not enroll is not known"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One release; `name` is what the rule was called in it, None where it had no such rule."""

    release: int
    since: int
    name: str | None
    fingerprint: str = ""


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """The versions of one rule; where a release has none that can be read, the rule as it is now stands in."""

    connection: sa.Connection
    program: Program
    release: int
    _known: dict[tuple[str, str], Program | None] = field(default_factory=dict, repr=False)

    def at(self, instant: int) -> Version:
        """Return the rule as it was live at an instant, in microseconds."""
        place = next((place for place, step in enumerate(self._steps) if step.since <= instant), None)
        if place is None:
            return self._instead(f"no release was live then; {_INSTEAD}", _IDLE)
        return self._version(place)

    def by_release(self, number: int) -> Version:
        """Return the rule as a release had it."""
        place = next((place for place, step in enumerate(self._steps) if step.release == number), None)
        return self._instead(f"release {number} is gone; {_INSTEAD}") if place is None else self._version(place)

    def _version(self, place: int) -> Version:
        step = self._steps[place]
        if step.name is None:
            return self._instead(f"release {step.release} had no rule {self.program.rule.name}; {_INSTEAD}", _IDLE)
        program = self._program(step)
        if program is None:
            return self._instead(f"release {step.release} cannot be read any more; {_INSTEAD}")
        return Version(program=program, release=step.release, activated=self._activated(program, place))

    def _instead(self, remark: str, idle: str = _UNKNOWN) -> Version:
        return Version(program=self.program, release=self.release, activated={}, remark=remark, idle=idle)

    @cached_property
    def _steps(self) -> tuple[Step, ...]:
        return tuple(self._walk())

    def _walk(self) -> Iterator[Step]:
        """Yield the releases, the newest first, with the rule's name in each."""
        name, last = self.program.rule.name, None
        for release in store.applied(self.connection):
            if name not in release.fingerprints and last is not None:
                newer = self._program(last)
                name = (newer.rule.was if newer else None) or name
            known = name in release.fingerprints
            step = Step(
                release=release.id,
                since=to_micros(release.applied_at),
                name=name if known else None,
                fingerprint=release.fingerprints.get(name, ""),
            )
            last = step if known else last
            yield step

    def _program(self, step: Step) -> Program | None:
        """Return a version under the name that the rule has now, since its decisions have moved to that."""
        assert step.name is not None
        key = (step.name, step.fingerprint)
        if key not in self._known:
            self._known[key] = self._read(step.release, step.name)
        return self._known[key]

    def _read(self, number: int, name: str) -> Program | None:
        release = store.numbered(self.connection, number)
        rule = load(release.files, zone=release.time_zone).rules.rules.get(name) if release else None
        if release is None or rule is None:
            return None
        return compile_rule(replace(rule, name=self.program.rule.name), zone=release.time_zone)

    def _activated(self, program: Program, place: int) -> Mapping[str, int]:
        """Return since when each offset had been live without a break, the trigger being the same."""
        found: dict[str, int] = {}
        codes = set(program.codes)
        for step in self._steps[place:]:
            older = self._program(step) if step.name else None
            if older is None or older.trigger_fingerprint != program.trigger_fingerprint:
                break
            codes &= set(older.codes)
            found |= dict.fromkeys(codes, step.since)
        return found
