"""An operator decides about messages from the command line, and is told what happens before it does."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from commands import Lifecycle

from engine.clock import SystemClock
from engine.db import writing
from engine.models.tables import message
from engine.outbox.lanes import stop
from engine.testing.sendgrid import SendGridServer

NAMES = ("ana", "bob", "eva", "tom")


@pytest.fixture
def acme(lifecycle: Lifecycle, workspace: Path, starter: Path) -> Lifecycle:
    """Four people have a welcome mail that waits, because all sending is paused."""
    del starter
    lifecycle.ok("apply")
    people = "".join(f"{name},{name}@x.test,{name.title()}\n" for name in NAMES)
    (workspace / "c.csv").write_text(f"id,email,first_name\n{people}")
    lifecycle.ok("import", "customers", str(workspace / "c.csv"))
    now = SystemClock().now()
    (workspace / "e.csv").write_text("customer_id,name,at\n" + "".join(f"{name},Signed Up,{now}\n" for name in NAMES))
    lifecycle.ok("import", "events", str(workspace / "e.csv"))
    lifecycle.ok("pause")
    lifecycle("run", "--once")
    lifecycle.ok("resume")
    return lifecycle


def becomes(database: sa.Engine, status: str, *names: str, provider: str | None = None) -> None:
    """Let the mails of these people stand so, as after an attempt."""
    chosen = message.c.recipient_id.in_(names)
    values = {"status": status, "attempt": 1, "doubts": int(status == "in_doubt"), "provider": provider}
    with writing(database) as connection:
        connection.execute(sa.update(message).where(chosen).values(values))


def ids(acme: Lifecycle, *arguments: str) -> dict[str, str]:
    """Return the ids of listed messages by customer."""
    return {one["customer"]: one["send_id"] for one in acme.ok("outbox", "list", "--json", *arguments).json}


def standing(acme: Lifecycle) -> dict[str, str]:
    """Return where each person's mail stands."""
    return {one["customer"]: one["status"] for one in acme.ok("outbox", "list", "--json").json}


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("--status", "failed"), {"ana", "bob"}),
        (("--topic", "account"), set(NAMES)),
        (("--topic", "tips"), set()),
        (("--template", "welcome", "--status", "queued"), {"eva", "tom"}),
        (("--provider", "smtp"), {"ana", "bob"}),
        (("--since", "2020-01-01", "--until", "2100-01-01", "--rule", "welcome"), set(NAMES)),
        (("--until", "2020-01-01"), set()),
        (("--since", "2100-01-01"), set()),
    ],
)
def test_messages_are_filtered(
    acme: Lifecycle, database: sa.Engine, arguments: tuple[str, ...], found: set[str]
) -> None:
    """By any of what they have in common, and by all of it together."""
    becomes(database, "failed", "ana", "bob", provider="smtp")
    assert set(ids(acme, *arguments)) == found


def test_one_message_is_tried_again_by_its_id(acme: Lifecycle, database: sa.Engine, workspace: Path) -> None:
    """No question is asked of what was named, and it leaves at the next run."""
    becomes(database, "failed", "ana")
    done = acme.ok("outbox", "retry", ids(acme)["ana"][:8])
    assert done.err == "1 message is waiting to be sent.\n"
    acme.ok("run", "--once")
    assert standing(acme) == dict.fromkeys(NAMES, "sent")
    assert len(list((workspace / "outbox").glob("*.eml"))) == 4


def test_several_messages_want_a_yes(acme: Lifecycle, database: sa.Engine) -> None:
    """Where nobody can be asked, it says what it would do and does nothing."""
    becomes(database, "failed", "ana", "bob", "eva")
    said = acme.refused("outbox", "retry", "--rule", "welcome", code=2)
    assert said == "3 messages will be waiting to be sent; say --yes to do that"
    assert list(standing(acme).values()).count("failed") == 3
    said = acme.ok("outbox", "retry", "--rule", "welcome", "--yes", "--limit", "2").err
    assert said == "2 messages will be waiting to be sent.\n2 messages are waiting to be sent.\n"
    assert list(standing(acme).values()).count("failed") == 1


def test_what_may_have_been_sent_is_repeated_only_where_that_is_said(acme: Lifecycle, database: sa.Engine) -> None:
    """The reason is told, and the option that does it all the same."""
    becomes(database, "in_doubt", "ana")
    one = ids(acme)["ana"]
    done = acme("outbox", "retry", one)
    assert done.code == 2
    assert "may have been sent; --may-repeat" in done.err
    acme.ok("outbox", "retry", one, "--may-repeat")
    assert standing(acme)["ana"] == "queued"


