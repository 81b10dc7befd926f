"""What waits follows the live rules, and one bad row ends alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import permutations
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from sending import FILES, HOUR, NOW, a_claimer, a_clock, add_account, add_customer, enroll, messages, the_message

from engine import dispatch, outbox, suppression
from engine.clock import span, to_micros
from engine.db import writing
from engine.models.tables import account_member, trait
from engine.outbox import facts, timing
from engine.providers import Answer, Envelope, Outcome
from engine.providers.memory import MemoryProvider
from engine.releases.apply import Origin, apply
from engine.releases.declarations import settle
from engine.runtime import Runtime, build

DAY = timedelta(days=1)
KINDS: Mapping[str, tuple[str, str]] = {
    "event": ("{event: Signed Up}", "e-ana"),
    "date": ("{date: customer.trial_ends}", "2026-03-01"),
    "instant": ("{date: customer.signed_up_at}", str(to_micros(NOW - DAY))),
    "every": ("{every: year, since: customer.trial_ends}", "2026"),
    "silent": ("{silent: any event}", str(to_micros(NOW - DAY))),
    "back": ("{back after: 30 days}", "e-ana"),
}
"""Each trigger, and how the ledger names its fact."""
OFFSETS: Mapping[str, tuple[str, str, datetime | None, timedelta]] = {
    "event": (KINDS["event"][0], "e-ana", None, 14 * DAY),
    "date": (KINDS["date"][0], "2026-03-12", None, -10 * DAY),
    "every": ("{every: year, since: customer.trial_ends}", "2027", datetime(2027, 3, 12, tzinfo=UTC), -10 * DAY),
}
"""A trigger, its fact, the day of an anniversary, and the offset it had."""
CHANGES = tuple(permutations(KINDS, 2))
PLAIN = {**FILES, "templates/plain.md": "---\nsubject: Hello\n---\nThe old text.\n"}
RULE = "topic: account\nwhen: {when}\nsend: {{{send}: plain}}\n"
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVENT = "topic: account\nwhen: {event: Signed Up}\nsend: {at once: plain}\n"


def live(engine: sa.Engine, changes: Mapping[str, str], *, drop: tuple[str, ...] = (), **settings: object) -> Runtime:
    """Make the company's files with these changes the next release, and return it ready to run."""
    files = {path: text for path, text in (PLAIN | dict(changes)).items() if path not in drop}
    chosen = a_claimer().running.settings.model_copy(update=dict(settings))
    done = apply(engine, files, settings=chosen, origin=Origin(author="test"), now=NOW - HOUR)
    settle(engine, clock=a_clock(NOW - HOUR))
    return build(files, release_id=done.release_id, settings=chosen)


def sent(engine: sa.Engine, runtime: Runtime, at: datetime = NOW) -> list[Envelope]:
    """Send all that is due; returns the mails."""
    provider = MemoryProvider()
    report = dispatch.run_once(engine, runtime, provider, clock=a_clock(at))
    assert report.problem is None
    return provider.sent


def ends(engine: sa.Engine) -> dict[str, tuple[str, str | None]]:
    """Return where the message of each rule stands, and why."""
    return {row["rule"]: (row["status"], row["reason"]) for row in messages(engine)}


@pytest.mark.parametrize("waiting", [True, False], ids=["in the outbox", "in the ledger"])
def test_a_changed_trigger_ends_what_it_made_and_nothing_else(database: sa.Engine, *, waiting: bool) -> None:
    """From every kind of trigger to every other: its mail is cancelled and says why; other rules' mail leaves."""
    then, now = (
        {
            f"rules/{'-to-'.join(pair)}.yaml": RULE.format(when=KINDS[pair[place]][0], send="after 1 day")
            for pair in CHANGES
        }
        for place in (0, 1)
    )
    for name in ("ana", "bob"):
        add_customer(database, name)
    before = live(database, then)
    for old, new in CHANGES:
        enroll(
            database, rule=f"{old}-to-{new}", fact=KINDS[old][1], offset=span(DAY), send="after 1 day", due_at=MORNING
        )
    enroll(database, "bob")
    if waiting:
        outbox.enqueue(database, before, now=NOW)
    after = live(database, now)
    outbox.enqueue(database, after, now=NOW)
    assert [mail.recipient.address for mail in sent(database, after)] == ["bob@example.com"]
    cancelled = dict.fromkeys(("-to-".join(pair) for pair in CHANGES), ("cancelled", "rule changed"))
    assert ends(database) == {**cancelled, "welcome": ("sent", None)}


