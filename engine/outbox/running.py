"""What the outbox needs of the release that runs; `engine.runtime.Runtime` is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from engine.rendering.brand import Brand
from engine.rendering.content import Content
from engine.rules.compiler import Program
from engine.rules.model import Rule, RuleSet, Send, Topic
from engine.settings import Settings


class Library(Protocol):
    """Compiled emails and the brand that writes them."""

    @property
    def brand(self) -> Brand:
        """Who writes."""
        ...

    def render(self, template: str, language: str, context: dict[str, Any]) -> Content:
        """Return an email in the nearest language there is; raises LifecycleError where it cannot be rendered."""
        ...


class Running(Protocol):
    """A release made ready to run; 0 is the number of files that were never applied."""

    @property
    def release_id(self) -> int:
        """Its number."""
        ...

    @property
    def rules(self) -> RuleSet:
        """Rules, topics and traits."""
        ...

    @property
    def programs(self) -> Mapping[str, Program]:
        """The rules compiled to SQL, by name."""
        ...

    @property
    def library(self) -> Library:
        """Its emails."""
        ...

    @property
    def settings(self) -> Settings:
        """What this installation was told."""
        ...


def of_release(running: Running, release_id: int) -> bool:
    """Say whether a row may be handled here; rows of a newer release wait for a process that runs it."""
    return running.release_id == 0 or release_id <= running.release_id


def send_of(rule: Rule, label: str) -> Send | None:
    """Return the moment of a rule by its label; None where a newer release has none of that name."""
    return next((send for send in rule.sends if send.label == label), None)


def priority_of(topic: Topic) -> int:
    """Return how early a topic's mail leaves: transactional before marketing, then as the topic says."""
    return topic.priority + (1000 if topic.kind == "transactional" else 0)
