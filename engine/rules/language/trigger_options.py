"""The keys of each trigger: what may be written beside its keyword."""

from __future__ import annotations

from datetime import timedelta

from engine.facts import FactType
from engine.rules.language.becomes import becomes_schema, read_becomes
from engine.rules.language.forms import Field, FormOf
from engine.rules.language.kinds import Choice, Reader, Span, Truth
from engine.rules.language.names import EventName, FactName
from engine.rules.language.properties import Where
from engine.rules.operators import DAYS

SHORTEST_ABSENCE = timedelta(days=1)
"""Shorter absences are not kept."""

EVENT = FormOf(
    what="the trigger `event`",
    fields=(
        Field(key="event", kind=EventName(), description="The event's name, as the product sends it.", required=True),
        Field(key="first", kind=Truth(), description="`true`: only the first one of each customer."),
        Field(key="where", kind=Where(), description="Only events with these properties."),
    ),
)
DATE = FormOf(
    what="the trigger `date`",
    fields=(
        Field(
            key="date",
            kind=FactName(types=DAYS, what="`date`"),
            description="A date or instant of the customer or the account.",
            required=True,
        ),
    ),
)
EVERY = FormOf(
    what="the trigger `every`",
    fields=(
        Field(
            key="every",
            kind=Choice(words=("year", "month")),
            description="Each year or each month.",
            required=True,
        ),
        Field(
            key="since",
            kind=FactName(types=DAYS, what="`since`", moving=False),
            description="The date whose anniversary it is.",
            required=True,
        ),
    ),
)
SILENT = FormOf(
    what="the trigger `silent`",
    fields=(
        Field(
            key="silent",
            kind=EventName(any_event=True),
            description="The event that does not happen, or `any event`.",
            required=True,
        ),
        Field(
            key="or since",
            kind=FactName(types=frozenset({FactType.TIME}), what="`or since`"),
            description="Counts from this instant where the event never happened.",
        ),
    ),
)
BACK_AFTER = FormOf(
    what="the trigger `back after`",
    fields=(
        Field(
            key="back after",
            kind=Span(least=SHORTEST_ABSENCE),
            description="The shortest absence that makes a return, such as `30 days`.",
            required=True,
        ),
    ),
)
BECOMES = FormOf(
    what="the trigger `becomes`",
    fields=(
        Field(
            key="becomes",
            kind=Reader(reads=read_becomes, says=becomes_schema),
            description="A segment, a condition or a list of conditions that was not true before.",
            required=True,
        ),
    ),
)