@pytest.mark.parametrize("waiting", [True, False], ids=["in the outbox", "in the ledger"])
def test_a_removed_topic_or_rule_stops_nobody(database: sa.Engine, *, waiting: bool) -> None:
    """A mail whose topic was renamed leaves under the new one; one whose rule is gone is cancelled."""
    topics = PLAIN["rules/topics.yaml"]
    before = live(
        database,
        {"rules/it.yaml": EVENT.replace("account", "old"), "rules/topics.yaml": topics + "old: transactional\n"},
    )
    add_customer(database)
    for rule in ("it", "sure"):
        enroll(database, rule=rule)
    if waiting:
        outbox.enqueue(database, before, now=NOW)
    new = {
        "rules/it.yaml": EVENT.replace("account", "new"),
        "rules/topics.yaml": topics + "new: {kind: transactional, priority: 7}\n",
    }
    after = live(database, new, drop=("rules/sure.yaml",))
    outbox.enqueue(database, after, now=NOW)
    assert [mail.topic for mail in sent(database, after)] == ["new"]
    assert ends(database) == {"it": ("sent", None), "sure": ("cancelled", "rule removed")}
    (found,) = (row for row in messages(database) if row["rule"] == "it")
    assert (found["topic"], found["priority"]) == ("new", 1007)


def test_a_rule_moved_to_marketing_asks_the_new_topics_suppressions(database: sa.Engine) -> None:
    """Who said no to tips gets no mail that became one while it waited."""
    before = live(database, {"rules/it.yaml": EVENT})
    add_customer(database)
    enroll(database, rule="it")
    outbox.enqueue(database, before, now=NOW)
    suppression.add(database, "ana@example.com", secret="test", reason="no tips", now=NOW, scope="tips")
    after = live(database, {"rules/it.yaml": EVENT.replace("account", "tips")})
    assert sent(database, after) == []
    assert ends(database) == {"it": ("skipped", "suppressed for tips: no tips")}


@pytest.mark.parametrize("waiting", [True, False], ids=["in the outbox", "in the ledger"])
@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("event", "after 14 days", "after 10 days"),
        ("event", "after 14 days", "after 15 days"),
        ("event", "after 14 days", "after 2 weeks"),
        ("date", "10 days before", "14 days before"),
        ("every", "10 days before", "14 days before"),
    ],
)
def test_a_changed_offset_loses_nothing(database: sa.Engine, kind: str, old: str, new: str, *, waiting: bool) -> None:
    """What waits of an offset that is gone is sent as its successor's mail, with its template and values."""
    trigger, fact, day, offset = OFFSETS[kind]
    text = RULE.format(when=trigger, send=old)
    before = live(database, {"rules/it.yaml": text})
    add_customer(database)
    with writing(database) as connection:
        given = {"subject_type": "customer", "subject_id": "ana", "name": "trial_ends", "day": "2026-03-12"}
        connection.execute(sa.insert(trait).values(**given, changed_at=NOW))
    due = NOW - HOUR + offset if kind == "event" else MORNING
    enroll(database, rule="it", fact=fact, offset=span(offset), send=old, due_at=due, moment_at=due, since_at=day)
    if waiting:
        outbox.enqueue(database, before, now=NOW)
    send = f"{{{new}: {{template: other, with: {{gift: a cup}}}}}}"
    mail = '---\nsubject: "{{ gift }}"\n---\nNew.\n'
    edited = text.replace(f"{{{old}: plain}}", send)
    after = live(database, {"rules/it.yaml": edited, "templates/other.md": mail})
    outbox.enqueue(database, after, now=NOW)
    assert [mail.subject for mail in sent(database, after, max(due, NOW))] == ["a cup"]
    assert ends(database) == {"it": ("sent", None)}


def test_an_offset_without_a_successor_is_cancelled(database: sa.Engine) -> None:
    """What waits of a moment that was taken out is not sent."""
    before = live(database, {"rules/it.yaml": EVENT.replace("at once: plain", "at once: plain, after 1 day: plain")})
    add_customer(database)
    enroll(database, rule="it")
    outbox.enqueue(database, before, now=NOW)
    after = live(database, {"rules/it.yaml": EVENT.replace("at once", "after 1 day")})
    assert sent(database, after) == []
    assert ends(database) == {"it": ("cancelled", "rule changed")}


def test_a_corrected_text_goes_out(database: sa.Engine) -> None:
    """Content of an older release is rendered again before the first intent, and never after it."""
    runtime = live(database, {"rules/it.yaml": EVENT})
    add_customer(database)
    enroll(database, rule="it")
    outbox.enqueue(database, runtime, now=NOW)
    assert outbox.prepare(database, a_claimer(runtime), now=NOW).rendered == 1
    runtime = live(
        database, {"rules/it.yaml": EVENT, "templates/plain.md": "---\nsubject: Hello\n---\nThe new text.\n"}
    )
    provider = MemoryProvider()
    provider.fail_with([Answer(outcome=Outcome.NOT_SENT, words="busy")])
    dispatch.run_once(database, runtime, provider, clock=a_clock())
    assert "The new text." in provider.seen[0].text
    runtime = live(database, {"rules/it.yaml": EVENT, "templates/plain.md": "---\nsubject: Hello\n---\nThe newest.\n"})
    (again,) = sent(database, runtime, NOW + HOUR)
    assert again == provider.seen[0]


