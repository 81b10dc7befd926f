"""One child process and the lines it says."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
from typing import IO

from engine.clock import monotonic

_AT_ONCE = 65536


class SilentError(Exception):
    """No line comes any more: the process has ended, or says too much."""


class LateError(SilentError):
    """No line came in time."""


class Process:
    """A child process that is running; it has none of our secrets and does not see the workspace."""

    def __init__(self) -> None:
        environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "engine.confined.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment,
            start_new_session=True,  # Ctrl-C is for us; it ends when its input does
        )
        self._read = b""

    @property
    def id(self) -> int:
        """Its number among the machine's processes."""
        return self._process.pid

    def write(self, line: bytes) -> None:
        """Hand over a line. Raises SilentError where nobody reads it."""
        try:
            self._stdin.write(line)
            self._stdin.flush()
        except OSError as error:
            raise SilentError from error

    def line(self, *, seconds: float, longest: int) -> bytes:
        """Return the next line it says, of at most so many bytes. Raises LateError, SilentError where none comes."""
        until = monotonic() + seconds
        while b"\n" not in self._read:
            ready, _, _ = select.select([self._stdout], [], [], max(until - monotonic(), 0))
            if not ready:
                raise LateError
            some = os.read(self._stdout.fileno(), _AT_ONCE)
            if not some or len(self._read) > longest:
                raise SilentError
            self._read += some
        line, _, self._read = self._read.partition(b"\n")
        return line

    def end(self) -> int:
        """End it, if it has not ended by itself, and return how it ended: an exit code, or a signal below zero."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._closed(self._process.wait(timeout=0 if self._process.poll() is None else None))
        self._process.kill()
        return self._closed(self._process.wait())

    def _closed(self, code: int) -> int:
        for pipe in (self._stdin, self._stdout):
            with contextlib.suppress(OSError):
                pipe.close()
        return code

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout
