"""The child process as its parent sees it: started once, asked again and again, replaced when it falls."""

from __future__ import annotations

import atexit
import signal
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

from engine.confined.limits import LIMITS, MB
from engine.confined.process import LateError, Process, SilentError
from engine.confined.wire import dumped, loaded
from engine.errors import LifecycleError

START_SECONDS = 60
LONGEST_ANSWER = 64 * MB
_ENDINGS = {-signal.SIGPROF: "time", -signal.SIGXCPU: "time", -signal.SIGKILL: "memory"}
"""What an end by a signal means; by SIGKILL the machine ends whatever takes more memory than there is."""
Message = Mapping[str, Any]


class FellError(Exception):
    """The child fell over a question: `at` is the path it was at, `how` is `time`, `memory`, `output` or another."""

    def __init__(self, at: str, how: str) -> None:
        super().__init__(f"{at}: {how}")
        self.at = at
        self.how = how


class Worker:
    """Answers one question at a time; threads wait for each other."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._process: Process | None = None
        self._greeted = False

    def start(self) -> None:
        """Start the process where there is none, without waiting until it is ready."""
        with self._lock:
            self._process = self._process or Process()

    def ask(self, question: Message) -> Message:
        """Return the answer to a question.

        Raises FellError where the question made the process fall; the next one goes to a new process. Raises
        LifecycleError where none can be started.
        """
        with self._lock:
            line = dumped(question)
            try:
                self._ready().write(line)
            except SilentError:  # it ended while nobody asked
                self.stop()
                self._ready().write(line)
            return self._answer()

    def stop(self) -> int:
        """End the process where there is one, and return how it ended."""
        with self._lock:
            process, self._process, self._greeted = self._process, None, False
            return process.end() if process else 0

    def _ready(self) -> Process:
        self.start()
        assert self._process is not None
        if not self._greeted:
            try:
                self._process.line(seconds=START_SECONDS, longest=LONGEST_ANSWER)
            except SilentError:
                how = _words(self.stop())
                raise LifecycleError(f"the process that compiles templates did not start ({how})") from None
            self._greeted = True
        return self._process

    def _answer(self) -> Message:
        at = ""
        assert self._process is not None
        while True:
            try:
                message = loaded(self._process.line(seconds=LIMITS.patience, longest=LONGEST_ANSWER))
            except LateError:
                self.stop()
                raise FellError(at, "time") from None
            except (SilentError, ValueError, TypeError):
                raise FellError(at, _words(self.stop())) from None
            if "at" in message:
                at = str(message["at"])
            elif "fell" in message:
                if message["fell"] == "memory":
                    self.stop()
                raise FellError(at, str(message["fell"]))
            else:
                return message


def _words(code: int) -> str:
    if code in _ENDINGS:
        return _ENDINGS[code]
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


@cache
def worker() -> Worker:
    """Return the one of this process."""
    made = Worker()
    atexit.register(made.stop)
    return made
