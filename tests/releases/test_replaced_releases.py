"""What a daemon has made of a release goes when others replace it, though it lets Python look for garbage seldom."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from company import app, edited

from engine.app.release import make_release
from engine.app.running import Live

KEPT = 6
"""More releases than are kept for those who read the same files again."""


@pytest.fixture
def no_garbage_is_looked_for() -> Iterator[None]:
    """As in a daemon, for a while."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_garbage_is_looked_for")
def test_templates_of_a_replaced_release_are_freed(database: sa.Engine, tmp_path: Path) -> None:
    """They refer to each other in circles: without a look they would stay."""
    made, live = [], Live(app=app(database, tmp_path))
    for number in range(KEPT):
        opened = app(database, tmp_path, edited("You were away", f"{number} times away", "templates/welcome-back.md"))
        make_release(opened)
        running = live.runtime()
        assert running is not None
        made.append(weakref.ref(running.library.variant("welcome-back").html.template.environment))
        del running
    assert made[0]() is None
    assert made[-1]() is not None
