"""`lifecycle run --only dispatch` many times over, against a SendGrid and an SMTP server in processes of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
from faults.people import HOLD, RESEND, queue
from faults.places import Kind, Place
from faults.processes import lifecycle, send, start, wait
from sending import FILES

from engine.app import opened
from engine.app.release import make_release
from engine.app.running import Live
from engine.clock import SystemClock
from engine.db import reading
from engine.models.tables import message
from engine.testing.journal import noted
from engine.testing.own_process import running as running_server
from engine.workspace import load_settings

CONNECTIONS = 8
MARKETING = "rules/tip.yaml"
"""The company's rule that needs a page for unsubscribing, which no worker here serves."""


@dataclass(kw_only=True)
class Crowd:
    """A workspace with a live release, its other ends, and any number of workers that send from it."""

    folder: Path
    engine: sa.Engine
    settings: Sequence[Mapping[str, str]]
    journals: Sequence[Path]
    workers: list[BaseProcess] = field(default_factory=list)

    def hire(self, place: int | None = None) -> BaseProcess:
        """Start a worker, by turns over SendGrid and SMTP; in the place of another where one is named."""
        number = len(self.workers) if place is None else place
        worker = self.run("run", "--only", "dispatch", number=number)
        if place is None:
            self.workers.append(worker)
        else:
            self.workers[place] = worker
        return worker

    def run(self, *arguments: str, number: int = 0) -> BaseProcess:
        """Run a command in the workspace, by turns over SendGrid and SMTP."""
        environment = _environment(self.settings[number % len(self.settings)])
        command = (*arguments, "--workspace", str(self.folder))
        return start(lifecycle, command, environment, self.folder / f"worker-{number}.log")

    def now(self) -> datetime:
        """Return the present instant, by which the workers go."""
        return SystemClock().now()

    def hurry(self, *, hours: Sequence[int]) -> None:
        """End all workers at once, and let one go on whose clock is some hours ahead."""
        self.end()
        later = tuple(self.now() + timedelta(hours=each) for each in hours)
        url = self.engine.url.render_as_string(hide_password=False)
        if wait(start(send, url, self.settings[0], later)) != 0:
            raise RuntimeError("who went on hours later did not end well")

    def end(self) -> None:
        """Kill all workers."""
        for worker in self.workers:
            worker.kill()
            worker.join()
        self.workers.clear()

    def accepted(self) -> Counter[str]:
        """Return how often each message was accepted, by either."""
        return sum((noted(journal) for journal in self.journals), Counter[str]())

    def taken(self) -> int:
        """Return how many mails were accepted, by the journals' sizes: every line is as long as the others."""
        return sum(journal.stat().st_size // LINE for journal in self.journals if journal.exists())

    def waiting(self) -> int:
        """Return how many messages have not ended."""
        chosen = sa.select(sa.func.count()).where(message.c.status.in_(["queued", "sending"]))
        with reading(self.engine) as connection:
            return connection.scalars(chosen).one()


LINE = len("accepted ") + 36 + 1
"""Bytes of a line of a journal: its word, a UUID, and the end of the line."""


@contextmanager
def crowd(place: Place, kind: Kind, *, messages: int, delay: str = "0ms") -> Iterator[Crowd]:
    """Make a workspace with so many messages due, half of them held in doubt and half sent again."""
    folder = place.below()
    journals = [folder / f"{name}.journal" for name in ("sendgrid", "smtp")]
    servers = ("engine.testing.sendgrid", "engine.testing.smtp_sink")
    sendgrid, smtp = (
        running_server(module, "--journal", str(journal), "--delay", delay)
        for module, journal in zip(servers, journals, strict=True)
    )
    with place.database(kind, folder) as url, sendgrid as web, smtp as mail:
        settings = [{**_shared(url), **each} for each in (_over_sendgrid(web), _over_smtp(mail))]
        _write(folder)
        with opened(load_settings(folder, environment=_environment(settings[0]))) as app:
            make_release(app)
            running = Live(app=app).runtime()
            assert running is not None
            queue(app.database, running, messages, now=SystemClock().now(), rules=(HOLD, RESEND))
            made = Crowd(folder=folder, engine=app.database, settings=settings, journals=journals)
            try:
                yield made
            finally:
                made.end()


def _write(folder: Path) -> None:
    for name, text in FILES.items():
        if name != MARKETING:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("tips: marketing\n", ""))
    (folder / "lifecycle.yaml").write_text("{}\n")


def _environment(settings: Mapping[str, str]) -> Mapping[str, str]:
    """Return settings as variables, and a name by which PostgreSQL tells workers from this process."""
    return {f"LIFECYCLE_{name.upper()}": value for name, value in settings.items()} | {"PGAPPNAME": "worker"}


def _shared(url: str) -> Mapping[str, str]:
    return {"database_url": url, "secret": "test", "rate": "1000", "connections": str(CONNECTIONS)}


def _over_sendgrid(url: str) -> Mapping[str, str]:
    return {"provider": "sendgrid", "sendgrid_url": url, "sendgrid_api_key": "SG.test"}


def _over_smtp(url: str) -> Mapping[str, str]:
    return {"provider": "smtp", "smtp_host": "127.0.0.1", "smtp_port": str(urlsplit(url).port), "smtp_tls": "none"}
