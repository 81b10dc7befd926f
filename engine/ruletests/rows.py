"""What a test says of its customers and accounts as the rows of an import, each with the time it comes in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.clock import from_micros
from engine.intake import Kind
from engine.intake.records import CLEAR
from engine.rules.scenarios.model import Change, Facts, Happening, Person, Scenario
from engine.values import BadValue, Border, moment
from engine.yaml_text import Scalar

MOMENT = timedelta(microseconds=1)
SUBJECTS = {Kind.CUSTOMERS: "customer", Kind.ACCOUNTS: "account"}


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One row of an import; `at` None: before the rules go live. `said` is where each of its facts was written."""

    at: datetime | None
    kind: Kind
    row: Mapping[str, Any]
    said: Facts


def arrivals(scenario: Scenario) -> Iterator[Arrival]:
    """Yield every row of a test: accounts first, then customers, memberships, events and changes."""
    for company in scenario.accounts.values():
        yield Arrival(
            at=None,
            kind=Kind.ACCOUNTS,
            row={"id": company.name, **_cells(company.facts)},
            said={"id": _name(company.name, scenario), **company.facts},
        )
    for person in scenario.customers.values():
        yield from _person(person, scenario)
    for number, event in enumerate(scenario.events):
        yield from _event(event, number)
    for change in scenario.changes:
        yield from _change(change, scenario)


def address(person: Person) -> str:
    """Return the address of a customer: their own, else one that is made of the name."""
    given = person.facts.get("email")
    plain = re.sub(r"[^a-z0-9._-]+", "-", person.name.casefold()).strip("-.")
    unique = plain if plain == person.name.casefold() else f"{plain}-{person.place.line}".strip("-")
    return given.text if given and not given.empty else f"{unique}@example.com"


def address_at(who: str, at: datetime, scenario: Scenario) -> str:
    """Return the address that a customer has at a time."""
    changed = [change for change in scenario.changes if change.at <= at and who in change.who]
    newer = [change.facts["customer.email"].text for change in changed if "customer.email" in change.facts]
    return newer[-1] if newer else address(scenario.customers[who])


def _name(name: str, scenario: Scenario) -> Scalar:
    known = scenario.accounts.get(name) or scenario.customers[name]
    return Scalar(text=name, plain=False, **vars(known.place))


def _cells(facts: Facts) -> dict[str, str]:
    """Return facts as cells of a file, in which numbers and dates are texts, too."""
    return {name: CLEAR if value.empty else value.text for name, value in facts.items()}


def _person(person: Person, scenario: Scenario) -> Iterator[Arrival]:
    at = known_from(person, scenario)
    row = {"id": person.name, "email": address(person), **_cells(person.facts)}
    said = {"id": _name(person.name, scenario), **person.facts}
    yield Arrival(at=at, kind=Kind.CUSTOMERS, row=row, said=said)
    if person.account:
        member = {"customer_id": person.name, "account_id": person.account}
        yield Arrival(at=at, kind=Kind.MEMBERS, row=member | _role(person.role), said={})


def _role(role: str | None) -> dict[str, str]:
    return {"role": role} if role else {}


def known_from(person: Person, scenario: Scenario) -> datetime | None:
    """Return when a customer is first heard of: as they sign up, if that comes after the rules went live."""
    own = [at for event in scenario.events if person.name in event.who for at in event.at]
    own += [change.at for change in scenario.changes if person.name in change.who]
    signed_up = instant(person.facts.get("signed_up_at"), scenario.zone)
    first = min([signed_up, *own]) if signed_up else None
    return first if first and first > scenario.start else None


def instant(value: Scalar | None, zone: str) -> datetime | None:
    """Return the time that a fact names; None where it is none."""
    try:
        return from_micros(moment(value.text, Border(zone=zone))) if value else None
    except BadValue:
        return None


def _event(event: Happening, number: int) -> Iterator[Arrival]:
    for turn, at in enumerate(event.at):
        for who in event.who:
            own = {"customer_id": who, "id": f"{number + 1}.{turn + 1}", "name": event.event, "at": at.isoformat()}
            yield Arrival(at=event.arrives or at, kind=Kind.EVENTS, row={**event.properties, **own}, said={})


def _change(change: Change, scenario: Scenario) -> Iterator[Arrival]:
    for who in change.who:
        for kind, subject in SUBJECTS.items():
            facts = {
                path.partition(".")[2]: value
                for path, value in change.facts.items()
                if path.partition(".")[0] == subject
            }
            if facts:
                yield _changed(kind, _subject(kind, who, change.at, scenario), facts, change.at, scenario)
        yield from _moved(change, who, scenario)


def _subject(kind: Kind, who: str, at: datetime, scenario: Scenario) -> str:
    """Return whose fact changes: of a fact of the account, the account that a customer belongs to."""
    if kind is Kind.CUSTOMERS or who not in scenario.customers:
        return who
    found = scenario.membership(who, at)
    assert found is not None
    return found[0]


def _changed(kind: Kind, who: str, facts: Facts, at: datetime, scenario: Scenario) -> Arrival:
    currency = scenario.accounts[who].facts.get("currency") if kind is Kind.ACCOUNTS else None
    own = {"currency": currency.text} if currency and "amount" in facts else {}
    row = {"id": who, **own, **_cells(facts)}
    return Arrival(at=at, kind=kind, row=row, said={"id": _name(who, scenario), **facts})


def _moved(change: Change, who: str, scenario: Scenario) -> Iterator[Arrival]:
    """Yield the membership that ends, and the one that begins."""
    if change.leaves:
        before = scenario.membership(who, change.at - MOMENT)
        role = before[1] if before and before[0] == change.leaves else None
        row = {"customer_id": who, "account_id": change.leaves, "removed_at": change.at.isoformat()} | _role(role)
        yield Arrival(at=change.at, kind=Kind.MEMBERS, row=row, said={})
    if change.joins:
        row = {"customer_id": who, "account_id": change.joins} | _role(change.role)
        yield Arrival(at=change.at, kind=Kind.MEMBERS, row=row, said={})
