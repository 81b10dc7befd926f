"""Conditions are called impossible only where they are: compared with the naive evaluator on many small worlds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import conditions as oracle
from oracle.world import DAY, Event, Said, World

from engine.clock import to_micros
from engine.facts import BUILT_IN
from engine.rules.language.possible import possible
from engine.rules.model import Condition, DidTest, FactTest, Group, PropertyTest

NOW = to_micros(datetime(2026, 3, 15, 12, tzinfo=UTC))
TODAY = date(2026, 3, 15)
ANA = ("customer", "ana")
ACME = ("account", "acme")
SEATS, PLAN, RENEWS, SIGNED_UP = (
    BUILT_IN[path] for path in ("account.seats", "account.plan", "account.renews_on", "customer.signed_up_at")
)
SPANS = st.integers(1, 4).map(lambda days: timedelta(days=days))
WORDS = ("pro", "Pro", "basic", "bas", "prob")
ONE = st.integers(0, 4)


def asks_of(fact: Any, *kinds: tuple[list[str], st.SearchStrategy[Any]]) -> st.SearchStrategy[FactTest]:  # noqa: ANN401
    """Make tests of a fact by the operators that take such operands."""
    every = [
        st.builds(lambda words, given_: FactTest(fact=fact, operator=words, operands=given_), st.sampled_from(ops), of)
        for ops, of in (*kinds, (["has", "missing"], st.just(())))
    ]
    return st.one_of(every)


def lists(one: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Make lists of one to three values."""
    return st.lists(one, min_size=1, max_size=3, unique=True).map(tuple)


