"""What the outbox needs of the release that runs; `engine.runtime.Runtime` is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from engine.rendering.brand import Brand
from engine.rendering.content import Content
from engine.rules.compiler import Program
from engine.rules.model import RuleSet, Topic
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


def priority_of(topic: Topic) -> int:
    """Return how early a topic's mail leaves: transactional before marketing, then as the topic says."""
    return topic.priority + (1000 if topic.kind == "transactional" else 0)
