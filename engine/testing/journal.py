"""What a server of this machine took, in a file that other processes read: one line each, written before the answer."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path


class Journal:
    """Appends lines such as `accepted ID`; each is one write, so it outlives whoever is killed."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def note(self, what: str, send_id: str) -> None:
        """Write a line; a line break within an id cannot forge another."""
        os.write(self._file, f"{what} {' '.join(send_id.split())}\n".encode())

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def noted(path: Path, what: str = "accepted") -> Counter[str]:
    """Return how often each id was noted as `what`; nothing where there is no journal yet."""
    if not path.exists():
        return Counter()
    lines = path.read_text().splitlines()
    return Counter(line.removeprefix(f"{what} ") for line in lines if line.startswith(f"{what} "))
