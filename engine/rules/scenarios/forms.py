"""The tables of a test file: their keys, what each takes and what it says."""

from __future__ import annotations

from engine.rules.language.forms import Field, FormOf
from engine.rules.language.kinds import Json, Kind, Reader, Text
from engine.rules.language.names import TOPIC, Template, known_zone
from engine.rules.language.reading import Reading
from engine.rules.language.vocabulary import Vocabulary
from engine.rules.scenarios.kinds import (
    ACCOUNT,
    CUSTOMER,
    RULE_NAME,
    FactTable,
    Instant,
    Properties,
    Refusal,
    Several,
    TestEvent,
    subject_schema,
)
from engine.yaml_text import Node


def _zone(node: Node, reading: Reading) -> str | None:
    scalar = reading.scalar(node, "a time zone such as Europe/Stockholm")
    if scalar is None or known_zone(scalar.text):
        return scalar.text if scalar else None
    return reading.refuse("E306", node, name=scalar.text, hint="such as Europe/Stockholm")


ZONE = Reader(reads=_zone, says=lambda _: {"type": "string", "examples": ["Europe/Stockholm"]})
_TEXTS = Several(kind=Text())


def _who(node: Node, reading: Reading) -> str | None:
    """Return a customer, or an account."""
    named = getattr(node, "text", "")
    return (ACCOUNT if named in reading.vocabulary.accounts.good else CUSTOMER).read(node, reading)


_ANYBODY = Reader(reads=_who, says=lambda _: {"type": "string"})


def _field(key: str, kind: Kind, description: str, *, required: bool = False) -> Field:
    return Field(key=key, kind=kind, description=description, required=required)


OF_CUSTOMERS = FormOf(
    what="a customer of a test",
    fields=(
        _field("account", ACCOUNT, "The account the customer belongs to."),
        _field("role", Text(), "The role in the account, such as owner; member if nothing is said."),
        _field("suppressed", Refusal(), "`true` for somebody who gets no mail, or the topic they said no to."),
        _field("consents", Several(kind=TOPIC), "The topic that the customer said yes to, or a list."),
    ),
)
EVENT = FormOf(
    what="an event of a test",
    fields=(
        _field("at", Several(kind=Instant()), "When: a time, or a list of times.", required=True),
        _field("who", Several(kind=CUSTOMER), "Who did it: a customer, or a list.", required=True),
        _field("did", TestEvent(), "The event's name.", required=True),
        _field("with", Properties(), "Properties of the event: {plan: pro}."),
        _field("arrives", Instant(), "When the engine hears of it, where that is later."),
    ),
)
CHANGE = FormOf(
    what="a change of a test",
    fields=(
        _field("at", Instant(), "When.", required=True),
        _field("who", Several(kind=_ANYBODY), "Whose: a customer or an account, or a list.", required=True),
        _field(
            "set", FactTable(), "Facts with their new values, {account.status: cancelled}; `null` takes a fact away."
        ),
        _field("suppress", Refusal(), "`true`: no mail from now on; or the topic that the customer says no to."),
        _field("consents", Several(kind=TOPIC), "The topic that the customer says yes to, or a list."),
        _field("joins", ACCOUNT, "The account that the customer belongs to from now on."),
        _field("as", Text(), "The role there, such as owner."),
        _field("leaves", ACCOUNT, "The account that the customer leaves."),
    ),
)
EXPECTED = FormOf(
    what="an expected mail",
    fields=(
        _field("at", Instant(whole_days=False), "The minute in which it leaves.", required=True),
        _field("to", Several(kind=CUSTOMER), "The customer whose mail it is, or a list.", required=True),
        _field("rule", RULE_NAME, "The rule, where the test has several."),
        _field("template", Template(), "The template."),
        _field("language", Text(), "The language it is written in."),
        _field("subject", Text(), "The whole subject."),
        _field("text", _TEXTS, "Words that its text holds, or a list of such."),
        _field("html", _TEXTS, "Words that its HTML holds, or a list of such."),
    ),
)
NEVER = FormOf(
    what="an expected silence",
    fields=(
        _field("never", Several(kind=CUSTOMER), "The customer who gets no mail, or a list.", required=True),
        _field("rule", RULE_NAME, "No mail of this rule."),
        _field("template", Template(), "No mail of this template."),
        _field("from", Instant(), "None from this time on."),
        _field("until", Instant(), "None until this time."),
    ),
)


def _people_schema(vocabulary: Vocabulary) -> Json:
    own = OF_CUSTOMERS.schema(vocabulary)["properties"]
    return {"type": "object", "additionalProperties": subject_schema("customer", vocabulary, own)}


def _companies_schema(vocabulary: Vocabulary) -> Json:
    return {"type": "object", "additionalProperties": subject_schema("account", vocabulary, {})}


def _list_schema(*forms: FormOf) -> Reader:
    def says(vocabulary: Vocabulary) -> Json:
        shapes = [form.schema(vocabulary) for form in forms]
        return {"type": "array", "minItems": 1, "items": shapes[0] if len(shapes) == 1 else {"anyOf": shapes}}

    return Reader(reads=lambda node, reading: reading.sequence(node, "a list; every line begins with `- `"), says=says)


_PEOPLE = Reader(reads=lambda node, reading: reading.map(node, "a table of names, {ana: {…}}"), says=_people_schema)
_COMPANIES = Reader(
    reads=lambda node, reading: reading.map(node, "a table of names, {acme: {…}}"), says=_companies_schema
)
SCENARIO = FormOf(
    what="a test",
    fields=(
        _field("description", Text(), "What this test shows, for people who read it."),
        _field("rules", Several(kind=RULE_NAME), "The rules that run; the one the file is named after if not said."),
        _field("zone", ZONE, "The time zone of the test; the workspace's if nothing is said."),
        _field("start", Instant(), "When the rules go live; the day before the first time if nothing is said."),
        _field("until", Instant(), "When the clock stops; if nothing is said, when all that happens has had its time."),
        _field("accounts", _COMPANIES, "The accounts by name, with their facts."),
        _field("customers", _PEOPLE, "The customers by name, with their facts, account and role.", required=True),
        _field("events", _list_schema(EVENT), "What the customers do."),
        _field("changes", _list_schema(CHANGE), "What becomes otherwise in the meantime."),
        _field("expect", _list_schema(EXPECTED, NEVER), "Every mail that leaves, and who never gets one."),
    ),
)
