"""Tests of what a customer did: `did: Report Shared`, `did not: {event: Logged In, within: 7 days}`."""

from __future__ import annotations

from engine.rules.language.forms import Answers, Field, FormOf
from engine.rules.language.kinds import Choice, Json, Span, Whole
from engine.rules.language.located import Located
from engine.rules.language.names import ANY_EVENT, EventName
from engine.rules.language.properties import Where
from engine.rules.language.reading import Reading
from engine.rules.language.vocabulary import Vocabulary
from engine.rules.model import DidTest
from engine.yaml_text import Entry, MapNode, Node

EVENT = EventName(any_event=True)
DID = FormOf(
    what="`did`",
    fields=(
        Field(key="event", kind=EVENT, description="The event's name, or `any event`.", required=True),
        Field(key="at least", kind=Whole(), description="At least so many times; 1 if nothing is said."),
        Field(key="at most", kind=Whole(), description="At most so many times; never counts as well."),
        Field(key="within", kind=Span(), description="Only what happened in the last so many days, such as `7 days`."),
        Field(
            key="since",
            kind=Choice(words=("trigger",)),
            description="`trigger`: only what happened since the event or date this rule waits for.",
        ),
        Field(key="where", kind=Where(), description="Only events with these properties."),
    ),
)
DID_NOT = FormOf(what="`did not`", fields=tuple(field for field in DID.fields if field.key != "at most"))


def read_did(words: str, entry: Entry, reading: Reading) -> Located | None:
    """Return the test that `did:` or `did not:` says."""
    negated = words == "did not"
    answers = _answers(negated, entry.value, reading)
    if answers is None or not _sound(answers, entry, reading):
        return None
    event = answers["event"]
    least = answers.get("at least", None if "at most" in answers else 1)
    test = DidTest(
        event=None if event == ANY_EVENT else event,
        negated=negated,
        at_least=least,
        at_most=answers.get("at most"),
        within=answers.get("within"),
        since_trigger="since" in answers,
        where=answers.get("where", ()),
    )
    return Located(condition=test, node=entry.key)


def _answers(negated: bool, node: Node, reading: Reading) -> Answers | None:  # noqa: FBT001 (which of two words)
    if not isinstance(node, MapNode):
        event = EVENT.read(node, reading)
        return {"event": event} if event else None
    most = next((entry.key for entry in node if entry.key.text == "at most"), None) if negated else None
    if most:
        return reading.refuse("E508", most, hint="write `did` with `at least` one more")
    return (DID_NOT if negated else DID).read(node, reading)


def _sound(answers: Answers, entry: Entry, reading: Reading) -> bool:
    low, high = answers.get("at least", 0), answers.get("at most")
    if high is not None and low > high:
        reading.refuse("E506", entry.value, why=f"at least {low} is more than at most {high}")
        return False
    if reading.untriggered and "since" in answers:
        reading.refuse("E502", entry.value, why=reading.untriggered)
        return False
    return True


def did_schema(words: str, vocabulary: Vocabulary) -> Json:
    """Return the schema of what stands behind `did` or `did not`."""
    form = DID_NOT if words == "did not" else DID
    return {"anyOf": [EVENT.schema(vocabulary), form.schema(vocabulary)]}
