"""Reads one rule file into a rule and the places of its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.rules.language.condition_schema import conditions_schema
from engine.rules.language.conditions import read_conditions
from engine.rules.language.forms import Answers, Field, FormOf
from engine.rules.language.kinds import Reader, Span, Text, TimeOfDay, Whole
from engine.rules.language.located import Located
from engine.rules.language.names import TOPIC, Recipient
from engine.rules.language.reading import Reading
from engine.rules.language.sends import Fitted, Sends, moments_of
from engine.rules.language.when import When
from engine.rules.model import DEFAULT_OPEN_FOR, DEFAULT_TOO_LATE_AFTER, Group, Place, Rule, Send
from engine.yaml_text import MapNode, Node

_IF = Reader(reads=read_conditions, says=conditions_schema)
RULE = FormOf(
    what="a rule",
    fields=(
        Field(key="description", kind=Text(), description="What this rule is for, for people who read it."),
        Field(key="topic", kind=TOPIC, description="The topic of topics.yaml its mails belong to.", required=True),
        Field(key="to", kind=Recipient(), description="`customer` (if nothing is said), or `account owner`."),
        Field(key="when", kind=When(), description="The trigger: what makes a mail due.", required=True),
        Field(
            key="send",
            kind=Sends(),
            description="Which template at which moment: {after 7 days: we-miss-you}.",
            required=True,
        ),
        Field(
            key="if",
            kind=_IF,
            description="A list of conditions; all must hold at the moment, and again when the mail leaves.",
        ),
        Field(
            key="at",
            kind=TimeOfDay(),
            description="The time of day, in the reader's time zone; 09:00 for calendar days if nothing is said.",
        ),
        Field(key="open_for", kind=Span(), description="How long a moment may wait for a late fact; 1 hour."),
        Field(key="too_late_after", kind=Span(), description="How late a mail may still go out; 3 days."),
        Field(
            key="backfill",
            kind=Span(or_word="all"),
            description="How far back a new rule looks, once: `90 days` or `all`; if nothing is said, not at all.",
        ),
        Field(key="max_at_once", kind=Whole(), description="Hold the rule when one tick finds more than so many."),
        Field(key="was", kind=Text(), description="The name of the file this rule had before, after renaming it."),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A rule just read, with the places that its checks speak of: values by key, moments, conditions."""

    rule: Rule
    node: MapNode
    places: Mapping[str, Node]
    moments: tuple[Fitted, ...]
    conditions: Located | None

    def tests(self) -> Iterator[Located]:
        """Yield every test of the conditions at its place in the rule's own file."""
        return self.conditions.leaves() if self.conditions else iter(())


def read_rule(name: str, node: MapNode, reading: Reading) -> Draft | None:
    """Return the rule of a file; None if any of it is broken."""
    answers = RULE.read_entries(node, reading)
    moments = moments_of(answers["send"], answers["when"], reading) if answers else None
    if answers is None or moments is None:
        return None
    rule = _rule(
        name, answers, tuple(one.send for one in moments), Place(path=node.path, line=node.line, column=node.column)
    )
    places = {entry.key.text: entry.value for entry in node}
    return Draft(rule=rule, node=node, places=places, moments=moments, conditions=answers.get("if"))


def _rule(name: str, answers: Answers, sends: tuple[Send, ...], place: Place) -> Rule:
    located: Located | None = answers.get("if")
    conditions = located.condition if located else Group(kind="all", parts=())
    assert isinstance(conditions, Group)
    return Rule(
        name=name,
        topic=answers["topic"],
        trigger=answers["when"],
        sends=sends,
        place=place,
        to_role=answers.get("to") or None,
        conditions=conditions,
        at=answers.get("at"),
        open_for=answers.get("open_for", DEFAULT_OPEN_FOR),
        too_late_after=answers.get("too_late_after", DEFAULT_TOO_LATE_AFTER),
        backfill=answers.get("backfill"),
        max_at_once=answers.get("max_at_once"),
        was=answers.get("was"),
        description=answers.get("description", ""),
    )
