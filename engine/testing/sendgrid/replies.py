"""How a request is answered: with a status, or with something that goes wrong on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ACCEPTED = 202
_MISHAPS = frozenset({"hang", "reset", "cut", "garbage"})
_TIMES = re.compile(r"x(\d+)")


@dataclass(frozen=True, kw_only=True)
class Reply:
    """How to answer one request.

    `does` is what happens instead of an answer: `hang`, `reset` (the connection is lost), `cut` (it is lost in the
    answer) or `garbage`. `keeps` takes the mail all the same, as where only the answer is lost. `after` is seconds of
    waiting before the answer. `drops` is why an accepted mail is dropped later. `resets_in` is seconds, for a 429.
    """

    status: int = ACCEPTED
    does: str = ""
    keeps: bool = False
    after: float = 0.0
    drops: str = ""
    resets_in: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    @property
    def takes(self) -> bool:
        """Whether the mail is taken, whatever the sender gets to know."""
        return self.keeps or (self.status == ACCEPTED and not self.does)

    @classmethod
    def read(cls, line: str) -> Reply:
        """Read `503`, `keeps reset`, `202 drops=Bounced after=0.5`; raises ValueError for any other word."""
        told = dict(_told(word) for word in line.split())
        return cls(**told)  # type: ignore[arg-type]


def script(path: Path) -> tuple[Reply, ...]:
    """Read a file of replies, one a line, `x3` at its end for three of them; `#` begins a remark."""
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return tuple(reply for line in lines if line for reply in _repeated(line))


def _repeated(line: str) -> tuple[Reply, ...]:
    *words, last = line.split()
    times = _TIMES.fullmatch(last)
    return (Reply.read(" ".join(words)),) * int(times[1]) if times else (Reply.read(line),)


def _told(word: str) -> tuple[str, object]:
    name, _, value = word.partition("=")
    if word.isdigit():
        return "status", int(word)
    if word in _MISHAPS:
        return "does", word
    if word == "keeps":
        return "keeps", True
    if name == "after":
        return "after", float(value)
    if name == "drops" and value:
        return "drops", value.replace("_", " ")
    if name == "resets-in":
        return "resets_in", int(value)
    raise ValueError(f"{word!r} is no reply, such as 503, reset, keeps, after=0.5 or drops=Bounced_Address")
