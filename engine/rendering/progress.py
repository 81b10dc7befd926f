"""Saying which file is about to be worked on, so that whoever waits knows which one takes too long."""

from __future__ import annotations

from collections.abc import Callable

Begin = Callable[[str], None]
"""Is told the path of each file before it is worked on."""


def quietly(_path: str) -> None:
    """Tell nobody."""
