"""`lifecycle serve` as a process: it says where it is, answers, and ends well when it is told to."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from commands import Lifecycle

SERVE = (sys.executable, "-m", "engine.cli", "serve", "--port")


def test_it_serves_until_it_is_told_to_end(lifecycle: Lifecycle, starter: Path) -> None:
    """Its first lines say where; SIGTERM ends it with 0, and with a line that says so."""
    assert lifecycle("apply").code == 0
    with socket.create_server(("127.0.0.1", 0)) as free:
        health = free.getsockname()[1]
    command = [*SERVE, "0", "--health-port", str(health)]
    with subprocess.Popen(command, cwd=starter, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = (json.loads(line) for line in process.stderr)
        here = next(line["here"] for line in lines if line["event"] == "serving")
        connection = http.client.HTTPConnection(urlsplit(here).netloc, timeout=60)
        connection.request("GET", "/u/nobody")
        assert connection.getresponse().status == 404
        connection.close()
        monitoring = http.client.HTTPConnection("127.0.0.1", health, timeout=60)
        monitoring.request("GET", "/metrics")
        assert b"lifecycle_database_up 1.0" in monitoring.getresponse().read()
        monitoring.close()
        process.send_signal(signal.SIGTERM)
        assert [line["event"] for line in lines][-1] == "stopped"
        assert process.wait(timeout=60) == 0


def test_a_taken_port_is_one_sentence(lifecycle: Lifecycle, starter: Path) -> None:
    """It says what to do."""
    del starter
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = lifecycle("serve", "--port", str(port))
    assert (done.code, f"port {port} cannot be used" in done.err) == (2, True)


def test_a_host_of_another_machine_is_one_sentence(lifecycle: Lifecycle, starter: Path) -> None:
    """A name that means nothing here is said as such."""
    del starter
    done = lifecycle("serve", "--host", "nowhere.invalid", "--port", "0")
    assert (done.code, "nowhere.invalid is no address of this machine" in done.err) == (2, True)
