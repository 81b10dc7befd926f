"""Reads `rules/topics.yaml`: the streams of mail that people can say no to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from email_validator import EmailNotValidError, validate_email

from engine.rules.language.caps import CAPS, QUIET_HOURS
from engine.rules.language.forms import Answers, Field, FormOf
from engine.rules.language.kinds import Choice, Reader, Text, Whole
from engine.rules.language.names import sound_name
from engine.rules.language.reading import Reading
from engine.rules.model import Place, Topic
from engine.yaml_text import Entry, MapNode, Node, Scalar

PATH = "rules/topics.yaml"
ALL_MARKETING = "all marketing"
"""Stands among the topics for what all marketing topics share; no topic can be named so."""


def _address(node: Node, reading: Reading) -> str | None:
    """Return `name <address>` or an address, both as they will stand in the header."""
    scalar = reading.scalar(node, "an address such as Billing <billing@example.com>")
    if scalar is None:
        return None
    try:
        validate_email(scalar.text, check_deliverability=False, allow_display_name=True, test_environment=True)
    except EmailNotValidError:
        return reading.unexpected(node, "an address such as Billing <billing@example.com>")
    return scalar.text


_ADDRESS = Reader(reads=_address, says=lambda _: {"type": "string", "pattern": "@"})
_KIND = Choice(words=("transactional", "marketing"))
TOPIC = FormOf(
    what="a topic",
    fields=(
        Field(
            key="kind",
            kind=_KIND,
            description="transactional: mail the customer needs; marketing: mail that can be unsubscribed from.",
            required=True,
        ),
        Field(key="title", kind=Text(), description="What people see where they choose their mail."),
        Field(key="description", kind=Text(), description="One sentence more on what comes with this topic."),
        Field(key="sender", kind=_ADDRESS, description="From, such as Billing <billing@example.com>."),
        Field(key="reply_to", kind=_ADDRESS, description="Where answers go."),
        Field(
            key="priority",
            kind=Whole(least=-1000, most=1000),
            description="The higher goes first when not all may be sent; 0 if nothing is said.",
        ),
        Field(
            key="on_doubt",
            kind=Choice(words=("hold", "resend")),
            description="What to do when nobody knows whether a mail was accepted: hold it, or send it once more.",
        ),
        Field(
            key="consent",
            kind=Choice(words=("opt-in", "opt-out")),
            description="Of marketing: opt-in goes only to who said yes, opt-out to all who did not say no (default).",
        ),
        Field(
            key="at most",
            kind=CAPS,
            description="How much of it one address gets: `3 per 30 days`, or `[1 per day, 3 per 30 days]`.",
        ),
        Field(
            key="quiet hours",
            kind=QUIET_HOURS,
            description="When it does not leave, where its reader lives: `20:00 to 08:00`. It waits until they end.",
        ),
    ),
)
MARKETING = FormOf(
    what="`all marketing`",
    fields=(
        Field(
            key="at most",
            kind=CAPS,
            description="How much of all marketing topics together one address gets, beside the cap of each.",
        ),
        Field(
            key="quiet hours",
            kind=QUIET_HOURS,
            description="The quiet hours of each marketing topic that has none of its own.",
        ),
    ),
)


def read_topic(entry: Entry, reading: Reading) -> Topic | None:
    """Return the topic of an entry: a table, or only its kind."""
    name = entry.key.text
    if not sound_name(name):
        return reading.refuse("E210", entry.key, name=name, why="use small letters, digits and hyphens")
    place = Place(path=entry.key.path, line=entry.key.line, column=entry.key.column)
    if isinstance(entry.value, Scalar) and not entry.value.empty:
        kind = _KIND.read(entry.value, reading)
        return Topic(name=name, kind=kind, title=name, place=place) if kind else None  # type: ignore[arg-type]
    answers = TOPIC.read(entry.value, reading)
    if answers and answers["kind"] == "transactional" and "consent" in answers:
        _refuse_consent(entry.value, reading)
        return None
    return Topic(name=name, place=place, **{"title": name, **_attributes(answers)}) if answers else None


def _attributes(answers: Answers) -> Answers:
    return {key.replace(" ", "_"): value for key, value in answers.items()}


def _refuse_consent(node: Node, reading: Reading) -> None:
    """Say that nobody is asked about mail that they need."""
    assert isinstance(node, MapNode)
    reading.refuse("E415", next(entry.key for entry in node if entry.key.text == "consent"))


def read_topics(node: Node | None, reading: Reading) -> dict[str, Topic | None]:
    """Return every topic by name, None where it is broken."""
    if node is None:
        return {}
    table = node if isinstance(node, MapNode) else reading.map(node, "a table of topics")
    if not table:
        return {}
    shared = table.get(ALL_MARKETING)
    said = MARKETING.read(shared, reading) if shared else None
    topics = [entry for entry in table if entry.key.text != ALL_MARKETING]
    return {entry.key.text: _sharing(read_topic(entry, reading), said or {}) for entry in topics}


def _sharing(topic: Topic | None, said: Mapping[str, Any]) -> Topic | None:
    """Return a topic with what it shares with all others of marketing."""
    if topic is None or topic.kind != "marketing":
        return topic
    hours = topic.quiet_hours or said.get("quiet hours")
    return replace(topic, marketing_at_most=said.get("at most", ()), quiet_hours=hours)
