"""Declarations that change, for tests of reading values anew."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from company import FILES, SHARED

from engine import evaluate, runtime
from engine.app import App
from engine.app.imports import declared_traits, import_rows
from engine.app.release import Done, make_release
from engine.clock import SetClock
from engine.db import reading
from engine.evaluate import Did, Limits
from engine.intake import ImportOptions, Kind, recasting
from engine.models.tables import enrollment, trait
from engine.releases import store

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BASE = {path: FILES[path] for path in SHARED}
MAIL = "---\nsubject: Hello\n---\nHi {{ customer.first_name | default('there') }}.\n"
MAILS = {**BASE, "templates/hello.md": MAIL}
ENDS = "topic: tips\nwhen: {date: customer.ends_on}\nsend: {on the day: hello, after 1 day: hello}\n"
POINTS = (
    "topic: tips\nwhen: {event: Bought}\nsend: {after 1 hour: hello}\nif:\n  - none: [customer.points: {below: 100}]\n"
)


def declared(**types: str) -> Mapping[str, str]:
    """traits.yaml that declares facts of customers."""
    lines = "".join(f"  {name}: {type_}\n" for name, type_ in types.items())
    return {"rules/traits.yaml": f"customer:\n{lines}" if types else ""}


def hear(open_app: App, kind: Kind, *rows: dict[str, Any]) -> None:
    """Take in rows with the traits that count now."""
    text = io.BytesIO("\n".join(map(json.dumps, rows)).encode())
    import_rows(open_app, kind, text, options=ImportOptions(traits=declared_traits(open_app)))


def stored(engine: sa.Engine, name: str) -> dict[str, tuple[Any, ...]]:
    """What is stored of a trait, by customer: text, key, number, time and day."""
    columns = (trait.c.subject_id, trait.c.text, trait.c.key, trait.c.number, trait.c.time, trait.c.day)
    with reading(engine) as connection:
        rows = connection.execute(sa.select(*columns).where(trait.c.name == name))
        return {row[0]: tuple(row[1:]) for row in rows}


def applied(open_app: App, **types: str) -> Done:
    """Declare facts of customers and apply."""
    (open_app.settings.workspace / "rules/traits.yaml").write_text(declared(**types)["rules/traits.yaml"])
    return make_release(open_app)


def at(open_app: App, when: datetime) -> None:
    """Set the clock."""
    assert isinstance(open_app.clock, SetClock)
    open_app.clock.at = when


def tick(open_app: App) -> dict[str, Did]:
    """Evaluate the live release."""
    with reading(open_app.database) as connection:
        live = store.live(connection)
    assert live is not None
    programs = runtime.build_programs(live.files, settings=open_app.settings)
    limits = Limits(max_at_once=10_000, net=False)
    report = evaluate.run_once(open_app.database, programs, release_id=live.id, now=open_app.clock.now(), limits=limits)
    return {rule.rule: rule.did for rule in report.rules}


def enrolled(engine: sa.Engine) -> list[tuple[str, str]]:
    """Who was enrolled for what."""
    chosen = sa.select(enrollment.c.subject_id, enrollment.c.occurrence).where(enrollment.c.state == "enrolled")
    with reading(engine) as connection:
        return sorted((row[0], row[1]) for row in connection.execute(chosen))


class Stopped(Exception):  # noqa: N818 (what a kill is)
    """The process ends here."""


def cut_off(open_app: App, monkeypatch: pytest.MonkeyPatch, after: int, **types: str) -> None:
    """Apply, and stop after so many batches of values."""

    def stop(done: int, _total: int) -> None:
        if done >= after:
            raise Stopped

    monkeypatch.setattr(recasting, "READ_AT_ONCE", 3)
    monkeypatch.setattr(recasting, "WRITE_AT_ONCE", 2)
    (open_app.settings.workspace / "rules/traits.yaml").write_text(declared(**types)["rules/traits.yaml"])
    with pytest.raises(Stopped):
        make_release(open_app, progress=stop)