def pairs(one: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Make two values, the lower first."""
    return st.tuples(one, one).map(sorted).map(tuple)


DAYS = st.integers(-3, 3).map(lambda days: TODAY + timedelta(days=days))
INSTANTS = st.integers(-3, 3).map(lambda days: datetime(2026, 3, 15, tzinfo=UTC) + timedelta(days=days))
WORD = st.sampled_from(WORDS)
MOVING = (["within last", "within next", "more than ago"], st.tuples(SPANS))
NUMBERS = asks_of(
    SEATS,
    (["is", "not", "below", "above", "at least", "at most"], st.tuples(ONE)),
    (["one of", "none of"], lists(ONE)),
    (["between"], pairs(ONE)),
)
TEXTS = asks_of(
    PLAN,
    (["is", "not", "contains", "starts with"], st.tuples(WORD)),
    (["one of", "none of"], lists(WORD)),
    (["matches"], st.tuples(st.sampled_from(["p*", "?as*", "*o?"]))),
)
DATES = asks_of(RENEWS, (["is", "not", "before", "after"], st.tuples(DAYS)), (["between"], pairs(DAYS)), MOVING)
TIMES = asks_of(SIGNED_UP, (["before", "after"], st.tuples(INSTANTS)), (["between"], pairs(INSTANTS)), MOVING)
WHERE = st.lists(
    st.sampled_from(
        [PropertyTest(name="kind", operator="is", operands=("a",)), PropertyTest(name="n", operator="has")]
    ),
    max_size=2,
    unique=True,
).map(tuple)
EVENT = st.sampled_from(["A", "B", None])
WITHIN = st.one_of(st.none(), SPANS)
COUNTS = st.one_of(
    st.builds(DidTest, event=EVENT, negated=st.booleans(), at_least=st.integers(1, 3), within=WITHIN, where=WHERE),
    st.builds(DidTest, event=EVENT, at_least=st.none(), at_most=st.integers(0, 2), within=WITHIN, where=WHERE),
    st.builds(
        lambda event, low, more, within: DidTest(event=event, at_least=low, at_most=low + more, within=within),
        EVENT,
        st.integers(1, 2),
        st.integers(0, 1),
        WITHIN,
    ),
)
TESTS = st.one_of(NUMBERS, TEXTS, DATES, TIMES, COUNTS)


def group(kind: Any, parts: Sequence[Condition]) -> Group:  # noqa: ANN401 (one of three words)
    """Make a group."""
    return Group(kind=kind, parts=tuple(parts))


def nested(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """Make groups of what there is."""
    return st.builds(group, st.sampled_from(["all", "any", "none"]), st.lists(inner, min_size=1, max_size=4))


CONDITIONS: st.SearchStrategy[Condition] = st.recursive(TESTS, nested, max_leaves=8)


def world(rng: Random) -> World:
    """Invent what is known of Ana and her account, and what she did."""
    made = World()
    values = {
        (ANA, "account_id"): "acme",
        (ACME, "seats"): rng.choice([None, *(half / 2 for half in range(-2, 12))]),
        (ACME, "plan"): rng.choice([None, *WORDS, "other", "problem", "baso"]),
        (ACME, "renews_on"): rng.choice([None, *(TODAY + timedelta(days=days) for days in range(-6, 7))]),
        (ANA, "signed_up_at"): rng.choice([None, *(NOW + quarter * DAY // 4 for quarter in range(-24, 25))]),
    }
    for (owner, name), value in values.items():
        made.facts[owner][name].append(Said(at=0, stamp=0, value=value))
    for number in range(rng.choice([0, 1, 1, 2, 3, 4])):
        keys = {"kind": rng.choice(["a", "b"]), **({"n": 1} if rng.random() < 0.5 else {})}
        at = NOW - rng.randrange(0, 24) * DAY // 4
        name = rng.choice("AB")
        made.events["ana"].append(Event(id=str(number), customer="ana", name=name, at=at, stamp=at, keys=keys))
    return made


WORLDS = [world(Random(seed)) for seed in range(400)]  # noqa: S311 (worlds need no secrets)


def holds(condition: Condition, in_: World) -> bool:
    """Judge a condition of Ana by the naive evaluator."""
    return oracle.holds(condition, in_, ANA, None, NOW, "UTC")


@settings(max_examples=400, deadline=None)
@given(CONDITIONS)
def test_what_holds_in_some_world_is_never_called_impossible(condition: Condition) -> None:
    """Nor what fails in some world certain."""
    seen = {holds(condition, one) for one in WORLDS}
    assert True not in seen or possible([(condition, True)])
    assert False not in seen or possible([(condition, False)])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(NUMBERS, st.booleans()), min_size=1, max_size=4))
def test_of_numbers_everything_impossible_is_found(goals: list[tuple[FactTest, bool]]) -> None:
    """Tried at each half and where it is missing."""
    values = [None, *(half / 2 for half in range(-2, 12))]

    def passes(test: FactTest, value: float | None) -> bool:
        if test.operator in {"has", "missing"} or value is None:
            return (test.operator == "missing") == (value is None) and test.operator in {"has", "missing"}
        return oracle.compare(test.operator, value, list(test.operands))

    assert possible(goals) is any(all(passes(test, value) is wanted for test, wanted in goals) for value in values)


EVER = st.sampled_from([None, timedelta(days=2)])
FRAMED = st.one_of(
    st.builds(DidTest, event=st.just("A"), negated=st.booleans(), at_least=st.integers(1, 3), within=EVER),
    st.builds(DidTest, event=st.just("A"), at_least=st.none(), at_most=st.integers(0, 2), within=EVER),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(FRAMED, st.booleans()), min_size=1, max_size=4))
def test_of_counts_everything_impossible_is_found(goals: list[tuple[DidTest, bool]]) -> None:
    """Counts lately are at most those of all time."""

    def passes(test: DidTest, ever: int, lately: int) -> bool:
        count = ever if test.within is None else lately
        most = float("inf") if test.at_most is None else test.at_most
        return ((test.at_least or 0) <= count <= most) is not test.negated

    counts = [(ever, lately) for ever in range(8) for lately in range(ever + 1)]
    found = any(all(passes(test, *count) is wanted for test, wanted in goals) for count in counts)
    assert possible(goals) is found


def test_the_same_words_in_another_case_are_the_same() -> None:
    """But ids are compared as they are."""
    for of, can in ((PLAN, False), (BUILT_IN["account.id"], True)):
        pro = FactTest(fact=of, operator="is", operands=("Pro",))
        other = FactTest(fact=of, operator="not", operands=("pro",))
        assert possible([(pro, True), (other, True)]) is can


def test_many_alternatives_end_soon() -> None:
    """In a yes, unless what must hold anyway is impossible."""
    either = [group("any", [DidTest(event=f"E{n}", negated=no) for no in (False, True)]) for n in range(100)]
    never = group("all", [FactTest(fact=PLAN, operator=words) for words in ("has", "missing")])
    assert possible([(one, True) for one in either])
    assert not possible([(never, True), *((one, True) for one in either)])
