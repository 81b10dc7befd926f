"""The stages of the live release, as a daemon wakes them or as they are run once."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from engine import dispatch, evaluate, feedback, outbox, providers, runtime
from engine.app.keeping import keep_up
from engine.app.opened import App
from engine.app.restored import witnessed
from engine.daemon import Stage
from engine.db import reading
from engine.errors import UsageError
from engine.evaluate import Limits
from engine.providers import Provider
from engine.releases import store
from engine.releases.declarations import settle
from engine.releases.store import Release
from engine.runtime import Runtime
from engine.settings import Settings

SOON = timedelta(seconds=5)
"""How often at least the outbox is looked at: what was enrolled leaves within seconds."""
SELDOM = timedelta(hours=1)
"""How often upkeep looks whether anything has been kept for long enough."""
STAGES = ("evaluate", "enqueue", "dispatch", "bounces", "feedback", "upkeep")


@dataclass(kw_only=True)
class Live:
    """The live release made ready to run, made anew when another one becomes live; safe between threads."""

    app: App
    _now: Runtime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def runtime(self) -> Runtime | None:
        """Return the live release; None while there is none.

        Raises ProblemsError where this version cannot read it, and UsageError where it reads it differently.
        """
        with self._lock:
            with reading(self.app.database) as connection:
                number = store.live_id(connection)
                if self._now is not None and self._now.release_id == number:
                    return self._now
                release = store.live(connection)
            if release is not None:
                self._now = _made(release, self.app.settings)
                gc.collect()  # a daemon looks seldom for garbage (`settle_in`), and a release is much of it
            return self._now


def _made(release: Release, settings: Settings) -> Runtime:
    made = runtime.build(release.files, release_id=release.id, settings=runtime.at_home(settings, release.time_zone))
    if {name: program.fingerprint for name, program in made.programs.items()} != release.fingerprints:
        raise UsageError(f"release {release.id} is of another version of the engine; run `lifecycle apply` to renew it")
    return made


@dataclass(frozen=True, kw_only=True)
class Works:
    """The stages over one database and one provider; `folder` is where bounces arrive, if anywhere."""

    app: App
    live: Live
    dispatcher: dispatch.Dispatcher
    folder: feedback.Bounces | None = None

    def evaluate(self) -> Mapping[str, object]:
        """Judge what became due; returns the figures of a log line."""
        running = self.live.runtime()
        if running is None:
            return {}
        recast = settle(self.app.database, clock=self.app.clock)
        limits = Limits(max_at_once=self.app.settings.max_at_once)
        report = evaluate.run_once(
            self.app.database, running.programs, release_id=running.release_id, now=self.app.clock.now(), limits=limits
        )
        figures = {name: sum(getattr(rule, name) for rule in report.rules) for name in _COUNTED}
        told: dict[str, object] = {name: count for name, count in figures.items() if count}
        told |= {"recast": sum(each.moved for each in recast)} if recast else {}
        return told | ({"held": [held.rule for held in report.held]} if report.held else {})

    def enqueue(self) -> Mapping[str, object]:
        """Put what was decided into the outbox."""
        running = self.live.runtime()
        return {} if running is None else outbox.enqueue(self.app.database, running, now=self.app.clock.now()).by_status

    def dispatch(self) -> Mapping[str, object]:
        """Send what is due."""
        running = self.live.runtime()
        return {} if running is None else self.dispatcher.run_once(running).figures

    def bounces(self) -> Mapping[str, object]:
        """Land mail that came back."""
        landed = self.folder.read(now=self.app.clock.now()) if self.folder else 0
        return {"landed": landed} if landed else {}

    def feedback(self) -> Mapping[str, object]:
        """Understand what providers told."""
        return feedback.run_once(self.app.database, now=self.app.clock.now(), settings=self.app.settings).figures

    def upkeep(self) -> Mapping[str, object]:
        """Let go of what was kept for long enough, and go on with erasures that were stopped."""
        return keep_up(self.app)

    def stages(self, only: str | None = None) -> tuple[Stage, ...]:
        """Return the stages, or one of them, with how often each is woken."""
        every = self.app.settings.tick_every
        soon = min(every, SOON)
        pace = {"enqueue": soon, "dispatch": soon, "feedback": soon, "upkeep": SELDOM}
        idle = set() if self.folder else {"bounces"}
        return tuple(
            Stage(name=name, run=getattr(self, name), every=pace.get(name, every))
            for name in STAGES
            if only in {None, name} and name not in idle
        )


_COUNTED = ("enrolled", "expired", "overtaken", "missed")


@contextmanager
def works(app: App, provider: Provider | None = None) -> Iterator[Works]:
    """Open the provider that settings name and close it afterwards, when what is in flight has ended.

    Raises SettingsError where the provider lacks a setting.
    """
    carrier = provider or providers.make(app.settings)
    folder = feedback.Bounces(app.database, app.settings.bounces) if app.settings.bounces else None
    with (
        witnessed(app) as witness,
        dispatch.Dispatcher(app.database, carrier, app.settings, clock=app.clock, witness=witness) as dispatcher,
    ):
        yield Works(app=app, live=Live(app=app), dispatcher=dispatcher, folder=folder)
