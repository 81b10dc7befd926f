"""Reads how much mail is enough, `3 per 30 days`, and when it is quiet, `20:00 to 08:00`."""

from __future__ import annotations

import re
from datetime import time, timedelta
from itertools import permutations

from engine.rules.language.durations import SPAN_PATTERN, UNITS, parse_duration
from engine.rules.language.kinds import TIME_PATTERN, Json, Reader
from engine.rules.language.reading import Reading
from engine.rules.language.vocabulary import Vocabulary
from engine.rules.model import Cap, QuietHours
from engine.yaml_text import Node, SequenceNode

CAP_PATTERN = rf"[1-9][0-9]{{0,5}} +per +({'|'.join(UNITS)}|{SPAN_PATTERN})"
HOURS_PATTERN = rf"{TIME_PATTERN} +to +{TIME_PATTERN}"
_CAP = re.compile(r"(?P<count>[0-9]{1,6})\s+per\s+(?P<span>.+)")
_A_CAP = "a cap such as `3 per 30 days`"
_HOURS = "quiet hours such as `20:00 to 08:00`"


def _caps(node: Node, reading: Reading) -> tuple[Cap, ...] | None:
    """Return the caps of a text or of a list of them, the shortest span first."""
    nodes = node.items if isinstance(node, SequenceNode) and node.items else (node,)
    found = [(_cap(each, reading), each) for each in nodes]
    caps = [(cap, each) for cap, each in found if cap]
    for (cap, each), (other, _) in permutations(caps, 2):
        if _says_nothing(cap, other):
            return reading.refuse("E416", each, cap=cap.said, other=other.said)
    return tuple(sorted((cap for cap, _ in caps), key=lambda cap: cap.within)) if len(caps) == len(found) else None


def _cap(node: Node, reading: Reading) -> Cap | None:
    scalar = reading.scalar(node, _A_CAP)
    if scalar is None:
        return None
    match = _CAP.fullmatch(scalar.text.strip())
    if not match:
        return reading.unexpected(node, _A_CAP)
    if not int(match["count"]):
        return reading.unexpected(node, _A_CAP, hint="to stop a topic for good, take its rules away")
    span = match["span"] if match["span"] not in UNITS else f"1 {match['span']}"
    length = parse_duration(span)
    if isinstance(length, timedelta):
        return Cap(at_most=int(match["count"]), within=length)
    return reading.refuse("E404", node, value=match["span"], hint=length.hint)


def _says_nothing(cap: Cap, other: Cap) -> bool:
    """Say whether whatever keeps to the other keeps to a cap anyway."""
    spans = -(-cap.within // other.within)
    return cap.at_most >= other.at_most * spans


def _quiet_hours(node: Node, reading: Reading) -> QuietHours | None:
    scalar = reading.scalar(node, _HOURS)
    if scalar is None:
        return None
    if not re.fullmatch(HOURS_PATTERN, scalar.text):
        return reading.unexpected(node, _HOURS)
    start, end = (_time(each) for each in re.split(" +to +", scalar.text))
    if start == end:
        return reading.unexpected(node, _HOURS, hint="they begin and end at the same time")
    return QuietHours(start=start, end=end)


def _time(text: str) -> time:
    hours, minutes = text.split(":")
    return time(int(hours), int(minutes))


def _schema_of_caps(_vocabulary: Vocabulary) -> Json:
    cap: Json = {"type": "string", "pattern": f"^{CAP_PATTERN}$", "examples": ["1 per day", "3 per 30 days"]}
    return {"anyOf": [cap, {"type": "array", "items": cap, "minItems": 1}]}


def _schema_of_hours(_vocabulary: Vocabulary) -> Json:
    return {"type": "string", "pattern": f"^{HOURS_PATTERN}$", "examples": ["20:00 to 08:00"]}


CAPS = Reader(reads=_caps, says=_schema_of_caps)
QUIET_HOURS = Reader(reads=_quiet_hours, says=_schema_of_hours)
