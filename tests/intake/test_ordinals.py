"""Ordinals number equal rows through a whole file, also when their counts no longer fit into memory."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from engine.intake.ordinals import Ordinals

BATCHES = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=6), max_size=12)


@given(batches=BATCHES, limit=st.integers(0, 5))
def test_each_row_is_told_how_many_equal_ones_came_before(batches: list[list[str]], limit: int) -> None:
    """Whatever the batches and however early the counts go to disk."""
    before: Counter[str] = Counter()
    with Ordinals(limit) as ordinals:
        for batch in batches:
            wanted = []
            for digest in batch:
                wanted.append(before[digest])
                before[digest] += 1
            assert ordinals.number(batch) == wanted
