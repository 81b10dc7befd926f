"""When a declaration changes, stored values are read as the new type: nothing is lost, nothing is sent by mistake."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from company import FILES, NOW, SHARED, app

from engine import evaluate, outbox, runtime
from engine.app import App
from engine.app.dry_run import Wanted, dry_run
from engine.app.explain import explained
from engine.app.imports import declared_traits, edited_traits, import_rows
from engine.app.planning import plan
from engine.app.release import Done, make_release
from engine.app.sources import source
from engine.clock import SetClock
from engine.db import reading
from engine.evaluate import Did, Limits
from engine.facts import FactType
from engine.intake import ImportOptions, Kind, recasting
from engine.models.tables import enrollment, fact_change, message, rule_state, trait
from engine.outbox.due import first
from engine.outbox.leases import Share
from engine.releases import store
from engine.releases.declarations import settle
from engine.traits import recast, written
from engine.values import BadValue, Border

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


@pytest.fixture
def under_way(database: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    """A rule whose fact becomes a number, people with a hundred points and one with less; the pass was cut off."""
    open_app = app(
        database, tmp_path, {**MAILS, "rules/welcome.yaml": "topic: tips\nwhen: {event: Bought}\nsend: hello\n"}
    )
    applied(open_app)
    points = ["100", "5", "200", "300", "400", "7", "500", "N/A"]
    hear(
        open_app, Kind.CUSTOMERS, *({"id": f"c{n}", "email": f"c{n}@x.test", "points": p} for n, p in enumerate(points))
    )
    (tmp_path / "rules/points.yaml").write_text(POINTS)
    cut_off(open_app, monkeypatch, 3, points="number")
    at(open_app, NOW + timedelta(minutes=1))
    hear(
        open_app,
        Kind.EVENTS,
        *({"customer_id": f"c{n}", "name": "Bought", "at": open_app.clock.now().isoformat()} for n in range(8)),
    )
    return open_app


def test_rules_that_read_the_fact_wait_and_others_go_on(under_way: App) -> None:
    """Between apply and the end of the pass no rule is judged by values of which only some can be compared."""
    at(under_way, NOW + HOUR)
    assert tick(under_way) == {"points": Did.RECASTING, "welcome": Did.TICK}
    assert {occurrence.rpartition("/")[2] for _, occurrence in enrolled(under_way.database)} == {"+0d"}


def test_explain_says_that_a_rule_waits(under_way: App) -> None:
    """Until the values are read; of a time in the past nobody knows whether it did."""
    waits = "waits for values to be read as their new type; `lifecycle run` or `lifecycle apply` goes on with that"
    assert explained(under_way, "points", "c0").explanation.standing == waits
    assert explained(under_way, "points", "c0", at=NOW).explanation.standing == ""
    assert explained(under_way, "welcome", "c0").explanation.standing == ""
    settle(under_way.database, clock=under_way.clock)
    assert explained(under_way, "points", "c0").explanation.standing == ""


def test_a_simulation_finishes_the_pass_for_itself(under_way: App, database: sa.Engine) -> None:
    """Rules that wait in life run in it, whether files or the live release are asked; in life nothing has moved."""
    before = stored(database, "points")
    start = under_way.clock.now()
    for live in (False, True):
        wanted = Wanted(start=start, until=start + 2 * HOUR, rules=frozenset({"points"}))
        run = dry_run(under_way, source(under_way, live=live), wanted)
        assert sorted(mail.customer_id for mail in run.mails) == ["c0", "c2", "c3", "c4", "c6", "c7"]
    assert stored(database, "points") == before


def test_a_pass_that_was_cut_off_is_finished_and_nothing_is_missed(under_way: App, database: sa.Engine) -> None:
    """The daemon, or applying the same files again, reads the rest; what fell due meanwhile is judged then."""
    at(under_way, NOW + 2 * HOUR)
    tick(under_way)
    done = make_release(under_way)
    assert done.applied is not None
    assert not done.applied.new
    assert [each.moved for each in done.recast] == [5]
    assert settle(database, clock=under_way.clock) == ()
    assert tick(under_way)["points"] is Did.TICK
    assert [who for who, occurrence in enrolled(database) if occurrence.endswith("+1h")] == [
        "c0",
        "c2",
        "c3",
        "c4",
        "c6",
        "c7",
    ]
    with reading(database) as connection:
        assert not any(connection.execute(sa.select(rule_state.c.recasting)).scalars())
        assert not store.recasting(connection)


def test_messages_of_waiting_rules_wait(database: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their conditions cannot be asked again yet, so they are neither cancelled nor sent."""
    open_app = app(database, tmp_path, {**MAILS, "rules/points.yaml": POINTS})
    applied(open_app, points="number")
    hear(open_app, Kind.CUSTOMERS, {"id": "ana", "email": "ana@x.test", "points": "100"})
    hear(open_app, Kind.EVENTS, {"customer_id": "ana", "name": "Bought", "at": NOW.isoformat()})
    at(open_app, NOW + HOUR)
    tick(open_app)
    (tmp_path / "rules/points.yaml").write_text(POINTS.replace("100", "99.50"))
    cut_off(open_app, monkeypatch, 1, points="money")
    with reading(database) as connection:
        live = store.live(connection)
    assert live is not None
    running = runtime.build(live.files, release_id=live.id, settings=open_app.settings)
    outbox.enqueue(database, running, now=open_app.clock.now())
    with reading(database) as connection:
        assert connection.execute(sa.select(message.c.status)).scalars().all() == ["queued"]
        assert first(connection, running, Share(), now=NOW + 2 * HOUR, limit=9) == ()
    settle(database, clock=open_app.clock)
    with reading(database) as connection:
        assert len(first(connection, running, Share(), now=NOW + 2 * HOUR, limit=9)) == 1


def test_a_newer_release_takes_over(under_way: App, database: sa.Engine) -> None:
    """Values are read as the newest declaration has them, whoever was still reading them as an older one."""
    make_type = declared(points="text")["rules/traits.yaml"]
    workspace = under_way.settings.workspace
    (workspace / "rules/traits.yaml").write_text(make_type)
    (workspace / "rules/points.yaml").write_text(POINTS.replace("{below: 100}", "a"))
    make_release(under_way)
    assert stored(database, "points")["c0"] == ("100", "100", None, None, None)
    assert stored(database, "points")["c7"] == ("N/A", "n/a", None, None, None)
    with pytest.raises(recasting.SupersededError):
        recasting.recast_all(
            database, {"customer.points": FactType.NUMBER}, release_id=2, zone="UTC", clock=under_way.clock
        )
    assert stored(database, "points")["c0"] == ("100", "100", None, None, None)


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
