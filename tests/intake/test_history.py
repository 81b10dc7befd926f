"""A fact's history takes in words of any time, and says what each of them changed."""

from __future__ import annotations

from itertools import permutations

import pytest

from engine.intake.history import Change, Known, learn

WORDS = (Known(1, "a"), Known(2, "b"), Known(3, None), Known(4, "c"))


@pytest.mark.parametrize("order", list(permutations(WORDS)))
def test_any_order_comes_to_the_same_history(order: tuple[Known, ...]) -> None:
    """Words that differ from their neighbours end in the same history, and the newest is the fact."""
    history: list[Known] = []
    for word in order:
        learn(history, word)
    assert [word for word in history if word != (3, None)] == [word for word in WORDS if word.value]
    assert history[-1] == WORDS[-1]


@pytest.mark.parametrize(
    ("word", "change"),
    [
        (Known(15, "a"), None),
        (Known(25, "b"), None),
        (Known(25, "c"), Change(25, "b", "c", latest=True)),
        (Known(15, "c"), Change(15, "a", "c", latest=False)),
        (Known(5, "c"), Change(5, None, "c", latest=False)),
        (Known(5, None), None),
        (Known(20, "c"), Change(20, "b", "c", latest=True)),
        (Known(30, None), Change(30, "b", None, latest=True)),
    ],
)
def test_what_a_word_changes_depends_on_what_held_then(word: Known, change: Change | None) -> None:
    """The fact was `a` from 10 and `b` from 20."""
    assert learn([Known(10, "a"), Known(20, "b")], word) == change
