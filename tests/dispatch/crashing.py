"""A process that sends and is killed on the way: `crashing.py DATABASE_URL FOLDER WHERE`.

It writes mails into FOLDER and kills itself with SIGKILL the first time a run says that it is at WHERE.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from sending import a_clock, a_runtime

from engine import dispatch
from engine.db import connect
from engine.providers.files import FilesProvider


def main(url: str, folder: str, where: str) -> None:
    """Run once, and die where it was asked for."""

    def die(at: str) -> None:
        if at == where:
            os.kill(os.getpid(), signal.SIGKILL)

    provider = FilesProvider(folder=Path(folder))
    report = dispatch.run_once(connect(url), a_runtime(connections=2), provider, clock=a_clock(), signal=die)
    sys.stdout.write(f"{report.sent}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
