"""The export of a customer: everything there is, nothing of anybody else, always in the same order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sending import NOW, add_customer
from someone import ADDRESS, ALIAS, ID, NAME, OLD, PROPERTY, TRAIT, an_app, move_in
from sqlmodel import SQLModel

from engine.app import exporting
from engine.db import writing
from engine.errors import LifecycleError, UsageError
from engine.models import tables as t
from engine.privacy.holdings import EXEMPT, HOLDINGS


def export(database: sa.Engine, folder: Path, name: str = ID) -> dict[str, Any]:
    """Return an export, read as JSON."""
    pieces: list[str] = []
    exporting.export(an_app(database, folder), name, pieces.append)
    found: dict[str, Any] = json.loads("".join(pieces))
    return found


def test_every_table_is_exported_or_exempt_with_a_reason() -> None:
    """A table that is added tells what it holds of a customer, or why nothing."""
    held = {holding.table.name for holding in HOLDINGS}
    assert held | EXEMPT.keys() == set(SQLModel.metadata.tables)
    assert held.isdisjoint(EXEMPT)


def test_every_table_of_a_customer_is_in_the_export(database: sa.Engine, tmp_path: Path) -> None:
    """Of somebody of whom every table holds something, every section has rows, and the marks are all there."""
    move_in(database)
    said = export(database, tmp_path)
    empty = [holding.section for holding in HOLDINGS if not said[holding.section]]
    assert empty == []
    assert set(said["about"]) == {holding.section for holding in HOLDINGS}
    assert said["id"] == ID
    assert said["known_as"] == {"other_names": [ALIAS], "addresses": [OLD, ADDRESS]}
    assert said["customer"][0]["first_name"] == NAME
    assert said["traits"][0]["text"] == TRAIT
    assert said["events"][0]["properties"] == {"p": PROPERTY}
    assert sorted(mail["status"] for mail in said["messages"]) == ["queued", "sent"]
    assert "you did Signed Up" in said["contents"][0]["text"]


def test_an_export_is_the_same_by_any_name_and_at_any_time(database: sa.Engine, tmp_path: Path) -> None:
    """By id, another name or address, with rows in the order of their keys."""
    move_in(database)
    assert export(database, tmp_path) == export(database, tmp_path, ALIAS) == export(database, tmp_path, ADDRESS)


def test_nobody_else_is_in_an_export(database: sa.Engine, tmp_path: Path) -> None:
    """An address inside a longer one is another person's, and so is an id inside a word."""
    add_customer(database, "ana")
    add_customer(database, "joana")
    raw = {"event": "open", "email": "joana@example.com"}
    with writing(database) as connection:
        for number, payload in enumerate((raw, raw | {"email": "Ana@Example.com"})):
            row = {"event_id": f"p{number}", "provider": "sendgrid", "received_at": NOW, "payload": payload}
            connection.execute(sa.insert(t.provider_event).values(**row))
    said = export(database, tmp_path, "ana")
    assert [each["payload"]["email"] for each in said["provider_events"]] == ["Ana@Example.com"]
    assert "joana" not in json.dumps(said)


def test_an_export_goes_into_a_new_file_that_only_its_owner_reads(database: sa.Engine, tmp_path: Path) -> None:
    """A file that is there is not written over, and of one that fails nothing stays."""
    move_in(database)
    path = tmp_path / "zorro.json"
    assert exporting.export_to(an_app(database, tmp_path), ID, path) == ID
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="is there already"):
        exporting.export_to(an_app(database, tmp_path), ID, path)
    with pytest.raises(LifecycleError, match="no customer"):
        exporting.export_to(an_app(database, tmp_path), "nobody", tmp_path / "nobody.json")
    assert not (tmp_path / "nobody.json").exists()
