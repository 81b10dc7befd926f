"""The kinds of values that name something: a topic, a template, a segment, a fact, an event, a person."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from engine.errors import did_you_mean
from engine.facts import Fact, FactType, text_key
from engine.rules.language.kinds import Json
from engine.rules.language.reading import Reading
from engine.rules.language.vocabulary import Names, Vocabulary, suggestion
from engine.rules.model import DEFAULT_ROLE
from engine.yaml_text import Node, Scalar

ANY_EVENT = "any event"
KEBAB = r"[a-z0-9]+(-[a-z0-9]+)*"
MAX_NAME = 64
MAX_EVENT = 200
_ACCOUNT = "account "


def sound_name(text: str) -> bool:
    """Return whether a text can be the name of a rule, topic or segment: small letters, digits and hyphens."""
    return len(text) <= MAX_NAME and re.fullmatch(KEBAB, text) is not None


@dataclass(frozen=True, kw_only=True)
class Declared:
    """The name of something declared in a file of its own."""

    what: str
    code: str
    names: Callable[[Vocabulary], Names]

    def read(self, node: Node, reading: Reading) -> str | None:
        """Return the name, where it is declared soundly; nothing is noted where its declaration is at fault."""
        scalar = reading.scalar(node, f"the name of a {self.what}")
        names = self.names(reading.vocabulary)
        if scalar is None or scalar.text in names.good:
            return scalar.text if scalar else None
        if reading.misses_space(scalar):
            return None
        if names.unknown(scalar.text):
            hint = suggestion(scalar.text, names.good | names.broken)
            reading.refuse(self.code, node, name=scalar.text, hint=hint)
        return None

    def schema(self, vocabulary: Vocabulary) -> Json:
        """Return the schema: the names there are."""
        names = self.names(vocabulary)
        return {"enum": sorted(names.good)} if names.good else {"type": "string"}


def _template_names(vocabulary: Vocabulary) -> Names:
    return Names(good=vocabulary.templates or frozenset(), whole=vocabulary.templates is not None)


TOPIC = Declared(what="topic", code="E301", names=lambda words: words.topics)
SEGMENT = Declared(what="segment", code="E304", names=lambda words: words.segments)


@dataclass(frozen=True, kw_only=True)
class Template:
    """The name of a template; any name where the workspace's templates are not known here."""

    def read(self, node: Node, reading: Reading) -> str | None:
        """Return the name."""
        if reading.vocabulary.templates is not None:
            return Declared(what="template", code="E303", names=_template_names).read(node, reading)
        scalar = reading.scalar(node, "the name of a template")
        return None if scalar is None or reading.misses_space(scalar) else scalar.text

    def schema(self, vocabulary: Vocabulary) -> Json:
        """Return the schema: the names there are."""
        return Declared(what="template", code="E303", names=_template_names).schema(vocabulary)


@dataclass(frozen=True, kw_only=True)
class FactName:
    """The path of a fact, of some types; without `moving`, not of when the customer was last seen."""

    types: frozenset[FactType] = frozenset(FactType)
    what: str = "this"
    moving: bool = True

    def read(self, node: Node, reading: Reading) -> Fact | None:
        """Return the fact."""
        scalar = reading.scalar(node, "the name of a fact such as `customer.signed_up_at`")
        fact = fact_of(scalar, reading) if scalar else None
        if fact is None or self._fits(fact):
            return fact
        needs = " or ".join(a_type(type_) for type_ in sorted(self.types))
        needs = needs if fact.type not in self.types else "one that does not move with every event"
        return reading.refuse("E307", node, fact=fact.path, type=a_type(fact.type), what=self.what, needs=needs)

    def schema(self, vocabulary: Vocabulary) -> Json:
        """Return the schema: the facts of these types."""
        return {"enum": [path for path, fact in vocabulary.facts.items() if self._fits(fact)]}

    def _fits(self, fact: Fact) -> bool:
        return fact.type in self.types and (self.moving or fact.path != "customer.last_seen_at")


def fact_of(name: Scalar, reading: Reading) -> Fact | None:
    """Return the fact of a path; an unknown one is noted, one whose declaration is broken is not."""
    vocabulary = reading.vocabulary
    if fact := vocabulary.facts.get(name.text):
        _lint_stored(fact, name, reading)
        return fact
    if vocabulary.traits.unknown(name.text):
        hint = _near_fact(name.text, [*vocabulary.facts, *vocabulary.traits.broken])
        reading.refuse("E302", name, name=name.text, hint=hint or "declare it in rules/traits.yaml")
    return None


