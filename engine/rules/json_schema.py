"""JSON Schemas of the rules folder, with this workspace's own names, so that editors complete and check."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.facts import BUILT_IN, known_facts
from engine.rules.language.condition_schema import condition_definitions, conditions_schema
from engine.rules.language.kinds import Json
from engine.rules.language.names import KEBAB
from engine.rules.language.rule_file import RULE
from engine.rules.language.topics import ALL_MARKETING, MARKETING, TOPIC
from engine.rules.language.traits import SUBJECTS, TRAIT, TRAIT_NAME, TYPE
from engine.rules.language.vocabulary import Names, Vocabulary
from engine.rules.model import RuleSet
from engine.rules.scenarios.forms import SCENARIO
from engine.rules.scenarios.load import vocabulary_of_tests

DRAFT = "http://json-schema.org/draft-07/schema#"
"""The newest draft that the YAML extension of VS Code supports."""
FOLDER = ".lifecycle/schemas"
ASSOCIATIONS: Mapping[str, tuple[str, ...]] = {
    f"{FOLDER}/rule.json": (
        "rules/*.yaml",
        "!rules/*.test.yaml",
        "!rules/topics.yaml",
        "!rules/traits.yaml",
        "!rules/segments.yaml",
    ),
    f"{FOLDER}/topics.json": ("rules/topics.yaml",),
    f"{FOLDER}/traits.json": ("rules/traits.yaml",),
    f"{FOLDER}/segments.json": ("rules/segments.yaml",),
    f"{FOLDER}/test.json": ("rules/*.test.yaml",),
}
"""Which files each schema is for, as globs of which the last one that matches decides."""


def schemas(
    rules: RuleSet, templates: Collection[str] = (), events: Collection[str] = (), roles: Collection[str] = ()
) -> dict[str, Json]:
    """Return every schema by its path in the workspace; the names are offered, and held to where they are closed.

    Events and roles are open: those given and those that rules name are offered.
    """
    known = frozenset(templates)
    vocabulary = Vocabulary(
        facts=known_facts(rules.traits),
        topics=Names(good=frozenset(rules.topics)),
        segments=Names(good=frozenset(rules.segments)),
        templates=known or None,
        events=frozenset(events),
        roles=frozenset(roles) | {rule.to_role for rule in rules.rules.values() if rule.to_role},
    )
    made = (_rule(vocabulary), _topics(vocabulary), _traits(), _segments(vocabulary))
    return dict(zip(ASSOCIATIONS, (*made, _test(vocabulary_of_tests(rules, vocabulary))), strict=True))


def _rule(vocabulary: Vocabulary) -> Json:
    head = {"$schema": DRAFT, "title": "A rule", "definitions": condition_definitions(vocabulary)}
    return head | RULE.schema(vocabulary)


def _test(vocabulary: Vocabulary) -> Json:
    return {"$schema": DRAFT, "title": "A test of rules"} | SCENARIO.schema(vocabulary)


def _topics(vocabulary: Vocabulary) -> Json:
    kind = next(field.kind.schema(vocabulary) for field in TOPIC.fields if field.key == "kind")
    return {
        "$schema": DRAFT,
        "title": "Topics: the streams of mail that people can say no to",
        "type": "object",
        "properties": {ALL_MARKETING: MARKETING.schema(vocabulary)},
        "propertyNames": {"pattern": f"^({KEBAB}|{ALL_MARKETING})$"},
        "additionalProperties": {"anyOf": [kind, TOPIC.schema(vocabulary)]},
    }


def _traits() -> Json:
    trait = {"anyOf": [TYPE.schema(Vocabulary()), TRAIT.schema(Vocabulary())]}
    return {
        "$schema": DRAFT,
        "title": "Traits: the facts this company declares itself",
        "type": "object",
        "properties": {subject: _traits_of(subject, trait) for subject in SUBJECTS},
        "additionalProperties": False,
    }


def _traits_of(subject: str, trait: Json) -> Json:
    built_in = [fact.name for fact in BUILT_IN.values() if fact.subject == subject]
    return {
        "description": f"Facts of each {subject}.",
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": f"^{TRAIT_NAME}$", "not": {"enum": built_in}},
        "additionalProperties": trait,
    }


def _segments(vocabulary: Vocabulary) -> Json:
    return {
        "$schema": DRAFT,
        "title": "Segments: conditions with a name, for several rules to share",
        "definitions": condition_definitions(vocabulary),
        "type": "object",
        "propertyNames": {"pattern": f"^{KEBAB}$"},
        "additionalProperties": conditions_schema(vocabulary),
    }
