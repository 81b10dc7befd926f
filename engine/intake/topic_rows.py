"""What rows about yes and no have in common: a topic that people may say no to, and a time that has come."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from engine.clock import Clock, to_micros
from engine.errors import did_you_mean
from engine.policy import ALL_MARKETING
from engine.values import Value


def topic_problems(said: Mapping[str, Value], topics: Collection[str], clock: Clock) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the topic and the time of a row."""
    topic, at = said.get("topic"), said.get("at")
    if topic is not None and topic not in {*topics, ALL_MARKETING}:
        hint = did_you_mean(str(topic), topics) or f"there is {', '.join(sorted(topics)) or 'none'}"
        yield "topic", f"is no marketing topic; {hint}"
    if isinstance(at, int) and at > to_micros(clock.now()):
        yield "at", "lies in the future"
