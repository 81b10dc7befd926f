"""What goes wrong, and at which stage of a mail."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Stage = Literal["connect", "ehlo", "mail", "rcpt", "data", "body", "dot"]
STAGES: tuple[Stage, ...] = get_args(Stage)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """At a stage, answer with a reply, `drop` the connection, or `hang`.

    `keeps` takes the mail all the same, as where only the answer to the final dot is lost. An empty reply is the usual
    one, so that `after` seconds make a slow server of a good one. The body has no reply of its own: there a session
    is dropped or hangs, whatever is said.
    """

    stage: Stage
    reply: str = ""
    keeps: bool = False
    after: float = 0.0

    @classmethod
    def read(cls, line: str) -> Fault:
        """Read `rcpt 550 no such user`, `dot keeps drop` or `data after=0.5`; raises ValueError for another stage."""
        stage, *words = line.split()
        if stage not in STAGES:
            raise ValueError(f"{stage!r} is no stage; write one of {', '.join(STAGES)}")
        waits = [float(word.partition("=")[2]) for word in words if word.startswith("after=")]
        reply = " ".join(word for word in words if word != "keeps" and not word.startswith("after="))
        return cls(stage=stage, reply=reply, keeps="keeps" in words, after=sum(waits))


def script(path: Path) -> tuple[Fault, ...]:
    """Read a file of faults, one a line; `#` begins a remark."""
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return tuple(Fault.read(line) for line in lines if line)


Choice = Callable[[Stage], Fault | None]
"""Says what goes wrong at a stage; None is nothing."""

_GOOD = 0.99
_REPLIES = ("drop", "421 shutting down", "450 later")


def nothing(_stage: Stage) -> Fault | None:
    """Let nothing go wrong."""
    return None


def chaos(seed: int) -> Choice:
    """Return what lets stages fail at random, the same for the same seed.

    Nothing of it is a refusal, which would fail a message for good.
    """
    chance = random.Random(seed)  # noqa: S311 (to be repeated, not to be secret)

    def choose(stage: Stage) -> Fault | None:
        if chance.random() < _GOOD:
            return None
        reply = "drop" if stage == "body" else chance.choice(_REPLIES)
        keeps = stage == "dot" and reply == "drop" and chance.random() < 0.5  # noqa: PLR2004 (as often as not)
        return Fault(stage=stage, reply=reply, keeps=keeps)

    return choose
