"""Which column means what: by the mapping given, by a field's own name, else a trait or property of that name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from engine.errors import UsageError, did_you_mean
from engine.facts import FactType, Trait
from engine.intake.fields import FIELDS, KEPT, Field, Kind
from engine.intake.records import REJECT_COLUMNS, Records, is_rejects
from engine.traits import parse_trait
from engine.values import BadValue, Parser, whole, word

IGNORE = "-"
EXTRAS = {Kind.CUSTOMERS: "trait", Kind.ACCOUNTS: "trait", Kind.EVENTS: "property"}
_SUBJECTS = {Kind.CUSTOMERS: "customer", Kind.ACCOUNTS: "account"}
_MINOR = "_minor"


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a column becomes: a field of the kind, or an extra (`trait` says how to store a customer's or account's).

    `declared` is false for a trait that `traits.yaml` does not name: it is stored as text.
    """

    name: str
    declared: bool = True
    field: Field | None = None
    trait: Trait | None = None
    minor: bool = False

    @property
    def sets(self) -> str:
        """The fact or property that is set."""
        return self.field.sets if self.field else self.name


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The meaning of every column of an input, those included that only later rows have (JSONL)."""

    kind: Kind
    mapping: Mapping[str, str]
    event_name: str | None
    traits: Mapping[str, Trait]
    ignored: frozenset[str]
    known: dict[str, Target | None] = field(default_factory=dict, repr=False)

    def target(self, column: str) -> Target | None:
        """Return what a column becomes, None where it is ignored; raises BadValue for a column that cannot be."""
        if column not in self.known:
            self.known[column] = self._resolve(column)
        return self.known[column]

    @property
    def undeclared(self) -> tuple[str, ...]:
        """The columns that were stored as traits nobody declared."""
        return tuple(sorted(column for column, target in self.known.items() if target and not target.declared))

    def named(self, facts: Iterable[str]) -> list[str]:
        """Return the columns that give these facts, as the file names them."""
        wanted = set(facts)
        return sorted(column for column, target in self.known.items() if target and target.sets in wanted)

    def _resolve(self, column: str) -> Target | None:
        name = self.mapping.get(column)
        if name == IGNORE or (name is None and (not column.strip() or column in self.ignored)):
            return None
        found = self._field(name or column, mapped=name is not None)
        return Target(name=found.name, field=found) if found else self._extra(name or column.strip())

    def _field(self, name: str, *, mapped: bool) -> Field | None:
        plain = plain_name(name)
        if plain == "at" and mapped and self.kind in _SUBJECTS:
            plain = "updated_at"
        if plain == "name" and self.kind is Kind.EVENTS and self.event_name and not mapped:
            return None
        if (self.kind, plain) in KEPT:
            why = KEPT[self.kind, plain]
            raise BadValue(f"`{plain}` cannot be imported: {why}; leave the column out with --map {name}={IGNORE}")
        return FIELDS[self.kind].get(plain)

    def _extra(self, name: str) -> Target:
        if self.kind not in EXTRAS:
            fields = FIELDS[self.kind]
            hint = did_you_mean(name, fields) or f"leave it out with --map {name}={IGNORE}"
            raise BadValue(f"{self.kind} have no field `{name}` (they have {', '.join(fields)}); {hint}")
        try:
            word(name)
        except BadValue as error:
            raise BadValue(f"the column's name {error}") from None
        trait, minor = self._trait(name)
        if trait is None and self.kind in _SUBJECTS:
            unknown = Trait(subject=_SUBJECTS[self.kind], name=name, type=FactType.TEXT)
            return Target(name=name, trait=unknown, declared=False)
        return Target(name=trait.name if trait else name, trait=trait, minor=minor)

    def _trait(self, name: str) -> tuple[Trait | None, bool]:
        if self.kind not in _SUBJECTS:
            return None, False
        declared = self.traits.get(plain_name(name))
        if declared:
            return declared, False
        money = self.traits.get(plain_name(name).removesuffix(_MINOR))
        if money and money.type is FactType.MONEY and plain_name(name).endswith(_MINOR):
            return money, True
        return None, False


def plain_name(name: str) -> str:
    """Return a column's name as it is compared with fields: small letters, underscores for blanks and hyphens."""
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def columns(
    kind: Kind,
    found: Records,
    *,
    mapping: Mapping[str, str],
    event_name: str | None,
    traits: Iterable[Trait],
    name: str,
) -> Columns:
    """Return the meaning of an input's columns; raises UsageError where the mapping and the header do not fit."""
    _check_mapping(mapping, found.columns, name)
    own = {plain_name(t.name): t for t in traits if t.subject == _SUBJECTS.get(kind)}
    ignored = frozenset(found.columns[-len(REJECT_COLUMNS) :] if is_rejects(found.columns) else ())
    result = Columns(kind=kind, mapping=mapping, event_name=event_name, traits=own, ignored=ignored)
    try:
        targets = {column: result.target(column) for column in found.columns}
    except BadValue as error:
        raise UsageError(f"{name}: {error}") from None
    _check_once({column: target.sets for column, target in targets.items() if target}, name)
    _check_required(result, {target.field.name for target in targets.values() if target and target.field}, found, name)
    return result


def _check_mapping(mapping: Mapping[str, str], header: tuple[str, ...], name: str) -> None:
    for column in mapping:
        if column not in header:
            hint = did_you_mean(column, header) or f"its columns are {', '.join(header)}"
            raise UsageError(f"{name} has no column `{column}`; {hint}")


def _check_once(sets: dict[str, str], name: str) -> None:
    first: dict[str, str] = {}
    for column, what in sets.items():
        if what in first:
            raise UsageError(
                f"{name}: the columns `{first[what]}` and `{column}` both give `{what}`; map one to {IGNORE}"
            )
        first[what] = column


def _check_required(result: Columns, given: set[str], found: Records, name: str) -> None:
    for wanted in FIELDS[result.kind].values():
        if wanted.required and wanted.name not in given:
            say = f"say --map COLUMN={wanted.name} (its columns are {', '.join(found.columns)})"
            raise UsageError(f"{name}: no column gives `{wanted.name}`; {say}")
    if result.kind is Kind.EVENTS and bool(result.event_name) == ("name" in given):
        both = "the events' name is given twice, by --name and by a column; drop one"
        neither = "nothing names the events; say --name purchased, or --map COLUMN=name"
        raise UsageError(f"{name}: {both if result.event_name else neither}")


def parser(target: Target) -> Parser:
    """Return how a customer's or account's column is parsed."""
    if target.field:
        return target.field.parse
    assert target.trait is not None
    return whole if target.minor else partial(parse_trait, target.trait.type)
