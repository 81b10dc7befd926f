"""The tables of docs/rules.md, made from the tables that the loader itself reads by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from engine.facts import BUILT_IN, Fact, FactType
from engine.rules.language.conditions import KEYWORDS
from engine.rules.language.did import DID
from engine.rules.language.fact_tests import WRITTEN
from engine.rules.language.forms import FormOf
from engine.rules.language.names import a_type
from engine.rules.language.offsets import Form
from engine.rules.language.properties import PROPERTY_OPERATORS
from engine.rules.language.rule_file import RULE
from engine.rules.language.topics import MARKETING, TOPIC
from engine.rules.language.triggers import TRIGGERS, TriggerKind
from engine.rules.language.values import EXPECTED
from engine.rules.loader import load
from engine.rules.model import Rule
from engine.rules.operators import OPERATORS, Takes

_TABLE = re.compile(r"(<!-- table: (?P<name>[a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_SAMPLES = {FactType.TEXT: "pro", FactType.NUMBER: "3", FactType.DATE: "2026-03-01"}
_PAIRS = {FactType.NUMBER: "[3, 10]"}


def fill(text: str, tables: Mapping[str, Callable[[], str]] | None = None) -> str:
    """Return a page with each table between `<!-- table: NAME -->` and `<!-- end -->` made anew.

    The tables are those of rules, unless others are given. Raises KeyError for a name that is none.
    """
    made = TABLES if tables is None else tables
    return _TABLE.sub(lambda match: f"{match[1]}{made[match['name']]()}\n{match[3]}", text)


def _rows(head: str, rows: Iterable[Iterable[str]]) -> str:
    columns = head.count("|") + 1
    lines = [f"| {head} |", "|" + "---|" * columns]
    cells = ([cell.replace("|", "\\|") for cell in row] for row in rows)
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in cells)])


def form_table(form: FormOf) -> str:
    """Return the keys of a form as a table."""
    needed = {True: " Required.", False: ""}
    rows = ((f"`{field.key}`", field.description + needed[field.required]) for field in form.fields)
    return _rows("key | what it says", rows)


def _operators() -> str:
    rows = []
    for spelt, words in WRITTEN.items():
        row = OPERATORS[words]
        property_too = "yes" if spelt in PROPERTY_OPERATORS else ""
        rows.append(
            (f"`{{{spelt}: {_sample(spelt)}}}`", _types(row.types), row.english.format("…", "…", all="…"), property_too)
        )
    return _rows("written | of facts that are | the fact | in `where` too", rows)


def _sample(spelt: str) -> str:
    row = OPERATORS[WRITTEN[spelt]]
    type_ = next(type_ for type_ in _SAMPLES if type_ in row.types)
    value = _SAMPLES[type_]
    samples = {
        Takes.SPAN: "7 days ago" if spelt == "more than" else "7 days",
        Takes.MANY: f"[{value}, team]",
        Takes.TWO: _PAIRS.get(type_, f"[{value}, 2026-03-31]"),
        Takes.GLOB: '"p*"',
    }
    return samples.get(row.takes, value)


def _types(types: frozenset[FactType]) -> str:
    return (
        "anything" if types == frozenset(FactType) else ", ".join(type_.value for type_ in FactType if type_ in types)
    )


def _triggers() -> str:
    rows = ((f"`{row.example}`", row.english, _moments(row), _gives(row)) for row in TRIGGERS.values())
    return _rows("`when` | a moment is | moments | its mails also know", rows)


def _example(row: TriggerKind) -> Rule:
    """Return a rule with the example of a trigger, read as any rule is."""
    files = {"rules/topics.yaml": "tips: marketing", "rules/a.yaml": _EXAMPLE.format(when=row.example)}
    return load(files).rules.rules["a"]


_EXAMPLE = "topic: tips\nwhen: {when}\nsend: {{after 14 days: template}}\n"


def _moments(row: TriggerKind) -> str:
    allowed = row.moments(_example(row).trigger)
    words = [_MOMENTS[form][0] for form in allowed.forms]
    return ", ".join(f"`{word}`" for word in words) + (" (whole days)" if allowed.whole_days else "")


def _gives(row: TriggerKind) -> str:
    return ", ".join(f"`{fact.path}`" for fact in row.gives(_example(row).trigger))


_MOMENTS = {
    Form.AT_ONCE: ("at once", "when it happens"),
    Form.ON_THE_DAY: ("on the day", "on the day itself; of an instant, at the instant"),
    Form.ON_RETURN: ("on return", "the same as `at once`"),
    Form.BEFORE: ("7 days before", "so long before the date"),
    Form.AFTER: ("after 7 days", "so long after; `7 days after` is the same moment"),
}


def _facts() -> str:
    return _rows("fact | type | what it is", (_fact(fact) for fact in BUILT_IN.values()))


def _fact(fact: Fact) -> tuple[str, str, str]:
    return f"`{fact.path}`", fact.type.value, fact.english + (" (always known)" if fact.always else "")


def _trigger_facts() -> str:
    given = [fact for row in TRIGGERS.values() for fact in row.gives(_example(row).trigger)]
    meanings: dict[str, dict[str, None]] = {}
    for fact in given:
        meanings.setdefault(fact.path, {})[fact.english] = None
    facts = {fact.path: replace(fact, english="; ".join(meanings[fact.path])) for fact in given}
    months = _fact(facts["years"])[2].replace("year", "month")
    rows = [_fact(fact) for fact in facts.values()]
    rows.insert([row[0] for row in rows].index("`years`") + 1, ("`months`", "number", months))
    return _rows("fact | type | what it is", rows)


TABLES: dict[str, Callable[[], str]] = {
    "rule": lambda: form_table(RULE),
    "topic": lambda: form_table(TOPIC),
    "all marketing": lambda: form_table(MARKETING),
    "did": lambda: form_table(DID),
    "triggers": _triggers,
    "moments": lambda: _rows("moment | when", ((f"`{word}`", text) for word, text in _MOMENTS.values())),
    "conditions": lambda: _rows("key | meaning", ((f"`{word}`", row.description) for word, row in KEYWORDS.items())),
    "operators": _operators,
    "types": lambda: _rows(
        "type | written | is", ((t.value, EXPECTED[t].removeprefix("a "), a_type(t)) for t in FactType)
    ),
    "facts": _facts,
    "trigger facts": _trigger_facts,
}
"""Every table by the name it has in the page."""
