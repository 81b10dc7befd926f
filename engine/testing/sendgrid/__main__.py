"""SendGrid as a process of its own: `python -m engine.testing.sendgrid --journal FILE`; it prints its URL."""

from __future__ import annotations

import argparse
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

from engine.testing.journal import Journal
from engine.testing.own_process import milliseconds, serve
from engine.testing.sendgrid import Reply, SendGridServer, chaos
from engine.testing.sendgrid.limits import RateLimit
from engine.testing.sendgrid.replies import script

if TYPE_CHECKING:
    from engine.testing.sendgrid.emitter import Emitter


def main() -> None:
    """Listen until SIGTERM or Ctrl-C."""
    asked = _options()
    server = SendGridServer(
        api_key=asked.api_key,
        port=asked.port,
        replies=deque(script(asked.script) if asked.script else ()),
        otherwise=repeat(Reply()) if asked.chaos is None else chaos(asked.chaos),
        delay=asked.delay,
        limit=RateLimit(most=asked.limit) if asked.limit else None,
        tls_context=_context(asked.certificate) if asked.certificate else None,
        journal=Journal(asked.journal) if asked.journal else None,
        remembers=False,
    )
    if not asked.webhook:
        serve(server.listen, server.close, lambda: server.url)
        return
    from engine.testing.sendgrid.emitter import Emitter

    emitter = Emitter(url=asked.webhook, seed=asked.chaos or 0)
    server.listener = emitter.heard
    serve(partial(_both, server.listen, emitter), partial(_end, server, emitter), lambda: _told(server, emitter))


async def _both(listen: Callable[[], Awaitable[None]], emitter: Emitter) -> None:
    await listen()
    emitter.start()


async def _end(server: SendGridServer, emitter: Emitter) -> None:
    await server.close()
    await emitter.end()


def _told(server: SendGridServer, emitter: Emitter) -> str:
    """Return the URL, and on a line of its own the public key that settings of a webhook need."""
    return f"{server.url}\n{emitter.key.public}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="engine.testing.sendgrid", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--port", type=int, default=0, help="where to listen on 127.0.0.1; 0: any free port")
    parser.add_argument("--api-key", default="SG.test", help="the one key that is right")
    parser.add_argument("--journal", type=Path, help="file that gets a line for each mail taken, before its answer")
    parser.add_argument("--delay", type=milliseconds, default=0.0, help="before each answer, such as 30ms")
    parser.add_argument("--limit", type=int, default=0, help="requests a second; more get a 429")
    parser.add_argument("--webhook", help="URL that gets signed events; the public key is printed below ours")
    parser.add_argument("--certificate", type=Path, help="PEM file with a key and its certificate: speak TLS")
    answers = parser.add_mutually_exclusive_group()
    answers.add_argument("--script", type=Path, help="file of replies, one a line: 503, keeps reset, 429 resets-in=2")
    answers.add_argument("--chaos", type=int, help="seed of faults at random")
    return parser.parse_args()


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


if __name__ == "__main__":
    main()
