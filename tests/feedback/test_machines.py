"""Opens and clicks of programs are marked, and those of people are not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sending import NOW
from telling import SECOND, a_sent_message, hear, rows

from engine.feedback.machines import Trace, of_machines
from engine.models import tables
from engine.testing.sendgrid_events import an_event

PERSON = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
PROGRAMS = (
    None,
    "",
    "curl/8.5.0",
    "python-requests/2.32",
    "Go-http-client/2.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1)",
    "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0",
    "BarracudaCentral-Scanner",
    "Java/17.0.2",
    "Apache-HttpClient/4.5",
)
PEOPLE = (
    PERSON,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36",
    "Cubot X70",
)


def click(number: int, after: float, *, url: str = "", agent: str | None = PERSON) -> Trace:
    """Return a click so many seconds after the delivery."""
    at = NOW + timedelta(seconds=after)
    return Trace(event_id=f"c{number}", kind="clicked", at=at, url=url or f"https://acme.test/{number}", agent=agent)


def delivered(after: float = 0) -> Trace:
    """Return a delivery."""
    return Trace(event_id=f"d{after}", kind="delivered", at=NOW + timedelta(seconds=after))


TRACES: dict[str, tuple[list[Trace], set[str]]] = {
    "one quick click": ([delivered(), click(1, 2)], set()),
    "two links at once": ([delivered(), click(1, 2), click(2, 2)], {"c1", "c2"}),
    "one link twice": ([delivered(), click(1, 2, url="u"), click(2, 3, url="u")], set()),
    "two links, one later": ([delivered(), click(1, 2), click(2, 11)], set()),
    "two links at the last second": ([delivered(), click(1, 10), click(2, 10)], {"c1", "c2"}),
    "a person after the scanner": ([delivered(), click(1, 1), click(2, 1), click(3, 3600)], {"c1", "c2"}),
    "two links before the delivery was told": ([click(1, 2), click(2, 2)], set()),
    "two links before the delivery": ([delivered(5), click(1, 2), click(2, 2)], set()),
    "delivered twice": ([delivered(), delivered(100), click(1, 101), click(2, 101)], {"c1", "c2"}),
}


@pytest.mark.parametrize(("traces", "expected"), TRACES.values(), ids=TRACES)
def test_several_links_within_seconds_of_delivery_are_a_scanners(traces: list[Trace], expected: set[str]) -> None:
    """People do not follow two links within ten seconds after a mail arrived."""
    assert of_machines(traces) == expected


@pytest.mark.parametrize("agent", PROGRAMS)
def test_programs_say_what_they_are(agent: str | None) -> None:
    """A click without a user agent, or with that of a program, is no person's."""
    assert of_machines([click(1, 3600, agent=agent)]) == {"c1"}


@pytest.mark.parametrize("agent", PEOPLE)
def test_browsers_are_peoples(agent: str) -> None:
    """Also those of odd telephones."""
    assert of_machines([click(1, 3600, agent=agent)]) == set()


@pytest.mark.parametrize(("said", "marked"), [(True, True), (False, False), (None, False), ("true", False)])
def test_opens_are_marked_as_sendgrid_says(database: sa.Engine, *, said: object, marked: bool) -> None:
    """What a mail program fetches by itself is no open of a person."""
    hear(database, an_event("open", a_sent_message(database), at=NOW, sg_machine_open=said))
    assert rows(database, tables.feedback, "machine") == [marked]


def test_a_scanner_is_seen_once_the_delivery_is_told(database: sa.Engine) -> None:
    """Clicks that came first are marked afterwards; the others stay as they are."""
    send_id = a_sent_message(database)
    clicks = [
        an_event("click", send_id, at=NOW + SECOND * after, number=number, url=f"https://acme.test/{number}")
        for number, after in enumerate((1, 2, 3600))
    ]
    hear(database, *clicks)
    assert rows(database, tables.feedback, "machine") == [False] * 3
    hear(database, an_event("delivered", send_id, at=NOW))
    assert rows(database, tables.feedback, "kind", "machine") == [
        ("clicked", False),
        ("clicked", True),
        ("clicked", True),
        ("delivered", False),
    ]


def test_nobody_was_there_for_an_open_or_a_click(database: sa.Engine) -> None:
    """Feedback is no activity: a silence goes on, whoever opened a mail."""
    send_id = a_sent_message(database)
    hear(database, an_event("open", send_id, at=NOW), an_event("click", send_id, at=NOW))
    assert rows(database, tables.customer, "last_seen_at", "seen_changed_at") == [(None, None)]
