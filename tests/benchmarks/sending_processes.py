"""Programs of the benchmark that run in processes of their own and answer, a line of JSON to a line of input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

HERE = Path(__file__).parent
TESTS = HERE.parent


class Program:
    """One program: started when entered, told to end when left."""

    def __init__(self, name: str, *arguments: str, **environment: str) -> None:
        path = os.pathsep.join((str(TESTS.parent), str(TESTS)))
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / f"{name}.py"), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path, **environment},
        )
        self.ready: dict[str, Any] = self._answer()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let it end."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(30)

    def ask(self, what: str = "") -> dict[str, Any]:
        """Tell it to do something, and return what it says."""
        self.tell(what)
        return self._answer()

    def tell(self, what: str = "") -> None:
        """Tell it to do something; `answer` waits for it."""
        assert self._process.stdin
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended early")
        answer: dict[str, Any] = json.loads(line)
        return answer

    answer = _answer
