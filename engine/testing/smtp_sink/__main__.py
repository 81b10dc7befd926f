"""The SMTP sink as a process of its own: `python -m engine.testing.smtp_sink --journal FILE`; it prints its URL."""

from __future__ import annotations

import argparse
from collections import deque
from pathlib import Path

from engine.testing.journal import Journal
from engine.testing.own_process import milliseconds, serve
from engine.testing.smtp_sink import SmtpSink
from engine.testing.smtp_sink.faults import chaos, nothing, script


def main() -> None:
    """Listen until SIGTERM or Ctrl-C."""
    asked = _options()
    sink = SmtpSink(
        port=asked.port,
        faults=deque(script(asked.script) if asked.script else ()),
        otherwise=nothing if asked.chaos is None else chaos(asked.chaos),
        delay=asked.delay,
        journal=Journal(asked.journal) if asked.journal else None,
        remembers=False,
    )
    serve(sink.listen, sink.close, lambda: f"smtp://127.0.0.1:{sink.port}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="engine.testing.smtp_sink", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--port", type=int, default=0, help="where to listen on 127.0.0.1; 0: any free port")
    parser.add_argument("--journal", type=Path, help="file that gets a line for each mail taken, before its answer")
    parser.add_argument("--delay", type=milliseconds, default=0.0, help="before each answer to a mail, such as 30ms")
    answers = parser.add_mutually_exclusive_group()
    answers.add_argument("--script", type=Path, help="file of faults, one a line: rcpt 550 no, dot keeps drop")
    answers.add_argument("--chaos", type=int, help="seed of faults at random")
    return parser.parse_args()


if __name__ == "__main__":
    main()
