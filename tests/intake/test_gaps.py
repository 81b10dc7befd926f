"""Absences are the gaps of a day or more between neighbours, whatever the order and split in which events arrive."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.intake.gaps import DAY, changes

H = DAY // 24


def naive(instants: set[int]) -> dict[int, int]:
    """The absences of a customer with these events, by their start."""
    return {start: end for start, end in pairwise(sorted(instants)) if end - start >= DAY}


@given(st.lists(st.sets(st.integers(0, 40), max_size=4), max_size=12))
def test_any_split_and_order_comes_to_the_same(batches: list[set[int]]) -> None:
    """After every batch the kept absences are those of all events so far."""
    seen: set[int] = set()
    kept: dict[int, int] = {}
    for batch in batches:
        new = sorted(tick * 11 * H for tick in batch)
        split = {(start, end) for start, end in kept.items() for at in new if start < at < end}
        change = changes(new, first=min(seen, default=None), last=max(seen, default=None), split=sorted(split))
        for start in change.closed:
            del kept[start]
        kept |= dict(change.written)
        seen |= set(new)
        assert kept == naive(seen)


@pytest.mark.parametrize(
    ("new", "written", "closed"),
    [
        ([5 * DAY], (), ()),
        ([4 * DAY], ((4 * DAY, 5 * DAY),), ()),
        ([7 * DAY], ((5 * DAY, 7 * DAY), (7 * DAY, 9 * DAY)), ()),
        ([5 * DAY + H], ((5 * DAY + H, 9 * DAY),), (5 * DAY,)),
        ([9 * DAY - H], ((5 * DAY, 9 * DAY - H),), ()),
        ([12 * DAY], ((9 * DAY, 12 * DAY),), ()),
        ([9 * DAY + H], (), ()),
    ],
)
def test_only_what_changed_is_written(new: list[int], written: tuple[tuple[int, int], ...], closed: tuple[int]) -> None:
    """A customer seen on day 5 and day 9: what one more event writes anew, and what it ends."""
    split = [(5 * DAY, 9 * DAY)] if 5 * DAY < new[0] < 9 * DAY else []
    change = changes(new, first=5 * DAY, last=9 * DAY, split=split)
    assert (change.written, change.closed) == (written, closed)
