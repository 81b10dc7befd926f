"""The JSON Schema of conditions: every fact of this workspace with the operators of its type."""

from __future__ import annotations

from engine.facts import Fact, FactType
from engine.rules.language.conditions import KEYWORDS
from engine.rules.language.did import did_schema
from engine.rules.language.fact_tests import WRITTEN
from engine.rules.language.kinds import Json, Span
from engine.rules.language.names import SEGMENT, FactName
from engine.rules.language.values import AMOUNT_PATTERN, DAY_PATTERN, INSTANT_PATTERN
from engine.rules.language.vocabulary import Vocabulary
from engine.rules.operators import OPERATORS, Takes

_PLAIN_AMOUNT = AMOUNT_PATTERN.replace("?P<amount>", "").replace("?P<currency>", "")
_ONE: dict[FactType, Json] = {
    FactType.TEXT: {"type": ["string", "number", "boolean"], "pattern": "\\S"},
    FactType.URL: {"type": "string", "pattern": "\\S"},
    FactType.NUMBER: {"type": "number"},
    FactType.MONEY: {"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^{_PLAIN_AMOUNT}$"}]},
    FactType.BOOLEAN: {"enum": [True, False, "yes", "no"]},
    FactType.DATE: {"type": "string", "pattern": f"^{DAY_PATTERN}$"},
    FactType.TIME: {"type": "string", "pattern": f"^{INSTANT_PATTERN}$"},
}


def conditions_schema(_vocabulary: Vocabulary) -> Json:
    """Return a reference to the list of conditions, which is defined once for each schema."""
    return {"$ref": "#/definitions/conditions"}


def condition_definitions(vocabulary: Vocabulary) -> dict[str, Json]:
    """Return the definitions that `conditions_schema` refers to."""
    facts = {path: {"description": fact.english} | _fact(fact) for path, fact in vocabulary.facts.items()}
    words = {word: {"description": row.description} | _keyword(word, vocabulary) for word, row in KEYWORDS.items()}
    condition: Json = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "properties": words | facts,
        "additionalProperties": False,
    }
    several: Json = {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/condition"}}
    return {"condition": condition, "conditions": several}


def _keyword(word: str, vocabulary: Vocabulary) -> Json:
    if word in ("all", "any", "none"):
        return conditions_schema(vocabulary)
    if word in ("did", "did not"):
        return did_schema(word, vocabulary)
    return SEGMENT.schema(vocabulary) if word == "segment" else FactName().schema(vocabulary)


def _fact(fact: Fact) -> Json:
    rows = {spelt: OPERATORS[words] for spelt, words in WRITTEN.items() if fact.type in OPERATORS[words].types}
    operators = {
        spelt: {"description": f"{fact.path} {row.english}"} | _operand(spelt, row.takes, fact.type)
        for spelt, row in rows.items()
    }
    table: Json = {"type": "object", "minProperties": 1, "properties": operators, "additionalProperties": False}
    one = _ONE[fact.type]
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}, table]}


def _operand(spelt: str, takes: Takes, type_: FactType) -> Json:
    one = _ONE[type_]
    if takes is Takes.SPAN:
        return Span(suffix=" ago" if spelt == "more than" else "").schema(Vocabulary())
    if takes is Takes.MANY:
        return {"type": "array", "items": one, "minItems": 1}
    return {"type": "array", "items": one, "minItems": 2, "maxItems": 2} if takes is Takes.TWO else one
