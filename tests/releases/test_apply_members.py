"""Applying a `becomes` rule finds out at once who is in, whether the rule is paused or not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from company import FILES, NOW
from sending import add_customer

from engine import evaluate, runtime
from engine.db import reading, writing
from engine.models.tables import customer, enrollment
from engine.releases.apply import Origin, apply
from engine.settings import Settings

RULE = "topic: tips\nwhen: {becomes: {customer.locale: %s}}\nsend: welcome-back\n"
HOUR = timedelta(hours=1)
SETTINGS = Settings(provider="files")


def files(language: str) -> dict[str, str]:
    """Return the company's files with the rule for a language."""
    mail = FILES["templates/welcome-back.md"].replace("{{ days_silent }}", "some")
    return {**FILES, "rules/we-miss-you.yaml": RULE % language, "templates/welcome-back.md": mail}


def speaks(database: sa.Engine, who: str, language: str, at_hour: int) -> None:
    """Let a customer's language be another."""
    with writing(database) as connection:
        values = {"locale": language, "locale_key": language, "changed_at": NOW + at_hour * HOUR}
        connection.execute(sa.update(customer).where(customer.c.id == who).values(**values))


@pytest.mark.parametrize("paused", [False, True], ids=["live", "paused"])
def test_whoever_comes_in_after_the_activation_is_written_to(database: sa.Engine, *, paused: bool) -> None:
    """Ana was in before and is left alone; Bob comes in, during a pause or not, and gets his mail."""
    for who, language in (("ana", "sv"), ("bob", "en")):
        add_customer(database, who)
        speaks(database, who, language, 0)
    apply(database, files("fi"), settings=SETTINGS, origin=Origin(author="test"), now=NOW + HOUR)
    if paused:
        evaluate.pause(database, "we-miss-you", NOW + HOUR, "test")
    done = apply(database, files("sv"), settings=SETTINGS, origin=Origin(author="test"), now=NOW + 2 * HOUR)
    speaks(database, "bob", "sv", 3)
    if paused:
        evaluate.resume(database, "we-miss-you", NOW + 4 * HOUR, "test")
    built = runtime.build(files("sv"), release_id=done.release_id, settings=SETTINGS)
    for hour in (4, 5):
        evaluate.run_once(database, built.programs, release_id=done.release_id, now=NOW + hour * HOUR)
    with reading(database) as connection:
        rows = connection.execute(sa.select(enrollment.c.subject_id, enrollment.c.state)).all()
    assert [tuple(row) for row in rows] == [("bob", "enrolled")]
