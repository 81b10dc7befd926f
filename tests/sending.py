"""A small company for tests of sending: rules and emails that run, people, and what the ledger says of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine import outbox
from engine.clock import SetClock
from engine.db import reading, writing
from engine.facts import text_key
from engine.models.tables import account, account_member, customer, enrollment, event, message
from engine.outbox import Claimer, Holder, Outgoing
from engine.providers import Answer, Outcome, Provider
from engine.providers.memory import MemoryProvider
from engine.rules.question import recheck
from engine.rules.sql.windows import offset_code
from engine.runtime import Runtime, build
from engine.settings import Settings

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
COLOURS = "{page: '#ffffff', card: '#ffffff', ink: '#111111', accent: '#1557d6'}"
FILES: Mapping[str, str] = {
    "rules/topics.yaml": (
        "account: transactional\n"
        "billing: {kind: transactional, priority: 5}\n"
        "sure: {kind: transactional, on_doubt: resend}\n"
        "tips: marketing\n"
    ),
    "rules/traits.yaml": "customer:\n  boards: number\n  trial_ends: date\n",
    "rules/welcome.yaml": "topic: account\nwhen: {event: Signed Up}\nsend: {at once: welcome}\n",
    "rules/sure.yaml": "topic: sure\nwhen: {event: Signed Up}\nsend: {at once: welcome}\n",
    "rules/tip.yaml": "topic: tips\nwhen: {event: Signed Up}\nsend: {at once: welcome}\n",
    "rules/few-boards.yaml": (
        "topic: account\nwhen: {event: Signed Up}\nsend: {at once: welcome}\nif: [customer.locale: sv]\n"
    ),
    "rules/card.yaml": (
        "topic: billing\nto: account owner\nwhen: {date: account.card_expires_on}\n"
        "send: {7 days before: card, 1 day before: card}\n"
    ),
    "templates/brand.yaml": (
        "company: Acme\nurl: https://acme.test\naddress: Acme AB, Storgatan 1, Stockholm\n"
        "sender: {name: Acme, address: hello@acme.test}\nreply_to: help@acme.test\n"
        f"light: {COLOURS}\ndark: {COLOURS}\n"
    ),
    "templates/layouts/letter.mjml": (
        "---\ntext: '{{ body }}\n\n  {{ brand.address }} {{ links.unsubscribe | default(\"\") }}'\n---\n"
        "<mjml><mj-body><mj-section><mj-column>{{ body }}</mj-column></mj-section>"
        "<mj-section><mj-column><mj-text>{{ brand.address }}"
        '{% if links.unsubscribe %}<a href="{{ links.unsubscribe }}">Unsubscribe</a>{% endif %}'
        "</mj-text></mj-column></mj-section></mj-body></mjml>\n"
    ),
    "templates/welcome.md": (
        "---\nsubject: \"Welcome, {{ customer.first_name | default('you') }}\"\n---\n"
        "Hi {{ customer.first_name | default('there') }}, you did {{ event.name }}.\n"
    ),
    "templates/card.md": (
        "---\nsubject: \"{{ days_left }} days left\"\n---\nThe card of {{ account.name | default('you') }} ends.\n"
    ),
}


def a_runtime(release_id: int = 1, **settings: object) -> Runtime:
    """Return the company's files ready to run; built once for the same settings."""
    return _built(release_id, tuple(settings.items()))


@lru_cache
def _built(release_id: int, settings: tuple[tuple[str, object], ...]) -> Runtime:
    given: dict[str, Any] = {"secret": "test", "provider": "memory", "_env_file": None, **dict(settings)}
    return build(FILES, release_id=release_id, settings=Settings(**given))


def a_clock(at: datetime = NOW) -> SetClock:
    """Return a clock that stands still."""
    return SetClock(at)


def add_customer(engine: sa.Engine, id_: str = "ana", **facts: object) -> None:
    """Add a customer who signed up an hour ago."""
    given: dict[str, Any] = {"email": f"{id_}@example.com", "first_name": id_.title(), **facts}
    keys = {f"{name}_key": text_key(given[name]) for name in ("email", "locale", "first_name") if given.get(name)}
    row = {"id": id_, "created_at": NOW, "changed_at": NOW, **given, **keys}
    happened = {"customer_id": id_, "id": f"e-{id_}", "name": "Signed Up", "at": NOW - HOUR, "received_at": NOW - HOUR}
    with writing(engine) as connection:
        connection.execute(sa.insert(customer).values(**row))
        connection.execute(sa.insert(event).values(**happened, properties={"plan": "pro"}, keys={"plan": "pro"}))


