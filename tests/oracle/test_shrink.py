"""The shrinker of histories finds the few steps that matter."""

from __future__ import annotations

import pytest
from oracle.shrink import fewest


@pytest.mark.parametrize("needed", [set(), {0}, {24}, {3, 4}, {0, 7, 24}, set(range(25))])
def test_only_what_matters_is_kept(needed: set[int]) -> None:
    """Whichever steps a failure needs, those are left, in their order."""
    assert fewest(range(25), lambda kept: needed <= set(kept)) == sorted(needed)
