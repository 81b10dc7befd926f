"""Conditions are called impossible only where they are: compared with trying every value."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.facts import BUILT_IN
from engine.rules.language.impossible import did_tests_clash, fact_tests_clash
from engine.rules.model import DidTest, FactTest

SEATS = BUILT_IN["account.seats"]
VALUES = [None, *(half / 2 for half in range(-2, 14))]
ONE = st.integers(0, 5)
TESTS = st.one_of(
    st.tuples(st.sampled_from(["is", "not", "below", "above", "at least", "at most"]), st.tuples(ONE)),
    st.tuples(st.sampled_from(["one of", "none of"]), st.lists(ONE, min_size=1, max_size=3).map(tuple)),
    st.tuples(st.just("between"), st.tuples(ONE, ONE).map(sorted).map(tuple)),
    st.tuples(st.sampled_from(["has", "missing"]), st.just(())),
)


BOUNDS: dict[str, Callable[[float, int], bool]] = {
    "below": operator.lt,
    "above": operator.gt,
    "at least": operator.ge,
    "at most": operator.le,
}


def holds(value: float | None, words: str, given_: tuple[int, ...]) -> bool:
    """Judge one test of one value, by hand."""
    if value is None or not given_:
        return words == ("missing" if value is None else "has")
    if words in BOUNDS:
        return BOUNDS[words](value, given_[0])
    if words == "between":
        return given_[0] <= value <= given_[1]
    return (value in given_) is (words in {"is", "one of"})


@settings(max_examples=600, deadline=None)
@given(st.lists(TESTS, min_size=1, max_size=4))
def test_fact_tests_clash_where_no_value_satisfies_them(tests: Sequence[tuple[str, tuple[int, ...]]]) -> None:
    """What is refused holds for no value; and without exclusions, what holds for no value is refused."""
    possible = any(all(holds(value, *test) for test in tests) for value in VALUES)
    clash = fact_tests_clash([FactTest(fact=SEATS, operator=words, operands=given_) for words, given_ in tests])
    exclusions = {"not", "none of"} & {words for words, _ in tests}
    assert not (clash and possible)
    assert clash or possible or exclusions


COUNTS = st.one_of(
    st.builds(
        lambda low, more, window: DidTest(event="A", at_least=low, at_most=low + more, within=window),
        st.integers(0, 3),
        st.integers(0, 2),
        st.sampled_from([None]),
    ),
    st.builds(lambda low, negated: DidTest(event="A", at_least=low, negated=negated), st.integers(1, 3), st.booleans()),
    st.builds(
        lambda low, where: DidTest(event="A", at_least=low, since_trigger=where), st.integers(1, 3), st.booleans()
    ),
    st.builds(lambda low: DidTest(event="A", at_least=low, negated=True, since_trigger=True), st.integers(1, 3)),
)


def counted(test: DidTest, ever: int, lately: int) -> bool:
    """Judge one test of how often something was done, by hand."""
    count = lately if test.since_trigger else ever
    most = float("inf") if test.at_most is None else test.at_most
    return ((test.at_least or 0) <= count <= most) is not test.negated


@settings(max_examples=600, deadline=None)
@given(st.lists(COUNTS, min_size=1, max_size=4))
def test_did_tests_clash_where_no_count_satisfies_them(tests: Sequence[DidTest]) -> None:
    """Counts lately are at most those of all time; what is refused holds for none, what holds for none is refused."""
    pairs = ((ever, lately) for ever, lately in itertools.product(range(8), repeat=2) if lately <= ever)
    possible = any(all(counted(test, ever, lately) for test in tests) for ever, lately in pairs)
    assert did_tests_clash(tests) is not possible
