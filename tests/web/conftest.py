"""A workspace with the starter pack, and its page: without customers, and with some in a database of each kind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from web.serving import Page, serving

from engine.cli.main import run
from engine.clock import SystemClock
from engine.workspace import starter_pack
from engine.workspace.starter import FOLDERS

SCRIPT = "<img src=x onerror=alert(1)>"
EXPIRES_ON = SystemClock().now().date() + timedelta(days=200)
ACCOUNTS = f"id,name,status,card_expires_on,card_brand,card_last4\nacme,Acme,active,{EXPIRES_ON},Visa,4711\n"
CUSTOMERS = f"id,email,first_name,last_name\nc1,ana@x.test,Ana,Öberg\nc2,bob@x.test,{SCRIPT},\n"
MEMBERS = "customer_id,account_id,role\nc1,acme,owner\n"


@pytest.fixture
def starter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The workspace; it has no database."""
    monkeypatch.setenv("LIFECYCLE_SECRET", "a secret of tests")
    folder = tmp_path / "ws"
    for name in FOLDERS:
        shutil.copytree(starter_pack() / name, folder / name)
    (folder / "lifecycle.yaml").write_text("")
    return folder


@pytest.fixture
def page(starter: Path) -> Iterator[Page]:
    """Its page."""
    with serving(starter) as page:
        yield page


@pytest.fixture
def filled(starter: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a database with two customers, one of whom owns an account."""
    monkeypatch.setenv("LIFECYCLE_DATABASE_URL", database_url)
    for kind, text in (("accounts", ACCOUNTS), ("customers", CUSTOMERS), ("members", MEMBERS)):
        (starter / f"{kind}.csv").write_text(text)
        assert run(["--workspace", str(starter), "import", kind, str(starter / f"{kind}.csv")]) == 0
    return database_url


@pytest.fixture
def stored(starter: Path, filled: str) -> Iterator[Page]:
    """The page over these customers."""
    with serving(starter, database_url=filled) as page:
        yield page
