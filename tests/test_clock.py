"""Instants as numbers and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from engine.clock import EPOCH, from_micros, to_micros

INSTANTS = st.datetimes(timezones=st.just(UTC))


@given(INSTANTS)
@example(datetime.min.replace(tzinfo=UTC))
@example(datetime.max.replace(tzinfo=UTC))
def test_an_instant_comes_back_to_the_microsecond(at: datetime) -> None:
    """In every year there is, and always in UTC."""
    back = from_micros(to_micros(at))
    assert (back, back.tzinfo) == (at, UTC)


@given(INSTANTS.map(to_micros))
def test_a_number_is_counted_from_1970(micros: int) -> None:
    """As many microseconds after it, or before."""
    assert from_micros(micros) == EPOCH + timedelta(microseconds=micros)
