"""How much a template may take, and how a process holds itself to it.

Linux keeps all of it. macOS keeps time and output; it has no limit of memory that holds.
"""

from __future__ import annotations

import os
import resource
import signal
from dataclasses import dataclass
from pathlib import Path

MB = 1024 * 1024
_SIZES = Path("/proc/self/statm")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one template may take: seconds of computing and by the clock, bytes of memory and of what it makes.

    By the clock it may take longer, since a busy machine is not the template's fault.
    """

    seconds: int = 2
    patience: int = 20
    memory: int = 256 * MB
    output: int = 1 * MB


LIMITS = Limits()


def confine() -> None:
    """Forbid this process for good to write files and to leave a core behind."""
    for what in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(what, (0, 0))


def begin(limits: Limits) -> None:
    """Grant this process the time and memory of one template from now on; it is killed where it takes more time."""
    signal.setitimer(signal.ITIMER_PROF, limits.seconds)
    if _SIZES.exists():
        held = int(_SIZES.read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (held + limits.memory, resource.RLIM_INFINITY))


def end() -> None:
    """Stop counting: what comes next is not a template's doing."""
    signal.setitimer(signal.ITIMER_PROF, 0)
