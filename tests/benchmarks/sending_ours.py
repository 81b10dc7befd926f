"""One worker of ours, kept open as the daemon keeps it: each line of input is a run over all that is due."""

from __future__ import annotations

import re
import ssl
import sys
from pathlib import Path

import sqlalchemy as sa
from benchmarks.sending_company import MAILS, NOW, runtime
from benchmarks.sending_talk import answering
from jinja2 import Environment

from engine.clock import SetClock, monotonic
from engine.daemon import settle_in
from engine.db import connect
from engine.dispatch import Dispatcher
from engine.providers import Provider
from engine.providers.sendgrid import SendGridProvider
from engine.providers.smtp import SmtpProvider


def provider(kind: str, port: int, connections: int, certificate: str) -> Provider:
    """Return a provider that sends to a sink."""
    if kind == "smtp":
        return SmtpProvider(host="127.0.0.1", port=port, tls="none")
    trusts = ssl.create_default_context(cafile=certificate)
    url = f"https://localhost:{port}"
    return SendGridProvider(api_key="SG.bench", base_url=url, connections=connections, tls_context=trusts)


class Counts:
    """What a worker does that costs: statements, rows of statements for many, and templates compiled."""

    def __init__(self, engine: sa.Engine) -> None:
        self.statements = self.rows = self.compiled = self.connections = 0
        sa.event.listen(engine, "connect", self._connected)
        sa.event.listen(engine, "before_cursor_execute", self._executed)
        compiles = Environment.compile

        def counted(*args: object, **kwargs: object) -> object:
            self.compiled += 1
            return compiles(*args, **kwargs)  # type: ignore[call-overload]

        Environment.compile = counted  # type: ignore[assignment, method-assign]

    def _connected(self, *_: object) -> None:
        self.connections += 1

    def _executed(self, _c: object, _cursor: object, _sql: str, given: object, _context: object, many: object) -> None:
        self.statements += 1
        self.rows += len(given) if many and isinstance(given, list) else 1

    def told(self) -> dict[str, int]:
        """Return what was counted, and begin anew."""
        said = {"statements": self.statements, "rows": self.rows, "compiled": self.compiled}
        said["to_database"] = self.connections
        self.statements = self.rows = self.compiled = 0
        return said


def _megabytes() -> int:
    """Return how much memory this program had at most; `getrusage` would begin with what its parent had."""
    (most,) = re.findall(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return int(most) // 1024


def main(url: str, mails: str, *way: str, most: int = 0) -> None:
    """Answer each line of input with the seconds and the figures of a run, which ends for good after so many mails."""
    kind, port, connections, certificate = way[0], int(way[1]), int(way[2]), way[3]
    (known,) = (each for each in MAILS if each == mails)
    running, engine = runtime(known, connections), connect(url)
    counts = Counts(engine)
    carrier = provider(kind, port, connections, certificate)
    answered = 0
    settle_in()

    def enough(where: str) -> None:
        nonlocal answered
        answered += where == "answered"
        if where == "answered" and answered == most:
            dispatcher.stop()

    with Dispatcher(engine, carrier, running.settings, clock=SetClock(NOW), signal=enough) as dispatcher:

        def run(_line: str) -> dict[str, object]:
            counts.told()
            began = monotonic()
            report = dispatcher.run_once(running)
            seconds = monotonic() - began
            return {
                "seconds": seconds,
                "moved": report.moved,
                "problem": report.problem,
                "memory": _megabytes(),
                **counts.told(),
            }

        answering(run)


if __name__ == "__main__":
    main(*sys.argv[1:7], most=int(sys.argv[7]) if sys.argv[7:] else 0)
