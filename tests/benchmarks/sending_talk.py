"""How a program of the benchmark answers: a line of JSON to each line of input."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping


def answering(act: Callable[[str], Mapping[str, object]]) -> None:
    """Say that all is ready, then answer each line of input until there is no more."""
    _say({"ready": True})
    for line in sys.stdin:
        before = time.process_time()
        answer = act(line.strip())
        _say({**answer, "processor": time.process_time() - before})


def _say(answer: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
