"""The two streams: data goes to stdout, talk to stderr."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


@cache
def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=False, emoji=False)


def out() -> Console:
    """Return the console of data: stdout."""
    return _console(stderr=False)


def err() -> Console:
    """Return the console of talk: stderr."""
    return _console(stderr=True)


def data(text: str) -> None:
    """Print a text to stdout as it is."""
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")


def as_json(value: object) -> None:
    """Print a value as JSON: instants as ISO 8601, durations in seconds."""
    data(json.dumps(value, indent=2, ensure_ascii=False, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else str(value)
