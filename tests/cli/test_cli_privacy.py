"""`customer export`, `customer erase` and `upkeep` as an operator calls them."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Lifecycle

PEOPLE = "id,email,first_name\nana,ana@example.com,Ana\nbob,bob@example.com,Bob\n"


@pytest.fixture
def people(lifecycle: Lifecycle, workspace: Path) -> Path:
    """A file of two customers, imported."""
    path = workspace / "people.csv"
    path.write_text(PEOPLE)
    lifecycle.ok("import", "customers", str(path))
    return path


@pytest.mark.usefixtures("people")
def test_an_export_is_data_and_an_erasure_needs_a_yes(lifecycle: Lifecycle) -> None:
    """Nobody is erased unasked; the dry run shows what there is, and erasing leaves the others."""
    exported = lifecycle.ok("customer", "export", "ana@example.com").json
    assert exported["customer"][0]["first_name"] == "Ana"
    shown = lifecycle.ok("customer", "erase", "ana", "--dry-run", "--json").json
    assert {each["section"]: each["rows"] for each in shown["counts"]}["customer"] == 1
    asked = lifecycle("customer", "erase", "ana")
    assert (asked.code, "--yes" in asked.err) == (2, True)
    erased = lifecycle.ok("customer", "erase", "ana", "--yes", "--json").json
    assert len(erased["id_hash"]) == 64
    assert "was erased on" in lifecycle.refused("customer", "export", "ana")
    assert lifecycle.ok("customer", "export", "bob").json["id"] == "bob"


def test_rows_of_the_erased_are_counted_as_rejected(lifecycle: Lifecycle, people: Path) -> None:
    """Importing the same file again says that a row was refused, and stores the other."""
    lifecycle.ok("customer", "erase", "ana", "--yes")
    done = lifecycle("import", "customers", str(people), "--json")
    assert (done.json["accepted"], done.json["rejected"]) == (1, 1)
    assert "ana" not in people.with_name("people.rejects.csv").read_text().lower()


@pytest.mark.usefixtures("people")
def test_upkeep_says_what_is_old_enough(lifecycle: Lifecycle) -> None:
    """The dry run has a row for each thing that goes with time; where nothing is old enough it says so."""
    rows = lifecycle.ok("upkeep", "--dry-run", "--json").json["due"]
    assert [each["name"] for each in rows] == ["events", "contents", "provider events", "workers"]
    assert "Nothing is old enough" in lifecycle.ok("upkeep").err
    assert lifecycle.ok("upkeep", "--json").json == {"gone": {}, "names_erased": 0, "problem": None}