def test_waiting_mail_is_cancelled_with_a_reason(acme: Lifecycle) -> None:
    """The reason stands in the list."""
    done = acme.ok("outbox", "cancel", "--rule", "welcome", "--reason", "a mistake", "--yes", "--json").json
    assert done == {"moved": {"cancelled": 4}, "kept": {}}
    reasons = {one["reason"] for one in acme.ok("outbox", "list", "--json").json}
    assert reasons == {"by an operator: a mistake"}
    assert acme.ok("outbox", "cancel", "--rule", "welcome").err == "There is nothing to cancel.\n"


@pytest.mark.parametrize(("verdict", "status"), [("--sent", "sent"), ("--failed", "failed"), ("--not-sent", "queued")])
def test_doubts_are_resolved(acme: Lifecycle, database: sa.Engine, verdict: str, status: str) -> None:
    """By what the operator found out."""
    becomes(database, "in_doubt", "ana", "bob")
    acme.ok("outbox", "resolve", *(ids(acme, "--status", "in_doubt")).values(), verdict, "--reason", "asked Ana")
    assert standing(acme) == {"ana": status, "bob": status, "eva": "queued", "tom": "queued"}


def test_the_providers_records_are_asked(acme: Lifecycle, database: sa.Engine, variables: pytest.MonkeyPatch) -> None:
    """What SendGrid's Email Activity knows was sent; what it does not know stays in doubt, and that is said."""
    becomes(database, "in_doubt", "ana", "bob", provider="sendgrid")
    becomes(database, "in_doubt", "eva", provider="smtp")
    with SendGridServer(known={ids(acme)["ana"]}) as server:
        variables.setenv("LIFECYCLE_PROVIDER", "sendgrid")
        variables.setenv("LIFECYCLE_SENDGRID_URL", server.url)
        variables.setenv("LIFECYCLE_SENDGRID_API_KEY", server.api_key)
        said = acme.ok("outbox", "resolve", "--ask").err.splitlines()
        variables.setenv("LIFECYCLE_SENDGRID_API_KEY", "wrong")
        refused = acme("outbox", "resolve", "--ask", "--rule", "welcome", "--json")
    assert said == [
        "1 message found in the records of the provider: sent.",
        "1 message not found: still in doubt.",
        "1 message not asked about: not in doubt, or handed to another provider.",
    ]
    assert standing(acme) == {"ana": "sent", "bob": "in_doubt", "eva": "in_doubt", "tom": "queued"}
    assert refused.code == 1
    assert (refused.json["unasked"], "401" in refused.json["problem"]) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("retry",), "which messages? name their ids, or filter by --rule, --status, --customer and others"),
        (("resolve", "--rule", "welcome"), "say one of --sent, --not-sent, --failed and --ask"),
        (("resolve", "--rule", "welcome", "--sent", "--failed"), "say one of --sent, --not-sent, --failed and --ask"),
        (("cancel", "--status", "quued"), "there is no status quued; did you mean `queued`?"),
        (("cancel", "abcdefgh"), "no message begins with abcdefgh; `lifecycle outbox list` shows their ids"),
        (("retry", "--rule", "welcome", "--expires", "2020-01-01"), "lies before the start"),
        (("retry", "--since", "yesterday"), "`yesterday` is not a date"),
        (("resolve", "--ask", "--rule", "welcome"), "files keeps no records that can be asked"),
        (("resume", "sengrid"), "there is no lane sengrid; there is all, files"),
    ],
)
def test_what_is_not_understood_changes_nothing(acme: Lifecycle, arguments: tuple[str, ...], sentence: str) -> None:
    """One sentence says what would be right."""
    assert sentence in acme.refused("outbox", *arguments, code=2)
    assert standing(acme) == dict.fromkeys(NAMES, "queued")


def test_one_lane_is_resumed(lifecycle: Lifecycle, database: sa.Engine) -> None:
    """The others stay stopped; `lifecycle resume` is for all of them."""
    with writing(database) as connection:
        for name in ("sendgrid", "smtp"):
            stop(connection, name, reason="401", by="engine", now=SystemClock().now())
    assert lifecycle.ok("outbox", "resume", "smtp").err == "The lane smtp goes on.\n"
    assert lifecycle.ok("outbox", "resume", "smtp").err == "The lane smtp was not stopped.\n"
    assert [lane["name"] for lane in lifecycle.ok("status", "--json").json["lanes"]] == ["sendgrid"]
    assert lifecycle.ok("outbox", "resume").err == "Sending goes on.\n"
    assert lifecycle.ok("status", "--json").json["lanes"] == []
