"""docs/import.md says what the code does: its tables are the code's, and its nightly export can be imported."""

from __future__ import annotations

import os
import re
from pathlib import Path

import psycopg
import pytest
from commands import Lifecycle
from importing import Importer

from engine.intake import Kind
from engine.intake.reference import fill, tables

PAGE = Path(__file__).parents[2] / "docs" / "import.md"

PRODUCT = """
CREATE TEMPORARY TABLE users AS SELECT * FROM (VALUES
  (1, 'ana@example.test', 'Ana', NULL, 'sv', 'Europe/Stockholm', timestamptz '2026-01-05 10:00:00.25+01',
   timestamptz '2026-05-01', false),
  (2, 'bob@example.test', 'Bob, "the" builder', 'Lind', NULL, NULL, NULL, timestamptz '2026-05-01', false),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true)
) AS u (id, email, first_name, last_name, locale, time_zone, created_at, updated_at, deleted);
CREATE TEMPORARY TABLE workspaces AS SELECT * FROM (VALUES
  ('w', 'Acme', 'active', 'Pro', 1200, 'EUR', date '2025-01-31', date '2027-01-31', 1, '2027-03', 5, 'UTC')
) AS w (id, company, status, plan, price_cents, currency, started_on, renews_on, renewals, card_expiry, seats,
        time_zone);
CREATE TEMPORARY TABLE memberships AS SELECT * FROM (VALUES
  (1, 'w', 'owner', NULL::timestamptz), (2, 'w', 'member', timestamptz '2026-02-01')
) AS m (user_id, workspace_id, role, left_at);
CREATE TEMPORARY TABLE activity AS SELECT * FROM (VALUES
  (7, 1, 'Report Shared', now() - interval '1 day', 'Pro', 12.50::numeric), (8, 2, 'Logged In', now(), NULL, NULL)
) AS a (id, user_id, name, happened_at, plan, amount);
"""


def test_the_tables_are_those_of_the_code() -> None:
    """Making them anew changes nothing, and none is left out; otherwise run `make docs`."""
    page = PAGE.read_text()
    assert fill(page) == page
    assert set(re.findall(r"<!-- table: ([a-z ]+) -->", page)) == set(tables())


def test_the_nightly_export_can_be_imported(postgres_url: str, lite: Importer) -> None:
    """What PostgreSQL writes for the queries of the page goes in without a reject, twice as well as once."""
    exports = re.findall(r'--command "(COPY .*?)" \| lifecycle import (\w+) -', PAGE.read_text(), re.DOTALL)
    assert [kind for _, kind in exports] == [Kind.CUSTOMERS, Kind.ACCOUNTS, Kind.MEMBERS, Kind.EVENTS]
    with psycopg.connect(postgres_url) as product:
        product.execute(PRODUCT)
        for changes in ([2, 1, 2, 2], [0, 0, 0, 0]):
            found = []
            for query, kind in exports:
                with product.cursor().copy(query) as copy:
                    report = lite.pipe(Kind(kind), b"".join(map(bytes, copy)))
                assert report.rejected == 0, lite.rejects.read_text()
                found.append(report.changed)
            assert found == changes
    assert lite.column("SELECT last_name FROM customer ORDER BY id") == [None, "Lind"]
    assert lite.column("SELECT account_id FROM customer ORDER BY id") == ["w", None]
    assert lite.column("SELECT amount FROM account") == [1200]


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        ("customers users.csv", "id,email\n1,ana@example.test\n"),
        (
            "events purchases.csv --name purchased --customer customer_id --at date",
            "customer_id,date,amount_usd\n00001,1997-01-01,11.77\n",
        ),
    ],
)
def test_the_commands_of_the_page_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: str, rows: str
) -> None:
    """They are run as they stand there, in a folder that `init` made a workspace."""
    assert f"lifecycle import {arguments}\n" in PAGE.read_text()
    for name in [name for name in os.environ if name.startswith("LIFECYCLE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    lifecycle = Lifecycle(capsys)
    lifecycle.ok("init", ".")
    (tmp_path / arguments.split()[1]).write_text(rows)
    report = lifecycle.ok("import", *arguments.split(), "--json").json
    assert (report["read"], report["changed"], report["rejected"]) == (1, 1, 0)
