"""A local SendGrid that `lifecycle demo` can send through, and what arrived there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from engine.cli import output
from engine.testing.sendgrid import SendGridServer

ARRIVED = "sendgrid.jsonl"
KEY = "SG.of-the-demo"
SHOWN = 5


@contextmanager
def local_sendgrid() -> Iterator[SendGridServer]:
    """Run a SendGrid on this machine for a while."""
    with SendGridServer(api_key=KEY) as server:
        yield server


def settings(server: SendGridServer) -> Mapping[str, object]:
    """Return the settings by which mail goes there, as quickly as it can."""
    return {
        "provider": "sendgrid",
        "sendgrid_url": server.url,
        "sendgrid_api_key": SecretStr(KEY),
        "rate": 1000.0,
    }


def show(server: SendGridServer, folder: Path) -> None:
    """Print what arrived, and write each request into a file."""
    lines = [json.dumps(body, ensure_ascii=False) for body in server.accepted]
    (folder / ARRIVED).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    wrong = f"{len(server.faults)} faults: {server.faults[0]}" if server.faults else "nothing wrong with any"
    output.line(f"   took {output.plural(len(server.accepted), 'mail')}, and found {wrong}; the last of them:")
    output.out().print()
    last = [(body["personalizations"][0]["to"][0]["email"], body["subject"]) for body in server.accepted[-SHOWN:]]
    output.table(("to", "subject"), last)
    output.out().print()
    output.line(f"   {folder / ARRIVED} has every request as it came, with its headers and custom arguments")