@pytest.mark.parametrize("tried", [False, True])
def test_an_owner_who_leaves_gets_nothing(database: sa.Engine, *, tried: bool) -> None:
    """The mail goes to the present owner, unless it may have reached the first; without an owner it is skipped."""
    runtime = live(database, {})
    for name in ("ana", "bob"):
        add_customer(database, name)
    add_account(database, owners=["ana"], card_expires_on=datetime(2026, 3, 9, tzinfo=UTC).date())
    due = datetime(2026, 3, 2, 9, tzinfo=UTC)
    enroll(
        database,
        "acme",
        "card",
        subject_type="account",
        fact="2026-03-09",
        offset=-span(7 * DAY),
        send="7 days before",
        due_at=due,
        moment_at=due,
        closes_at=datetime(2026, 3, 9, tzinfo=UTC),
    )
    outbox.enqueue(database, runtime, now=NOW)
    if tried:
        provider = MemoryProvider()
        provider.fail_with([Answer(outcome=Outcome.NOT_SENT, words="busy")])
        dispatch.run_once(database, runtime, provider, clock=a_clock())
    with writing(database) as connection:
        member = {"customer_id": "bob", "account_id": "acme", "role": "owner", "role_key": "owner", "changed_at": NOW}
        connection.execute(sa.update(account_member).values(removed_at=NOW))
        connection.execute(sa.insert(account_member).values(**member))
    assert sent(database, runtime, NOW + HOUR) == []
    assert the_message(database)["reason"] == "no longer account owner"
    outbox.enqueue(database, runtime, now=NOW + HOUR)
    mails = sent(database, runtime, NOW + HOUR)
    assert [mail.recipient.address for mail in mails] == ([] if tried else ["bob@example.com"])


def test_a_row_nobody_thought_of_ends_alone(database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in making one message or its content ends that one, is logged without facts, and others leave."""
    runtime = live(database, {"rules/it.yaml": EVENT})
    for name, rule in (("ana", "it"), ("bob", "welcome"), ("eva", "welcome")):
        add_customer(database, name)
        enroll(database, name, rule)
    queued, added = timing.closes_at, facts.moment_of

    def broken_timing(rule: Any, *args: Any, **more: Any) -> Any:  # noqa: ANN401 (as the function it stands for)
        if rule.name == "it":
            raise ValueError("ana@example.com")
        return queued(rule, *args, **more)

    def broken_moment(row: Any, *args: Any, **more: Any) -> Any:  # noqa: ANN401 (as the function it stands for)
        if row["subject_id"] == "bob":
            raise ValueError("bob@example.com")
        return added(row, *args, **more)

    monkeypatch.setattr(import_module("engine.outbox.enqueue"), "closes_at", broken_timing)
    monkeypatch.setattr("engine.outbox.content.moment_of", broken_moment)
    with structlog.testing.capture_logs() as lines:
        outbox.enqueue(database, runtime, now=NOW)
        assert [mail.recipient.address for mail in sent(database, runtime)] == ["eva@example.com"]
    found = {row["subject_id"]: (row["status"], row["reason"]) for row in messages(database)}
    assert found["ana"] == ("cancelled", "cannot be queued: ValueError")
    assert found["bob"] == ("failed", "cannot be rendered: ValueError")
    assert [line["log_level"] for line in lines] == ["error", "error"]
    assert "example.com" not in str(lines)


def test_a_run_ends_when_a_newer_release_is_live(database: sa.Engine) -> None:
    """A backlog is not sent to its end by rules that are no longer live."""
    runtime = live(database, {"rules/it.yaml": EVENT})
    for number in range(5):
        add_customer(database, f"c{number}")
        enroll(database, f"c{number}", "it")
    outbox.enqueue(database, runtime, now=NOW)
    live(database, {}, drop=("rules/it.yaml",))
    assert sent(database, runtime) == []
    assert {status for status, _ in ends(database).values()} == {"queued"}


def test_a_message_expires_during_a_long_run(database: sa.Engine) -> None:
    """What became too late is ended in each round, not in the next run alone."""
    runtime = live(database, {"rules/it.yaml": EVENT})
    add_customer(database)
    enroll(database, rule="it")
    outbox.enqueue(database, runtime, now=NOW)
    assert sent(database, runtime, NOW + 4 * DAY) == []
    assert ends(database) == {"it": ("expired", "too late")}
