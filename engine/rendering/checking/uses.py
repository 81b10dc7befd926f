"""How rules use emails, and which names an email may therefore read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from engine.errors import did_you_mean
from engine.facts import Fact, FactType
from engine.rendering.kinds import Kind, kind_of

TABLES = frozenset({"customer", "account", "event", "links", "brand"})
_WILD = ".*"


@dataclass(frozen=True, kw_only=True)
class Use:
    """One rule that sends a template: what its trigger and `with` add, and which facts it proves to be there.

    `facts` are variables by path, such as `days_left` and `event.name`; a FactType is always there, a Fact only where
    it is `always`. A path that ends in `.*` stands for all below it, of no declared type and never sure to be there.
    `path`, `line` and `column` are where the rule names the template.
    """

    rule: str
    marketing: bool
    facts: Mapping[str, FactType | Fact] = field(default_factory=dict)
    present: frozenset[str] = frozenset()
    path: str = ""
    line: int = 1
    column: int = 1


@dataclass(frozen=True, kw_only=True)
class Known:
    """One name an email may read: the kind of its value, and whether it is always there."""

    kind: Kind
    always: bool


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """All names an email may read in one use; below `wild` paths everything may be, and may be missing."""

    names: Mapping[str, Known]
    wild: frozenset[str]

    def find(self, path: str) -> Known | None:
        """Return what is known of a path; None where there is no such name."""
        if path in self.names:
            return self.names[path]
        if any(path.startswith(prefix + ".") for prefix in self.wild):
            return Known(kind=Kind.ANY, always=False)
        if path in TABLES or path in self.wild:
            return Known(kind=Kind.TABLE, always=True)
        return None

    def hint(self, path: str) -> str:
        """Return the nearest name that exists, as a question."""
        return did_you_mean(path, (*self.names, *(prefix + "." for prefix in self.wild)))


def vocabulary(use: Use, others: Iterable[Use], facts: Mapping[str, Fact], brand: Mapping[str, Any]) -> Vocabulary:
    """Return what an email may read in a use; what only other uses of it add may be missing."""
    names: dict[str, Known] = dict(_flattened("brand", brand))
    names["language"] = Known(kind=Kind.TEXT, always=True)
    names |= {path: Known(kind=kind_of(fact.type), always=fact.always) for path, fact in facts.items()}
    names["links.unsubscribe"] = Known(kind=Kind.URL, always=use.marketing)
    names["links.preferences"] = Known(kind=Kind.URL, always=False)
    for other in others:
        names |= {path: Known(kind=_kind(fact), always=False) for path, fact in other.facts.items()}
    names |= {path: Known(kind=_kind(fact), always=_always(fact)) for path, fact in use.facts.items()}
    names |= {path: Known(kind=names[path].kind, always=True) for path in use.present if path in names}
    wild = {path.removesuffix(_WILD) for path in names if path.endswith(_WILD)}
    return Vocabulary(
        names={path: known for path, known in names.items() if not path.endswith(_WILD)}, wild=frozenset(wild)
    )


def _kind(fact: FactType | Fact) -> Kind:
    return kind_of(fact.type if isinstance(fact, Fact) else fact)


def _always(fact: FactType | Fact) -> bool:
    return fact.always if isinstance(fact, Fact) else True


def _flattened(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Known]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield f"{prefix}.{name}", Known(kind=Kind.TABLE, always=True)
            yield from _flattened(f"{prefix}.{name}", value)
        else:
            yield f"{prefix}.{name}", Known(kind=value_kind(value), always=True)


def value_kind(value: Any) -> Kind:  # noqa: ANN401 (values of samples are of all types)
    """Return the kind of a Python value; web addresses are of kind url."""
    if isinstance(value, str):
        return Kind.URL if value.startswith(("https://", "http://")) else Kind.TEXT
    return next((kind for type_, kind in _KINDS if isinstance(value, type_)), Kind.ANY)


_KINDS: tuple[tuple[type, Kind], ...] = (
    (bool, Kind.BOOLEAN), (int, Kind.NUMBER), (float, Kind.NUMBER), (datetime, Kind.TIME), (date, Kind.DATE),
    (list, Kind.LIST), (dict, Kind.TABLE),
)  # fmt: skip