def add_account(engine: sa.Engine, id_: str = "acme", owners: Collection[str] = (), **facts: object) -> None:
    """Add an account and its owners."""
    with writing(engine) as connection:
        connection.execute(sa.insert(account).values(id=id_, name="Blue Reef", created_at=NOW, changed_at=NOW, **facts))
        for owner in owners:
            member = {"customer_id": owner, "account_id": id_, "role": "Owner", "role_key": "owner", "changed_at": NOW}
            connection.execute(sa.insert(account_member).values(**member))


def enroll(
    engine: sa.Engine, subject_id: str = "ana", rule: str = "welcome", state: str = "enrolled", **more: object
) -> None:
    """Write what evaluation would: by default, that the customer's sign-up of an hour ago is due."""
    given: dict[str, Any] = {"fact": f"e-{subject_id}", "offset": 0, **more}
    row = {
        "subject_type": "customer",
        "subject_id": subject_id,
        "rule": rule,
        "occurrence": f"{given['fact']}/{offset_code(timedelta(microseconds=given['offset']))}",
        "step": "",
        "state": state,
        "send": "at once",
        "due_at": NOW - HOUR,
        "moment_at": NOW - HOUR,
        "decided_at": NOW,
        "release_id": 1,
        **given,
    }
    with writing(engine) as connection:
        connection.execute(sa.insert(enrollment).values(**row))


def statuses(engine: sa.Engine) -> dict[str, int]:
    """Return how many messages stand where."""
    counted = sa.select(message.c.status, sa.func.count()).group_by(message.c.status)
    with reading(engine) as connection:
        return {str(status): int(count) for status, count in connection.execute(counted)}


def messages(engine: sa.Engine) -> list[dict[str, Any]]:
    """Return all messages, by who reads them and which rule."""
    with reading(engine) as connection:
        rows = connection.execute(sa.select(message).order_by(message.c.recipient_id, message.c.rule)).mappings()
        return [dict(row) for row in rows]


def the_message(engine: sa.Engine) -> dict[str, Any]:
    """Return the one message there is."""
    (found,) = messages(engine)
    return found


def a_claimer(runtime: Runtime | None = None, provider: Provider | None = None, worker: str = "w1") -> Claimer:
    """Return who claims for a release over a provider, by default in memory."""
    holder = Holder(id=worker, host="test", clock_is_set=True)
    return Claimer(running=runtime or a_runtime(), worker=holder, provider=provider or MemoryProvider(), ask=recheck)


def queue(engine: sa.Engine, *, runtime: Runtime | None = None, now: datetime = NOW) -> None:
    """Put into the outbox what the ledger says."""
    outbox.enqueue(engine, runtime or a_runtime(), now=now)


def claim(
    engine: sa.Engine, claimer: Claimer | None = None, *, room: int = 10, now: datetime = NOW
) -> tuple[Outgoing, ...]:
    """Render and claim what is due; returns what leaves."""
    claimer = claimer or a_claimer()
    prepared = outbox.prepare(engine, claimer, now=now)
    return outbox.claim(engine, claimer, prepared.candidates, room=room, now=now).outgoing


def answer(
    engine: sa.Engine,
    outgoing: Collection[Outgoing],
    outcome: Outcome,
    *,
    now: datetime = NOW,
    runtime: Runtime | None = None,
    trial: bool = False,
    **more: Any,  # noqa: ANN401 (whatever an answer holds)
) -> None:
    """Settle requests with one and the same answer."""
    told = [
        outbox.Answered(
            send_id=each.send_id,
            attempt=each.attempt,
            doubts=each.doubts,
            topic=each.topic,
            address_hash=each.address_hash,
            answer=Answer(outcome=outcome, **{"words": "words", **more}),
            trial=trial,
        )
        for each in outgoing
    ]
    outbox.settle(engine, runtime or a_runtime(), told, provider="memory", now=now)
