"""Telling open pages that a file was saved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from watchfiles import Change, awatch

from engine.workspace.files import SUFFIXES
from engine.workspace.starter import FOLDERS

STEP_MS = 30
"""How long a burst of saving must be over before the files are read again."""


class Watch:
    """Reads the files again when they change, then tells everyone who listens."""

    def __init__(self, workspace: Path, reload: Callable[[], None]) -> None:
        self._folders = [workspace / name for name in FOLDERS if (workspace / name).is_dir()]
        self._reload = reload
        self._ended = asyncio.Event()
        self._listening: set[asyncio.Queue[bool]] = set()

    async def run(self) -> None:
        """Watch until the end."""
        if not self._folders:
            return
        async for _ in awatch(*self._folders, watch_filter=_ours, step=STEP_MS, debounce=200, stop_event=self._ended):
            await asyncio.to_thread(self._reload)
            self._tell(going_on=True)

    def end(self) -> None:
        """Stop watching, and let everyone who listens go."""
        self._ended.set()
        self._tell(going_on=False)

    def _tell(self, *, going_on: bool) -> None:
        for queue in self._listening:
            queue.put_nowait(going_on)

    async def events(self) -> AsyncIterator[str]:
        """Yield server-sent events: one at once, and one for each time the files were read again."""
        queue: asyncio.Queue[bool] = asyncio.Queue()
        self._listening.add(queue)
        try:
            yield "retry: 1000\nevent: listening\ndata:\n\n"
            while not self._ended.is_set() and await queue.get():
                yield "event: changed\ndata:\n\n"
        finally:
            self._listening.discard(queue)


def _ours(_change: Change, path: str) -> bool:
    return Path(path).suffix in SUFFIXES and not Path(path).name.startswith((".", "#"))
