"""The words of the pages: the workspace's own where it has them, else those that come with the engine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from engine.app.streams import Streams
from engine.rendering.locales import canonical, fallbacks
from engine.rules.model import Topic
from engine.yaml_text import read, to_python

BASE = "en"
LONGEST = 200
"""Signs of such a header that are read."""
_PRINTED = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of one language, in which names such as `brand.company` stand for what they mean."""

    language: str
    streams: Streams
    texts: Mapping[str, str]

    def say(self, name: str, **values: str) -> str:
        """Return a sentence of the pages."""
        meant = {"brand.company": self.streams.brand.company or "us", **values}
        return _PRINTED.sub(lambda printed: meant.get(printed[1], printed[0]), self.texts[name])

    def title(self, topic: Topic) -> str:
        """Return what a topic is called: by the words as `topic_tips`, else by its own title."""
        return self.texts.get(_name(topic.name), "") or topic.title or topic.name

    def description(self, topic: Topic) -> str:
        """Return the sentence about a topic: by the words as `topic_tips_description`, else its own."""
        return self.texts.get(f"{_name(topic.name)}_description", "") or topic.description


def words_for(streams: Streams, wanted: Iterable[str]) -> Words:
    """Return the words of the first of these languages that there are any of, else of the brand's, else English."""
    ours, theirs = built_in(), streams.words
    # A language has pages of its own where it has all of their words, be they ours or the workspace's.
    good = {tag for tag in {*ours, *theirs} if {**ours.get(tag, {}), **theirs.get(tag, {})}.keys() >= ours[BASE].keys()}
    tags = (tag for each in (*wanted, streams.brand.language, BASE) for tag in fallbacks(each, ""))
    chosen = next((tag for tag in tags if tag in good), BASE)
    return Words(language=chosen, streams=streams, texts={**ours.get(chosen, {}), **theirs.get(chosen, {})})


def accepted(header: str) -> list[str]:
    """Return the languages that a browser asks for, in its order."""
    tags = (part.partition(";")[0].strip() for part in header[:LONGEST].split(","))
    return [canonical(tag) for tag in tags if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag)]


def _name(topic: str) -> str:
    return f"topic_{topic.replace('-', '_')}"


@lru_cache(maxsize=1)
def built_in() -> Mapping[str, Mapping[str, str]]:
    """Return the words that come with the engine, by language."""
    folder = files("engine.web.serve").joinpath("words")
    found: dict[str, Mapping[str, str]] = {}
    for file in folder.iterdir():
        if file.name.endswith(".yaml"):
            texts = to_python(read(file.read_text(encoding="utf-8"), path=file.name).node)
            assert isinstance(texts, dict)
            found[file.name.removesuffix(".yaml")] = {name: str(text) for name, text in texts.items()}
    return found
