"""What the two processes say to each other: a line of JSON each, days and instants marked as such.

Nothing is unpickled: the child may say what it likes and is never more than data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

_TIME, _DAY, _SIGN = "$time", "$day", "$"


def dumped(message: Mapping[str, Any]) -> bytes:
    """Return a message as one line."""
    return json.dumps(_plain(message)).encode() + b"\n"


def loaded(line: bytes) -> dict[str, Any]:
    """Return the message of a line. Raises ValueError for what is none."""
    message = json.loads(line, object_hook=_restored)
    if not isinstance(message, dict):
        raise TypeError("a message is a table")
    return message


def _plain(value: Any) -> Any:  # noqa: ANN401 (facts are of all types)
    if isinstance(value, Mapping):
        return {f"{_SIGN}{name}" if name.startswith(_SIGN) else name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return {_TIME: value.isoformat()}
    return {_DAY: value.isoformat()} if isinstance(value, date) else value


def _restored(table: dict[str, Any]) -> Any:  # noqa: ANN401 (as above)
    if table.keys() == {_TIME}:
        return datetime.fromisoformat(table[_TIME])
    if table.keys() == {_DAY}:
        return date.fromisoformat(table[_DAY])
    return {name.removeprefix(_SIGN): value for name, value in table.items()}
