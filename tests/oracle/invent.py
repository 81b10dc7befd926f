"""Inventing rules: small, dense, and made of every trigger, operator and offset there is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from engine.facts import BUILT_IN, Fact, FactType, Trait
from engine.rules.model import (
    BackTrigger,
    BecomesTrigger,
    Condition,
    DateTrigger,
    DidTest,
    EventTrigger,
    EveryTrigger,
    FactTest,
    Group,
    OnTrigger,
    Operand,
    Place,
    PropertyTest,
    Rule,
    ScheduleTrigger,
    Send,
    SilentTrigger,
    Trigger,
)
from engine.rules.operators import OPERATORS

HERE = Place(path="rules/invented.yaml", line=1, column=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EVENTS = ("Logged In", "Report Shared", "Cancelled")
WORDS = ("pro", "Basic", "prö", "a_b", "100%")
TRAITS = (
    Trait(subject="customer", name="score", type=FactType.NUMBER),
    Trait(subject="customer", name="vip", type=FactType.BOOLEAN),
    Trait(subject="customer", name="trial_ends_on", type=FactType.DATE),
    Trait(subject="customer", name="demo_at", type=FactType.TIME),
    Trait(subject="account", name="contract_on", type=FactType.DATE),
    Trait(subject="account", name="kickoff_at", type=FactType.TIME),
    Trait(subject="account", name="tier", type=FactType.TEXT),
)
_BUILT_IN = "first_name signed_up_at last_seen_at status card_expires_on subscribed_on renewals"
FACTS = [fact for fact in BUILT_IN.values() if fact.name in _BUILT_IN.split()] + [trait.fact for trait in TRAITS]
NAMES = {"customer": ["first_name", "signed_up_at", "time_zone"], "account": ["status", "card_expires_on", "time_zone"]}
LOCAL_OFFSETS = (-3 * DAY, -DAY, timedelta(), DAY, 2 * DAY, -3 * HOUR, 30 * HOUR)
ZONES = ("UTC", "Europe/Stockholm", "America/New_York", "Asia/Kolkata", "Pacific/Apia")
CRONS = ("0 */6 * * *", "30 2 * * *", "0 9 * * MON,WED", "0 0 * * *", "0 17 28-31 * *", "15 4 1 * FRI")
OFFSETS = (-DAY, -2 * HOUR, timedelta(), HOUR / 2, DAY, 2 * DAY, 3 * DAY)


def rule(rng: Random, name: str, start: date) -> Rule:
    """Invent a rule."""
    when, role = _whose(rng, trigger(rng, start) if rng.random() < 0.8 else None, start)
    subject = "account" if role else "customer"
    sends = _sends(rng, when)
    since = not isinstance(when, SilentTrigger) and all(send.offset >= timedelta() for send in sends)
    return Rule(
        name=name,
        topic="tips",
        trigger=when,
        sends=sends,
        place=HERE,
        to_role=role,
        conditions=conditions(rng, subject, start, since=since),
        at=rng.choice([None, None, time(2, 30), time(0, 0), time(17, 0)]),
        open_for=rng.choice([HOUR, HOUR, timedelta(), 6 * HOUR]),
        too_late_after=rng.choice([6 * HOUR, DAY, 3 * DAY]),
        backfill=rng.choice([None, None, None, DAY, "all"]),
    )


def _whose(rng: Random, when: Trigger | None, start: date) -> tuple[Trigger, str | None]:
    """Return a trigger, a `becomes` where there is none yet, and the role that is written to."""
    role = rng.choice(["owner", None]) if when is None or _of_account(when) else None
    if when is not None:
        return when, role
    subject = "account" if role else "customer"
    parts = tuple(condition(rng, subject, start, since=False, depth=2) for _ in range(rng.choice([1, 1, 2])))
    return BecomesTrigger(conditions=Group(kind="all", parts=parts)), role


def _of_account(when: Trigger) -> bool:
    if isinstance(when, DateTrigger | EveryTrigger):
        return (when.fact if isinstance(when, DateTrigger) else when.since).subject == "account"
    return isinstance(when, ScheduleTrigger | OnTrigger)


def trigger(rng: Random, start: date) -> Trigger:
    """Invent a trigger."""
    dates = [fact for fact in FACTS if fact.type in {FactType.DATE, FactType.TIME}]
    yearly = [fact for fact in dates if fact.name != "last_seen_at"]
    kind = rng.choice(["event", "event", "date", "date", "date", "every", "silent", "silent", "back", "time", "time"])
    if kind == "time":
        return everybodys(rng, start)
    if kind == "event":
        where = tuple(_property(rng) for _ in range(rng.choice([0, 0, 1])))
        return EventTrigger(event=rng.choice(EVENTS), first=rng.choice([False, False, True]), where=where)
    if kind == "date":
        return DateTrigger(fact=rng.choice(dates))
    if kind == "every":
        return EveryTrigger(period=rng.choice(["year", "month"]), since=rng.choice(yearly))
    if kind == "back":
        return BackTrigger(after=rng.choice([DAY, 30 * HOUR, 2 * DAY]))
    or_since = rng.choice([None, *(fact for fact in yearly)])
    return SilentTrigger(event=rng.choice([None, None, *EVENTS]), or_since=or_since)


def everybodys(rng: Random, start: date) -> Trigger:
    """Invent a trigger that is the same for everybody."""
    if rng.random() < 0.5:
        return ScheduleTrigger(cron=rng.choice(CRONS), zone=rng.choice(ZONES))
    day = start + timedelta(days=rng.choice([-1, 1, 2, 3, 4]))
    return OnTrigger(when=rng.choice([day, datetime.combine(day, time(rng.choice([0, 9, 12])), UTC)]))


def _sends(rng: Random, when: Trigger) -> tuple[Send, ...]:
    calendar = isinstance(when, EveryTrigger) or (isinstance(when, DateTrigger) and when.fact.type is FactType.DATE)
    calendar = calendar or (isinstance(when, OnTrigger) and not isinstance(when.when, datetime))
    offsets = list(LOCAL_OFFSETS if calendar else OFFSETS)
    if not isinstance(when, DateTrigger | EveryTrigger | OnTrigger):
        offsets = [offset for offset in offsets if offset >= timedelta()]
    if isinstance(when, SilentTrigger):
        offsets = [offset for offset in offsets if offset]
    chosen = rng.sample(offsets, rng.choice([1, 1, 2, 3]))
    return tuple(Send(label=str(offset), offset=offset, template="mail") for offset in chosen)


def conditions(rng: Random, subject: str, start: date, *, since: bool) -> Group:
    """Invent what must hold."""
    parts = tuple(condition(rng, subject, start, since=since, depth=2) for _ in range(rng.choice([0, 1, 1, 2])))
    return Group(kind="all", parts=parts)


def condition(rng: Random, subject: str, start: date, *, since: bool, depth: int) -> Condition:
    """Invent a condition."""
    kind = rng.choice(["fact", "fact", "fact", "did", "did", "group"])
    if kind == "group" and depth:
        parts = [condition(rng, subject, start, since=since, depth=depth - 1) for _ in range(rng.choice([1, 2]))]
        return Group(kind=rng.choice(["all", "any", "none"]), parts=tuple(parts))
    if kind == "did":
        return _did(rng, since=since)
    facts = [fact for fact in FACTS if subject == "customer" or fact.subject == "account"]
    fact = rng.choice(facts)
    fitting = [words for words, operator in OPERATORS.items() if fact.type in operator.types]
    words = rng.choice(fitting)
    return FactTest(fact=fact, operator=words, operands=_operands(rng, words, fact, start))


def _did(rng: Random, *, since: bool) -> DidTest:
    least = rng.choice([1, 1, 2, None])
    return DidTest(
        event=rng.choice([None, *EVENTS]),
        negated=rng.choice([False, True]),
        at_least=least,
        at_most=rng.choice([0, 1, 2]) if least is None else rng.choice([None, None, 2]),
        within=rng.choice([None, 3 * HOUR, DAY, 2 * DAY]),
        since_trigger=since and rng.choice([False, True]),
        where=tuple(_property(rng) for _ in range(rng.choice([0, 0, 1]))),
    )


def _property(rng: Random) -> PropertyTest:
    if rng.choice([True, False]):
        words = rng.choice(["is", "not", "contains", "matches", "has", "missing", "one of"])
        return PropertyTest(name=rng.choice(["plan", 'plän "x"']), operator=words, operands=_texts(rng, words))
    words = rng.choice(["is", "at least", "below", "between"])
    low = rng.choice([0.5, 1, 2])
    return PropertyTest(name="amount", operator=words, operands=(low, low + 1) if words == "between" else (low,))


def _texts(rng: Random, words: str) -> tuple[str, ...]:
    if words in {"has", "missing"}:
        return ()
    if words in {"one of", "none of"}:
        return tuple(rng.sample(WORDS, 2))
    word = rng.choice(WORDS)
    return ({"contains": word[1:3], "starts with": word[:2], "matches": f"{word[:1]}*?"}.get(words, word),)


def _operands(rng: Random, words: str, fact: Fact, start: date) -> tuple[Operand, ...]:
    if words in {"has", "missing"}:
        return ()
    if words in {"within last", "within next", "more than ago"}:
        return (rng.choice([DAY, 2 * DAY, 4 * DAY] + ([3 * HOUR] if fact.type is FactType.TIME else [])),)
    if fact.type is FactType.TEXT:
        return _texts(rng, words)
    values = sorted(_value(rng, fact, start) for _ in range(2))
    return tuple(values) if words in {"between", "one of", "none of"} else (values[0],)


def _value(rng: Random, fact: Fact, start: date) -> Operand:
    if fact.type is FactType.BOOLEAN:
        return rng.choice([True, False])
    if fact.type is FactType.NUMBER:
        return rng.choice([1, 2, 2.5])
    day = start + timedelta(days=rng.choice([0, 1, 3, 5]))
    if fact.type is FactType.DATE:
        return day
    return datetime.combine(day, time(rng.choice([0, 12])), UTC)
