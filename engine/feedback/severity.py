"""How much a bounce says about the address: gone for good, wanting, or nothing at all.

Only an address that does not exist is given up at once. What is temporary, a full mailbox, or the fault of the sender
or of the mail (policy, reputation, content, size, protocol) says nothing about the address.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from enum import StrEnum


class Severity(StrEnum):
    """What a bounce means for the address it was about."""

    HARD = "hard"
    SOFT = "soft"
    EXCUSED = "excused"


INVALID_ADDRESS = "invalid address"
_EXCUSED_CLASSES = frozenset({"content", "frequency or volume too high", "reputation"})
_NO_SUCH_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
_EXCUSED_CODES = re.compile(r"4\..*|5\.2\.[23]|5\.3\.4|5\.[567]\..*")
_CODE = r"[245]\.\d{1,3}\.\d{1,3}"
_REPLY = re.compile(rf"\b([45]\d\d)(?!\d)(?:[ -]#?({_CODE})(?![.\d]))?")
_ALONE = re.compile(rf"#({_CODE})(?![.\d])")
_FULL = "552"


def severity(*, classification: str | None, status: str | None, words: str | None) -> Severity:
    """Return what a bounce means, by the provider's class of it, its enhanced status code and the server's words.

    The class counts before the codes, but for what excuses the address: that holds wherever it is said.
    """
    known = (classification or "").strip().casefold()
    codes = {*_codes(status), *_codes_in(words or "")}
    if known in _EXCUSED_CLASSES or any(_EXCUSED_CODES.fullmatch(code) for code in codes):
        return Severity.EXCUSED
    return Severity.HARD if _gone(known, codes) else Severity.SOFT


def _gone(known: str, codes: Collection[str]) -> bool:
    return known == INVALID_ADDRESS or (not known and not _NO_SUCH_ADDRESS.isdisjoint(codes))


def _codes(status: str | None) -> Iterator[str]:
    """Return a status as an enhanced code; some write a plain reply code in its place."""
    found = re.match(rf"\s*({_CODE})(?![.\d])", status or "")
    if found:
        yield found[1]
    else:
        yield from _codes_in(status or "")


def _codes_in(words: str) -> Iterator[str]:
    """Return the first code in a server's words, such as `550 5.1.1 no such user` or `(#5.1.1)`."""
    reply = _REPLY.search(words)
    alone = _ALONE.search(words)
    if reply and reply[2]:
        yield reply[2]
    elif alone:
        yield alone[1]
    elif reply:
        yield "5.2.2" if reply[1] == _FULL else f"{reply[1][0]}.0.0"
