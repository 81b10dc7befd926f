"""What previews are made from: the workspace's files as they are now, read and compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.checking import uses
from engine.confined.library import ConfinedLibrary, compile_confined
from engine.errors import Problem, UsageError, did_you_mean
from engine.facts import known_facts
from engine.rendering.samples import read_samples
from engine.rules.compiler import Program, compile_rule
from engine.rules.loader import load
from engine.rules.model import Rule, RuleSet, Send, Topic
from engine.settings import Settings
from engine.workspace import read_files

NO_RULE = Topic(name="preview", kind="transactional")
"""The topic of an email that no rule sends."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A moment of a rule that sends a template, and its topic."""

    rule: Rule
    send: Send
    topic: Topic

    @property
    def name(self) -> str:
        """What it is called where one is chosen."""
        return f"{self.rule.name}: {self.send.label}"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Rules, compiled emails and samples; `problems` are of compiling and of the rules."""

    settings: Settings
    rules: RuleSet
    library: ConfinedLibrary
    samples: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    release_id: int = 0

    @property
    def programs(self) -> Mapping[str, Program]:
        """The rules compiled to SQL, by name."""
        return {name: self.program(rule) for name, rule in self.rules.rules.items()}

    def program(self, rule: Rule) -> Program:
        """Return one rule compiled to SQL."""
        return compile_rule(rule, zone=self.settings.time_zone)

    def require(self, template: str) -> None:
        """Raise UsageError where there is no such email."""
        if template not in self.library.names:
            names = sorted(self.library.names)
            hint = did_you_mean(template, names) or (f"there is {', '.join(names)}" if names else "there is none yet")
            raise UsageError(f"there is no email `{template}` in templates/; {hint}")

    def moments(self, template: str) -> tuple[Moment, ...]:
        """Return the moments that send an email, in the order of the rules."""
        return tuple(
            Moment(rule=rule, send=send, topic=self.rules.topics[rule.topic])
            for rule in self.rules.rules.values()
            for send in rule.sends
            if send.template == template and rule.topic in self.rules.topics
        )

    def of(self, template: str) -> tuple[Problem, ...]:
        """Return what is wrong with an email's own files; all there is, where these do not say why it is not there."""
        own = tuple(each for each in self.problems if each.path.startswith(f"templates/{template}."))
        broken = any(each.severity == "error" for each in own)
        return own if broken or template in self.library.languages else (*own, *self.problems)

    def checked(self, template: str) -> tuple[Problem, ...]:
        """Return everything `check` says of an email, of its files and of what rules make of it."""
        prefix = f"templates/{template}."
        others = [path for path in self.library.files if not path.startswith(prefix)]
        found = self.library.check(uses(self.rules), known_facts(self.rules.traits), skipped=others)
        mine = [each for each in found if each.path.startswith(prefix)]
        elsewhere = [each for each in self.problems if each.severity == "error"]
        return tuple(sorted({*self.of(template), *mine, *elsewhere}))


def lay_out(settings: Settings) -> Desk:
    """Read and compile the workspace's files; never raises for what stands in them."""
    read = read_files(settings.workspace)
    library, of_emails = compile_confined(read.files)
    loaded = load(read.files, templates=library.names, zone=settings.time_zone)
    return Desk(
        settings=settings,
        rules=loaded.rules,
        library=library,
        samples=read_samples(read.files)[0],
        problems=tuple(sorted({*read.problems, *of_emails, *loaded.problems})),
    )
