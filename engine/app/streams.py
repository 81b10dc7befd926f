"""What the live release says to recipients outside of mails: its topics, its brand and its words."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.app.opened import App
from engine.db import reading
from engine.releases import store
from engine.rendering.brand import Brand, read_brand
from engine.rendering.locales import canonical
from engine.rules.loader import load
from engine.rules.model import Topic
from engine.yaml_text import read, to_python

WORDS = "templates/words/"


@dataclass(frozen=True, kw_only=True)
class Streams:
    """The topics, the brand and the words (by language) of a release; 0 and nothing before the first."""

    release: int = 0
    topics: Mapping[str, Topic] = field(default_factory=dict)
    brand: Brand = field(default_factory=Brand)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(kw_only=True)
class LiveStreams:
    """The streams of the release that is live, read anew when another one becomes live; safe between threads."""

    app: App
    _now: Streams = field(default_factory=Streams)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> Streams:
        """Return the live ones."""
        with self._lock, reading(self.app.database) as connection:
            number = store.live_id(connection)
            if number != self._now.release:
                release = store.live(connection)
                self._now = _streams(release) if release else Streams()
            return self._now


def _streams(release: store.Release) -> Streams:
    return Streams(
        release=release.id,
        topics=load(release.files, zone=release.time_zone).rules.topics,
        brand=read_brand(release.files)[0],
        words={
            canonical(path.removeprefix(WORDS).removesuffix(".yaml")): _words(path, text)
            for path, text in release.files.items()
            if path.startswith(WORDS)
        },
    )


def _words(path: str, text: str) -> Mapping[str, str]:
    found = to_python(read(text, path=path).node)
    return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}
