"""docs/semantics.md cannot lie: each of its examples is played as it stands."""

from __future__ import annotations

import pytest
from evaluate.staging import Stage, at
from evaluate.stories import MINUTE, Story, Telling, stories

STORIES = list(stories())
WORDS = (
    "Missing", "Past", "Changed", "Removed", "29 February", "The 31st", "Zones", "A gap of the clock",
    "A fold of the clock",     "Several moments due together", "Late uploads",
    "Slots of a schedule", "One day for everybody",
)  # fmt: skip


def test_every_word_has_an_example() -> None:
    """No semantic of dates is left to prose."""
    assert set(WORDS) <= {story.name for story in STORIES}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_an_example_is_as_it_is_told(stage: Stage, story: Story) -> None:
    """At each time what the row says is decided, and nothing between."""
    telling = Telling(stage=stage, rule=story.rule, now=at(story.lines[0].time) - MINUTE)
    told = [(line.time, list(line.decided)) for line in story.lines]
    assert [(line.time, telling.line(line)) for line in story.lines] == told
