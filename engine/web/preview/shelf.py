"""Mails that were shown a moment ago: frames fetch them from here, and a broken file is shown as it last was."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from hashlib import sha256
from typing import Generic, TypeVar

from engine.app.preview import Preview

MOST = 200
Value = TypeVar("Value")


class Lately(Generic[Value]):
    """The values that were put last, by key."""

    def __init__(self, most: int = MOST) -> None:
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._most = most

    def put(self, key: Hashable, value: Value) -> None:
        """Keep a value, and drop what was put before all others where there are too many."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)

    def get(self, key: Hashable) -> Value | None:
        """Return a value that is still kept."""
        with self._lock:
            return self._values.get(key)


def name_of(preview: Preview) -> str:
    """Return the name under which a preview's frames find it: another mail has another."""
    return sha256(preview.content.html.encode()).hexdigest()[:24]