def _lint_stored(fact: Fact, name: Scalar, reading: Reading) -> None:
    """Note a trait that nobody has, where it is known what people have."""
    stored = reading.vocabulary.stored.get(fact.subject)
    if fact.column is None and stored is not None and fact.name not in stored:
        hint = did_you_mean(fact.name, stored)
        reading.refuse("L607", name, subject=fact.subject, name=fact.name, hint=hint)


def _near_fact(path: str, known: list[str]) -> str:
    """Return the suggestion for a path; of one subject only names count, not the subject they share."""
    subject, _, name = path.partition(".")
    own = {other.partition(".")[2] for other in known if other.partition(".")[0] == subject}
    near = did_you_mean(name, own)
    if not own or not near:
        elsewhere = next((other for other in known if other.partition(".")[2] == name), "")
        return f"did you mean `{elsewhere}`?" if elsewhere else "" if own else did_you_mean(path, known)
    return near.replace("`", f"`{subject}.", 1)


def a_type(type_: FactType) -> str:
    """Return a fact's type with its article."""
    words = {FactType.TIME: "an instant", FactType.DATE: "a calendar day", FactType.MONEY: "an amount of money"}
    return words.get(type_, f"a {type_}")


@dataclass(frozen=True, kw_only=True)
class EventName:
    """The name of an event, or `any event` where that is allowed."""

    any_event: bool = False

    def read(self, node: Node, reading: Reading) -> str | None:
        """Return the name; one that was never seen is lint."""
        scalar = reading.scalar(node, "the name of an event")
        if scalar is None:
            return None
        if len(scalar.text) > MAX_EVENT or scalar.text != scalar.text.strip():
            return reading.refuse("E210", node, name=scalar.text[:40], why="it is too long or starts with a blank")
        if scalar.text.casefold() == ANY_EVENT and not (self.any_event and scalar.text == ANY_EVENT):
            return reading.unexpected(node, "the name of one event")
        self._lint(scalar, reading)
        return scalar.text

    def _lint(self, scalar: Scalar, reading: Reading) -> None:
        events = reading.vocabulary.events
        if not events or scalar.text in events or scalar.text == ANY_EVENT:
            return
        reading.refuse("L601", scalar, name=scalar.text, hint=did_you_mean(scalar.text, events))

    def schema(self, vocabulary: Vocabulary) -> Json:
        """Return the schema: any text, with the events that were seen for completion."""
        seen = [ANY_EVENT] * self.any_event + sorted(vocabulary.events)
        name: Json = {"type": "string", "minLength": 1, "maxLength": MAX_EVENT}
        if not self.any_event:
            name["not"] = {"const": ANY_EVENT}
        return {"anyOf": [{"enum": seen}, name]} if seen else name


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who is written to: `customer` (the empty role), or the account's person of a role."""

    def read(self, node: Node, reading: Reading) -> str | None:
        """Return the role, empty for the customer."""
        scalar = reading.scalar(node, "`customer` or `account owner`")
        if scalar is None or scalar.text == "customer":
            return "" if scalar else None
        roles = reading.vocabulary.roles | {DEFAULT_ROLE}
        role = " ".join(scalar.text.removeprefix(_ACCOUNT).split())
        if not scalar.text.startswith(_ACCOUNT) or not role:
            hint = suggestion(scalar.text, ["customer", *(f"account {known}" for known in roles)])
            return reading.refuse("E409", node, value=scalar.text, hint=hint)
        if reading.vocabulary.roles and text_key(role) not in map(text_key, reading.vocabulary.roles):
            reading.refuse("L602", node, name=role, hint=suggestion(role, reading.vocabulary.roles))
        return role

    def schema(self, vocabulary: Vocabulary) -> Json:
        """Return the schema: the customer, or an account's role."""
        people = ["customer", *(f"account {role}" for role in sorted(vocabulary.roles | {DEFAULT_ROLE}))]
        return {"anyOf": [{"enum": people}, {"type": "string", "pattern": "^account \\S.*$"}]}


def known_zone(name: str) -> bool:
    """Return whether a name is a time zone of the IANA list."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
