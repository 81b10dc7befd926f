"""What a pass over everybody holds: memory above that of an idle process, and SQLite's write lock.

It runs in a process of its own, so that nothing else is counted. Idle is a process that has evaluated a tick.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.cost_databases import behind, everybody, reset, tick

from engine.clock import monotonic
from engine.db import connect

KILOBYTES = 1024
STATUS = Path("/proc/self/status")


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """Megabytes of a process before and at the most, and how long each writing transaction took, in seconds."""

    idle: float
    most: float
    writing: list[float]

    @property
    def growth(self) -> float:
        """How many megabytes the pass took beside those of the idle process."""
        return self.most - self.idle


def footprint(engine: sa.Engine) -> Footprint:
    """Measure a pass over everybody in a new process."""
    url = engine.url.render_as_string(hide_password=False)
    told = subprocess.run([sys.executable, __file__, url], check=True, capture_output=True, text=True)
    return Footprint(**json.loads(told.stdout))


def _measured(url: str) -> Footprint:
    engine = connect(url)
    watermark, now = behind("a minute")
    reset(engine, watermark)
    tick(engine, now)
    idle = _resident()
    reset(engine, watermark)
    took = _timing(engine)
    everybody(engine, now)
    return Footprint(idle=idle, most=_resident(), writing=took)


def _resident() -> float:
    """Return the most megabytes that this process ever held; `getrusage` counts those of its parent, too."""
    if STATUS.exists():
        (most,) = re.findall(r"VmHWM:\s+(\d+) kB", STATUS.read_text())
        return int(most) / KILOBYTES
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES


def _timing(engine: sa.Engine) -> list[float]:
    """Return a list that fills with the seconds from each taking of the write lock to its return."""
    took: list[float] = []
    began: list[float] = []

    def begins(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("immediate", False):
            began.append(monotonic())

    def ends(*_: Any) -> None:  # noqa: ANN401 (SQLAlchemy's signature)
        if began:
            took.append(monotonic() - began.pop())

    sa.event.listen(engine, "begin", begins)
    sa.event.listen(engine, "checkin", ends)
    return took


if __name__ == "__main__":
    json.dump(asdict(_measured(sys.argv[1])), sys.stdout)
