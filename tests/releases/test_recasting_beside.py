"""Imports, plans and the past while declarations change."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from company import NOW, app
from releases.recast import DAY, ENDS, HOUR, MAILS, POINTS, applied, at, declared, hear, stored

from engine.app.dry_run import Wanted, dry_run
from engine.app.explain import explained
from engine.app.imports import declared_traits, edited_traits, import_rows
from engine.app.planning import plan
from engine.app.release import make_release
from engine.app.sources import source
from engine.db import reading
from engine.facts import FactType
from engine.intake import ImportOptions, Kind, recasting
from engine.models.tables import trait


def test_an_import_that_met_a_new_release_is_brought_into_step(database: sa.Engine, tmp_path: Path) -> None:
    """It began with the types of the release before, so what it stored is read as those of the new one."""
    open_app = app(database, tmp_path, MAILS)
    applied(open_app)

    def apply_meanwhile(_step: object) -> None:
        if not (tmp_path / "rules/traits.yaml").read_text():
            applied(open_app, points="number")

    rows = "\n".join(json.dumps({"id": f"c{n}", "points": "5"}) for n in range(3))
    options = ImportOptions(traits=declared_traits(open_app))
    import_rows(open_app, Kind.CUSTOMERS, io.BytesIO(rows.encode()), options=options, progress=apply_meanwhile)
    assert set(stored(database, "points").values()) == {("5", None, 5.0, None, None)}


def test_imports_store_what_the_live_release_declares(database: sa.Engine, tmp_path: Path) -> None:
    """An edited type counts from apply on, one that only the files declare at once: the rules that run stay right."""
    open_app = app(database, tmp_path, MAILS)
    applied(open_app, points="number")
    (tmp_path / "rules/traits.yaml").write_text(declared(points="text", level="number")["rules/traits.yaml"])
    hear(open_app, Kind.CUSTOMERS, {"id": "ana", "points": "5", "level": "6"})
    assert stored(database, "points") == {"ana": ("5", None, 5.0, None, None)}
    assert stored(database, "level") == {"ana": ("6", None, 6.0, None, None)}
    assert [trait.fact.path for trait in edited_traits(open_app)] == ["customer.points"]


def test_the_past_is_read_as_the_rules_of_today_read_it(database: sa.Engine, tmp_path: Path) -> None:
    """`explain --at` a time before the declaration: a value that is none counts as missing then, too."""
    open_app = app(database, tmp_path, MAILS)
    applied(open_app)
    hear(open_app, Kind.CUSTOMERS, {"id": "ana", "email": "ana@x.test", "points": "N/A"})
    at(open_app, NOW + DAY)
    hear(open_app, Kind.CUSTOMERS, {"id": "ana", "points": "50"})
    at(open_app, NOW + 2 * DAY)
    (tmp_path / "rules/points.yaml").write_text(POINTS)
    applied(open_app, points="number")
    at(open_app, NOW + 3 * DAY)
    seen = {
        days: explained(open_app, "points", "ana", at=NOW + days * DAY + HOUR).explanation.clauses[0]
        for days in (0, 1, 2)
    }
    assert [(clause.holds, clause.parts[0].value) for clause in seen.values()] == [
        (True, "N/A (no number, so it counts as missing)"),
        (False, "50"),
        (False, "50"),
    ]


def test_plan_says_what_a_declaration_does_and_changes_nothing(database: sa.Engine, tmp_path: Path) -> None:
    """How many values, how many cannot be read and whose; the simulation already compares them as the new type."""
    open_app = app(database, tmp_path, MAILS)
    applied(open_app)
    people = [
        {"id": name, "email": f"{name}@x.test", "ends_on": day} for name, day in (("ana", "2026-03-04"), ("bob", "-"))
    ]
    hear(open_app, Kind.CUSTOMERS, *people)
    (tmp_path / "rules/ends.yaml").write_text(ENDS)
    (tmp_path / "rules/traits.yaml").write_text(declared(ends_on="date")["rules/traits.yaml"])
    before = stored(database, "ends_on")
    found = plan(open_app, source(open_app), source(open_app, live=True), start=NOW, until=NOW + 7 * DAY)
    (told,) = found.recasts
    assert (told.path, told.type, told.values, told.unreadable, told.whose) == (
        "customer.ends_on", FactType.DATE, 2, 1, ["bob"],
    )  # fmt: skip
    assert [len(rule.starts) for rule in found.rules] == [2]
    run = dry_run(open_app, source(open_app), Wanted(start=NOW, until=NOW + 7 * DAY))
    assert len(run.mails) == 2
    assert stored(database, "ends_on") == before


def test_no_transaction_writes_more_than_a_few_rows(
    database: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that SQLite's write lock is held for some milliseconds, however many values there are."""
    open_app = app(database, tmp_path, MAILS)
    applied(open_app)
    hear(open_app, Kind.CUSTOMERS, *({"id": f"c{n}", "points": str(n)} for n in range(50)))
    monkeypatch.setattr(recasting, "WRITE_AT_ONCE", 8)
    stamps: list[int] = []

    def later(_done: int, _total: int) -> None:
        at(open_app, open_app.clock.now() + HOUR)

    monkeypatch.setattr(recasting, "READ_AT_ONCE", 8)
    (tmp_path / "rules/traits.yaml").write_text(declared(points="number")["rules/traits.yaml"])
    make_release(open_app, progress=later)
    with reading(database) as connection:
        counted = sa.select(sa.func.count()).where(trait.c.name == "points").group_by(trait.c.changed_at)
        stamps += connection.execute(counted).scalars()
    assert sorted(stamps) == [2, 8, 8, 8, 8, 8, 8]
