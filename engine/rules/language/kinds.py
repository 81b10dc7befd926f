"""The kinds of values that stand in rules: each can read itself from a node and say itself as JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any, Protocol

from engine.errors import did_you_mean
from engine.rules.language.durations import SPAN_PATTERN, Mistake, english_duration, parse_duration
from engine.rules.language.reading import Reading
from engine.rules.language.vocabulary import Vocabulary
from engine.yaml_text import Node

Json = dict[str, Any]
TIME_PATTERN = r"([01]?[0-9]|2[0-3]):[0-5][0-9]"


class Kind(Protocol):
    """A kind of value; `read` returns None after it has noted what is wrong."""

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401 (each kind has its own type of value)
        """Return the value that stands at a node."""
        ...

    def schema(self, vocabulary: Vocabulary) -> Json:
        """Return the JSON Schema of what may stand there."""
        ...


@dataclass(frozen=True, kw_only=True)
class Text:
    """Any text, as it is written."""

    expected: str = "a text"

    def read(self, node: Node, reading: Reading) -> str | None:
        """Return the text."""
        scalar = reading.scalar(node, self.expected)
        return scalar.text if scalar else None

    def schema(self, _vocabulary: Vocabulary) -> Json:
        """Return the schema of a text."""
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, node: Node, reading: Reading) -> str | None:
        """Return the word."""
        *others, last = (f"`{word}`" for word in self.words)
        expected = f"{', '.join(others)} or {last}" if others else last
        scalar = reading.scalar(node, expected)
        if scalar is None or scalar.text in self.words:
            return scalar.text if scalar else None
        return reading.unexpected(node, expected, hint=did_you_mean(scalar.text, self.words))

    def schema(self, _vocabulary: Vocabulary) -> Json:
        """Return the schema of the words."""
        return {"enum": list(self.words)}


@dataclass(frozen=True, kw_only=True)
class Truth:
    """`true` or `false`."""

    def read(self, node: Node, reading: Reading) -> bool | None:
        """Return the truth value."""
        word = Choice(words=("true", "false")).read(node, reading)
        return None if word is None else word == "true"

    def schema(self, _vocabulary: Vocabulary) -> Json:
        """Return the schema of a truth value."""
        return {"type": "boolean"}


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A whole number."""

    least: int = 1
    most: int = 1_000_000_000

    def read(self, node: Node, reading: Reading) -> int | None:
        """Return the number."""
        expected = f"a whole number of at least {self.least}"
        scalar = reading.scalar(node, expected)
        if scalar is None:
            return None
        if scalar.plain and re.fullmatch(r"-?[0-9]{1,10}", scalar.text) and self.least <= int(scalar.text) <= self.most:
            return int(scalar.text)
        return reading.unexpected(node, expected)

    def schema(self, _vocabulary: Vocabulary) -> Json:
        """Return the schema of the number."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, kw_only=True)
class Span:
    """A duration; `or_word` is a word that may stand instead, `suffix` stands behind it in the schema."""

    or_word: str = ""
    least: timedelta = timedelta()
    suffix: str = ""

    def read(self, node: Node, reading: Reading) -> timedelta | str | None:
        """Return the duration, or the word."""
        scalar = reading.scalar(node, "a duration such as `7 days`" + (f" or `{self.or_word}`" if self.or_word else ""))
        if scalar is None or (self.or_word and scalar.text == self.or_word):
            return self.or_word if scalar else None
        length = parse_duration(scalar.text)
        if isinstance(length, timedelta) and length >= self.least:
            return length
        hint = length.hint if isinstance(length, Mistake) else f"write at least {english_duration(self.least)}"
        hint += f", or `{self.or_word}`" if self.or_word else ""
        return reading.refuse("E404", node, value=scalar.text, hint=hint)

    def schema(self, _vocabulary: Vocabulary) -> Json:
        """Return the schema of the duration."""
        span: Json = {"type": "string", "pattern": f"^{SPAN_PATTERN}{self.suffix}$"}
        span["examples"] = [f"{count} days{self.suffix}" for count in (1, 7, 14, 30)][bool(self.least) :]
        return {"anyOf": [{"const": self.or_word}, span]} if self.or_word else span


@dataclass(frozen=True, kw_only=True)
class TimeOfDay:
    """Hours and minutes."""

    def read(self, node: Node, reading: Reading) -> time | None:
        """Return the time."""
        scalar = reading.scalar(node, "a time of day such as `09:00`")
        if scalar is None:
            return None
        if not re.fullmatch(TIME_PATTERN, scalar.text):
            return reading.refuse("E408", node, value=scalar.text, hint="write it like `09:00` or `17:30`")
        hours, minutes = scalar.text.split(":")
        return time(int(hours), int(minutes))

    def schema(self, _vocabulary: Vocabulary) -> Json:
        """Return the schema of a time of day."""
        return {"type": "string", "pattern": f"^{TIME_PATTERN}$", "examples": ["09:00"]}


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A kind made of a function that reads and one that gives the schema."""

    reads: Callable[[Node, Reading], Any]
    says: Callable[[Vocabulary], Json]

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401 (as in Kind)
        """Return the value."""
        return self.reads(node, reading)

    def schema(self, vocabulary: Vocabulary) -> Json:
        """Return the schema."""
        return self.says(vocabulary)
