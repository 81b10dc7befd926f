"""No published payload of server-side template injection touches a file, a process or a socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from rendering.attacks import PAYLOADS

TESTS = Path(__file__).parents[1]
TEXT = {payload for payload in PAYLOADS if "{{" not in payload and "{%" not in payload} | {"{{ debug }}"}
"""What is written in the language of another program is text, and `debug` a name that `check` does not know."""


def test_no_payload_touches_anything() -> None:
    """A process with an audit hook compiles and renders them all: Python tells that nothing was opened or run."""
    path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    done = subprocess.run(
        [sys.executable, "-m", "rendering.attacks"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["touched"] == []
    assert len(PAYLOADS) > 50
    assert {payload for payload in found["sound"] if payload in PAYLOADS} == TEXT
