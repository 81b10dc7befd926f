"""Fingerprints of rules: what changed between two releases, as far as the engine must know."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from engine.clock import span, to_micros
from engine.facts import Fact
from engine.rules.model import Rule

_WORDS = frozenset({"place", "description", "segment", "label", "was", "english", "always"})
"""What is only said to people: changing it changes nothing that the engine does."""


def fingerprint(rule: Rule, zone: str) -> str:
    """Return the fingerprint of all a rule refers to: segments by what they say, facts with types, the zone.

    The rule's own name is left out, so that a renamed rule (`was`) is the same rule.
    """
    return _digest({"rule": canonical(replace(rule, name="")), "zone": zone})


def trigger_fingerprint(rule: Rule, zone: str) -> str:
    """Return the fingerprint of what makes a rule's moments: the trigger, whose it is, and the zone of its days.

    When it changes, the activation of every offset starts anew. Offsets have activations of their own, and `at` shifts
    a moment within its day: neither is in it. An instant does not depend on the zone.
    """
    parts = {"trigger": canonical(rule.trigger), "subject": rule.subject, "zone": zone if rule.on_days else ""}
    return _digest(parts)


def canonical(value: Any) -> Any:  # noqa: ANN401 (any part of a rule)
    """Return a value as JSON that is the same for equal meanings, in every process."""
    if isinstance(value, Fact):
        return {"fact": value.path, "type": value.type.value}
    if is_dataclass(value):
        parts = {field.name: getattr(value, field.name) for field in fields(value) if field.name not in _WORDS}
        return {"kind of": type(value).__name__} | {name: canonical(part) for name, part in parts.items()}
    if isinstance(value, Mapping):
        return {str(name): canonical(part) for name, part in sorted(value.items())}
    if isinstance(value, tuple | list):
        return [canonical(part) for part in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:  # noqa: ANN401 (as above)
    if isinstance(value, timedelta):
        return {"span": span(value)}
    if isinstance(value, datetime):
        return {"instant": to_micros(value)}
    if isinstance(value, date | time):
        return {type(value).__name__: value.isoformat()}
    return value


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
