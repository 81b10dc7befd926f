"""Logs, custom arguments and categories hold nothing of a person, whatever the engine does with one."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sending import FILES
from someone import MARKS, SECRET

from engine import daemon, logs
from engine.app import App, erasing
from engine.app.imports import import_rows
from engine.app.keeping import keep_up
from engine.app.release import make_release
from engine.app.running import works
from engine.clock import SystemClock
from engine.intake import ImportOptions, Kind
from engine.models import tables as t
from engine.settings import Settings
from engine.testing.sendgrid import Reply, SendGridServer
from engine.testing.smtp_sink import SmtpSink

ID, ADDRESS, NAME = "id-zanzibar-7", "zorro.marked@example.com", "Zorroastra"
LIBRARIES = ("sqlalchemy",)
"""Its debug lines show rows; no setting of ours switches them on."""
SENT = {name: text for name, text in FILES.items() if name != "rules/tip.yaml"}


@pytest.fixture
def told(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[logging.Handler]:
    """All that is logged, by libraries too, from the level of debugging on."""
    logs.configure("json")
    logging.getLogger().setLevel(logging.DEBUG)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    del capfd
    yield caplog.handler
    logging.getLogger().setLevel(logging.WARNING)


def a_workspace(database: sa.Engine, folder: Path, **settings: object) -> App:
    """Return a live workspace with one marked customer who has just signed up."""
    for path, text in SENT.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    url = database.url.render_as_string(hide_password=False)
    given: dict[str, Any] = {"secret": SECRET, "workspace": folder, "database_url": url, **settings}
    opened = App(settings=Settings(**given), database=database, clock=SystemClock())
    make_release(opened)
    now = opened.clock.now() + timedelta(seconds=1)
    files = {
        Kind.CUSTOMERS: f"id,email,first_name\n{ID},{ADDRESS},{NAME}\nbad id,nonsense,x\n",
        Kind.EVENTS: f"customer_id,at,name,property\n{ID},{now.isoformat()},Signed Up,property-zucchini\n",
    }
    for kind, content in files.items():
        given_file = folder / f"{kind}.csv"
        given_file.write_text(content)
        import_rows(opened, kind, given_file, options=ImportOptions())
    return opened


def whole_job(opened: App) -> None:
    """Evaluate, enqueue, send, keep up and erase."""
    with works(opened) as ready:
        for stage in ready.stages():
            assert daemon.attend(stage)
    keep_up(opened)
    assert erasing.erase(opened, erasing.plan(opened, ID), provider=False).problem is None
    keep_up(opened)


def traces(text: str) -> list[str]:
    """Return which marks stand in a text."""
    return [mark for mark in (*MARKS, NAME) if mark.lower() in text.lower()]


ANSWERS = [Reply(), Reply(status=400, text=f"{ADDRESS} is no address"), Reply(does="reset"), Reply(status=500)]


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("reply", ANSWERS, ids=["taken", "refused", "lost", "broken"])
def test_nothing_personal_is_logged_or_sent_along_by_sendgrid(
    database: sa.Engine,
    tmp_path: Path,
    reply: Reply,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """From the import to the erasure, whatever SendGrid answers."""
    with SendGridServer() as server:
        server.replies.extend([reply] * 3)
        opened = a_workspace(
            database, tmp_path, provider="sendgrid", sendgrid_api_key="SG.test", sendgrid_url=server.url
        )
        whole_job(opened)
        assert server.seen != []
        assert traces(json.dumps(server.seen)) != []
        for body in server.seen:
            kept = [
                body.get("categories"),
                body.get("custom_args"),
                [p["custom_args"] for p in body["personalizations"]],
            ]
            assert traces(json.dumps(kept)) == []
    printed = capfd.readouterr()
    assert '"dispatch"' in printed.err
    assert traces(printed.err + printed.out + caplog.text) == []


@pytest.mark.usefixtures("told")
def test_nothing_personal_is_logged_by_smtp(
    database: sa.Engine, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The same over SMTP."""
    with SmtpSink() as sink:
        opened = a_workspace(
            database, tmp_path, provider="smtp", smtp_host="127.0.0.1", smtp_port=sink.port, smtp_tls="none"
        )
        whole_job(opened)
    printed = capfd.readouterr()
    assert '"dispatch"' in printed.err
    assert traces(printed.err + printed.out + caplog.text) == []


@pytest.mark.parametrize("style", ["console", "json"])
def test_a_fault_is_logged_without_the_values_at_hand(
    style: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A traceback shows where it happened, never what the variables held."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: style == "console", raising=False)
    logs.configure("console" if style == "console" else "json")

    def stage() -> dict[str, object]:
        customer = {"email": ADDRESS}
        return {"count": 1 // (len(customer) - 1)}

    daemon.attend(daemon.Stage(name="evaluate", run=stage, every=timedelta(hours=1)))
    printed = capfd.readouterr().err
    assert "ZeroDivisionError" in printed
    assert traces(printed) == []


def test_errors_of_the_database_hide_what_was_written(database: sa.Engine) -> None:
    """An error names the statement, not its values."""
    add = sa.insert(t.customer).values(id=ID, email=ADDRESS)
    with pytest.raises(sa.exc.IntegrityError) as raised, database.connect() as connection:
        connection.execute(add)
    assert "customer" in str(raised.value)
    assert ADDRESS not in str(raised.value)
