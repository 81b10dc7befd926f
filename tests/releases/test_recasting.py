"""When a declaration changes, stored values are read as the new type: nothing is lost, nothing is sent by mistake."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from company import NOW, app
from releases.recast import DAY, ENDS, HOUR, MAILS, POINTS, applied, at, enrolled, hear, stored, tick

from engine.db import reading
from engine.facts import FactType
from engine.intake import Kind
from engine.models.tables import fact_change, trait
from engine.traits import recast, written
from engine.values import BadValue, Border

READ = [
    ("12.50", FactType.NUMBER, "12.5"),
    ("00012", FactType.NUMBER, "12"),
    ("N/A", FactType.NUMBER, None),
    ("1e400", FactType.NUMBER, None),
    ("yes", FactType.BOOLEAN, "true"),
    ("1", FactType.BOOLEAN, "true"),
    ("12", FactType.BOOLEAN, None),
    ("20260315", FactType.DATE, "2026-03-15"),
    ("2026-02-30", FactType.DATE, None),
    ("2026-03-15T23:00:00Z", FactType.DATE, "2026-03-16"),
    ("2026-03-15T22:59:00Z", FactType.DATE, None),
    ("2026-03-15 09:30", FactType.TIME, "2026-03-15T08:30:00Z"),
    ("2026-03-15", FactType.TIME, "2026-03-14T23:00:00Z"),
    ("1700000000", FactType.TIME, None),
    ("49.9", FactType.MONEY, "4990 minor"),
    ("49", FactType.MONEY, "4900 minor"),
    ("4900 minor", FactType.MONEY, "4900 minor"),
    ("4900 minor", FactType.NUMBER, None),
    ("4900 minor", FactType.TEXT, "4900 minor"),
    ("HTTPS://a.test", FactType.URL, "HTTPS://a.test"),
    ("a.test", FactType.URL, None),
]


@pytest.mark.parametrize(("text", "type_", "now"), READ)
def test_a_stored_text_is_read_as_a_type(text: str, type_: FactType, now: str | None) -> None:
    """As at the border, in the workspace's zone and the account's currency; what is no such value has only its text."""
    from engine.traits import read_again

    border = Border(zone="Europe/Stockholm", currency="EUR")
    made = recast(type_, text, border)
    assert made.text == text
    if now is None:
        assert made[1:] == (None, None, None, None)
        with pytest.raises(BadValue):
            read_again(type_, text, border)
    else:
        assert made[1:] != (None, None, None, None)
        assert written(type_, read_again(type_, text, border)) == now


def test_what_is_written_is_read_back_as_it_was() -> None:
    """An instant and a sum say in their text what they are, so that no detour by another type changes them."""
    for type_, value in ((FactType.TIME, 1_000_001), (FactType.TIME, -1), (FactType.MONEY, -4900)):
        text = written(type_, value)
        made = recast(type_, text, Border())
        assert value in {made.time, made.number}


def test_a_text_declared_a_number_is_one_and_what_is_none_is_missing(database: sa.Engine, tmp_path: Path) -> None:
    """Values get the columns of their new type, texts stay, and the report counts and names what cannot be read."""
    open_app = app(database, tmp_path, {**MAILS, "rules/points.yaml": POINTS.replace("below: 100", "is: 'a'")})
    applied(open_app, points="text")
    hear(open_app, Kind.CUSTOMERS, *({"id": f"c{n}", "points": text} for n, text in enumerate(["12.50", "N/A", "-3"])))
    (tmp_path / "rules/points.yaml").write_text(POINTS)
    done = applied(open_app, points="number")
    assert stored(database, "points") == {
        "c0": ("12.50", None, 12.5, None, None),
        "c1": ("N/A", None, None, None, None),
        "c2": ("-3", None, -3.0, None, None),
    }
    (told,) = done.recast
    assert (told.path, told.values, told.moved, told.unreadable, told.whose) == ("customer.points", 3, 3, 1, ["c1"])


def test_no_text_is_lost_by_a_declaration(database: sa.Engine, tmp_path: Path) -> None:
    """A wrong type that is taken back, or a declaration that is dropped, leaves values as they were."""
    open_app = app(database, tmp_path, MAILS)
    applied(open_app)
    hear(open_app, Kind.CUSTOMERS, {"id": "ana", "zip": "00012", "joined": "2026-03-15"})
    before = {name: stored(database, name) for name in ("zip", "joined")}
    for types in ({"zip": "number", "joined": "time"}, {"zip": "boolean", "joined": "date"}, {"zip": "date"}, {}):
        applied(open_app, **types)
    assert {name: stored(database, name) for name in ("zip", "joined")} == before


def test_the_same_value_heard_again_is_no_change(database: sa.Engine, tmp_path: Path) -> None:
    """The nightly file says what it always said: no history, no stamp, though it would be written otherwise today."""
    open_app = app(database, tmp_path, MAILS)
    applied(open_app)
    rows = [
        {"id": "ana", "points": "12.50", "seen": "2026-03-15 09:30"},
        {"id": "bob", "points": "7.0", "updated_at": "2026-02-01"},
    ]
    hear(open_app, Kind.CUSTOMERS, *rows)
    applied(open_app, points="number", seen="time")
    with reading(database) as connection:
        before = connection.execute(sa.select(trait)).all(), connection.execute(sa.select(fact_change)).all()
    at(open_app, NOW + HOUR)
    hear(open_app, Kind.CUSTOMERS, *rows)
    with reading(database) as connection:
        after = connection.execute(sa.select(trait)).all(), connection.execute(sa.select(fact_change)).all()
    assert after == before


def test_old_dates_do_not_arrive_late_by_being_read_anew(database: sa.Engine, tmp_path: Path) -> None:
    """Texts that become dates make no moment of the past come: only what falls due from now on is judged."""
    open_app = app(database, tmp_path, MAILS)
    applied(open_app)
    days = {"past": -DAY, "today": timedelta(0), "next": DAY, "none": None}
    people = [
        {"id": name, "ends_on": "soon" if shift is None else f"{NOW + shift:%Y-%m-%d}"} for name, shift in days.items()
    ]
    hear(open_app, Kind.CUSTOMERS, *people)
    (tmp_path / "rules/ends.yaml").write_text(ENDS)
    applied(open_app, ends_on="date")
    for hours in range(1, 60):
        at(open_app, NOW + hours * HOUR)
        tick(open_app)
    days_due = [f"{NOW + shift:%Y-%m-%d}" for shift in (timedelta(0), DAY)]
    assert enrolled(database) == [
        ("next", f"{days_due[1]}/+0d"),
        ("next", f"{days_due[1]}/+1d"),
        ("today", f"{days_due[0]}/+1d"),
    ]
