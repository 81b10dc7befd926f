"""Good rule files load without a problem; each bad one has exactly the problems that it says it has."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rules.rule_files import BAD, GOOD, bad_case

from engine.errors import Problem
from engine.rules.codes import RULE_CODES
from engine.rules.english import rule_sentence
from engine.rules.loader import load
from engine.yaml_text import YAML_CODES

TOPICS = {"rules/topics.yaml": "tips: marketing\n"}
CODE = re.compile(r":\d+: ([EL]\d+) ")
KEPT = timedelta(days=100)
RULE = "topic: tips\nto: {to}\nwhen: {{event: {event}}}\nsend: {template}\n"


def test_good_files_have_no_problem() -> None:
    """Every good rule is loaded, under the name of its file."""
    loaded = load(GOOD)
    assert loaded.problems == ()
    special = {"rules/topics.yaml", "rules/traits.yaml", "rules/segments.yaml"}
    assert {f"rules/{name}.yaml" for name in loaded.rules.rules} == set(GOOD) - special


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_file_has_the_problems_it_says(path: Path) -> None:
    """One mistake is one problem, at its place, with what would be right; the rule is left out."""
    place, files, expected = bad_case(path)
    loaded = load(files)
    assert expected, "a bad file says its problems in its last lines"
    assert [str(problem) for problem in loaded.problems] == expected
    loads = path.stem.startswith("lint-") or "was" in path.stem
    assert place.removeprefix("rules/").removesuffix(".yaml") not in loaded.rules.rules or loads


def test_every_code_has_a_bad_file() -> None:
    """No code is in the table that nothing gives."""
    given = {CODE.findall(problem)[0] for path in BAD for problem in bad_case(path)[2]}
    elsewhere = {"L601", "L602", "L606", "L607", "L611", "E303", "E110", "E111", "E112", "E113", "E101"}
    assert set(RULE_CODES) | set(YAML_CODES) == given | elsewhere


def problems(to: str = "customer", event: str = "Signed Up", template: str = "welcome") -> tuple[Problem, ...]:
    """Load one rule in a workspace whose templates, events and roles are known."""
    files = TOPICS | {"rules/a.yaml": RULE.format(to=to, event=event, template=template)}
    seen = {"events": ["Signed Up", "Logged In"], "roles": ["admin"], "templates": ["welcome", "tour"]}
    return load(files, **seen).problems  # type: ignore[arg-type]


CASES = {
    "as it should be": ({}, []),
    "template": ({"template": "wellcome"}, ["4:7: E303 there is no template `wellcome`; did you mean `welcome`?"]),
    "event": ({"event": "Sgned Up"}, ["3:15: L601 no event `Sgned Up` was ever seen; did you mean `Signed Up`?"]),
    "new event": ({"event": "Webinar Watched"}, ["3:15: L601 no event `Webinar Watched` was ever seen"]),
    "role": ({"to": "account admn"}, ["2:5: L602 nobody has the role `admn`; did you mean `admin`?"]),
}


@pytest.mark.parametrize(("change", "expected"), CASES.values(), ids=CASES)
def test_names_are_compared_with_what_is_there(change: dict[str, str], expected: list[str]) -> None:
    """A template that is not there is an error; an event or role that was never seen is lint."""
    found = problems(**change)
    assert [str(problem).removeprefix("rules/a.yaml:") for problem in found] == expected
    assert all((problem.severity == "lint") == problem.code.startswith("L") for problem in found)


OVER = {
    "2026-03-10": "2026-03-18 12:01",
    "2026-03-10 10:00": "2026-03-17 10:01",
}


@pytest.mark.parametrize(("day", "over"), OVER.items())
def test_a_day_that_is_over_is_lint_from_then_on(day: str, over: str) -> None:
    """When its last moment is over wherever somebody may live."""
    files = {
        "rules/topics.yaml": "tips: marketing",
        "rules/a.yaml": f"topic: tips\nwhen: {{on: {day}}}\nsend: {{on the day: hello, after 7 days: hello}}\n",
    }
    now = datetime.fromisoformat(over).replace(tzinfo=UTC)
    assert load(files, now=now - timedelta(minutes=2)).problems == ()
    (problem,) = load(files, now=now).problems
    assert (problem.code, problem.line, problem.column, problem.severity) == ("L611", 2, 7, "lint")


STORED = {"customer": frozenset({"boards"}), "account": frozenset[str]()}
LINTED = {
    "an event nobody did": ("if: [did: Report Sahred]", "L601", "if: [did: Report Shared]"),
    "a role nobody has": ("to: account onwer", "L602", "to: account owner"),
    "a fact that is there": ("if: [did: Signed Up]", "L603", "if: [did: {event: Signed Up, at least: 2}]"),
    "one or the other": (
        "if: [any: [account.seats: {below: 5}, account.seats: {at least: 5}, missing: account.seats]]",
        "L603",
        "if: [any: [account.seats: {below: 5}, account.seats: {at least: 5}]]",
    ),
    "none of what never holds": (
        "if: [none: [account.seats: {above: 5, below: 9}, missing: account.seats, account.seats: {at least: 0}]]",
        "",
        "if: [none: [account.seats: {above: 5}]]",
    ),
    "a dead alternative": (
        "if: [account.seats: {above: 5}, any: [account.seats: 3, account.plan: pro]]",
        "L604",
        "if: [account.seats: {above: 5}, any: [account.seats: 7, account.plan: pro]]",
    ),
    "a window longer than what is kept": (
        "if: [did: {event: Report Shared, within: 101 days}]",
        "L606",
        "if: [did: {event: Report Shared, within: 100 days}]",
    ),
    "a past longer than what is kept": ("backfill: 101 days", "L606", "backfill: 100 days"),
    "a trait nobody has": ("if: [customer.bords: 3]", "L607", "if: [customer.boards: 3]"),
}


@pytest.mark.parametrize(("bad", "code", "good"), LINTED.values(), ids=LINTED)
def test_each_lint_has_a_bad_and_a_good_example(bad: str, code: str, good: str) -> None:
    """What is hardly meant is pointed out once; what is nearly the same, and meant, is not."""
    plain = "topic: tips\nwhen: {event: Signed Up}\nsend: {after 100 days: welcome}\n"
    traits = {"rules/traits.yaml": "customer: {boards: number, bords: number}\n"}
    seen = {"events": ["Signed Up", "Report Shared"], "roles": ["owner"], "stored": STORED}
    found = [
        [problem.code for problem in load(TOPICS | traits | {"rules/a.yaml": plain + line}, **seen, kept=KEPT).problems]  # type: ignore[arg-type]
        for line in (bad, good)
    ]
    assert found == [[code] if code else [], []]


RULES = {
    "the same day": ("when: {event: Signed Up}\nsend: {after 23 hours: b}", True),
    "another day": ("when: {event: Signed Up}\nsend: {after 1 day: b}", False),
    "another fact": ("when: {event: Report Shared}\nsend: b", False),
    "the first of such events": ("when: {event: Signed Up, first: true}\nsend: b", True),
    "some of such events": ("when: {event: Signed Up, where: {plan: pro}}\nsend: b", True),
    "conditions that exclude each other": ("when: {event: Signed Up}\nsend: b\nif: [account.status: trialing]", False),
    "conditions that do not": ("when: {event: Signed Up}\nsend: b\nif: [account.plan: pro]", True),
    "somebody else": ("when: {event: Signed Up}\nsend: b\nto: account billing", False),
}


@pytest.mark.parametrize(("other", "meets"), RULES.values(), ids=RULES)
def test_two_rules_that_can_write_to_one_person_on_one_day_are_told(other: str, *, meets: bool) -> None:
    """On the same fact and day, to the same reader, of whom both can hold; never of two transactional topics."""
    first = "topic: {topic}\nto: account owner\nwhen: {{event: Signed Up}}\nsend: a\nif: [account.status: active]\n"
    for topic, kind in (("tips", meets), ("account", False)):
        second = f"topic: {topic}\n{other}\n" + ("" if "to:" in other else "to: account owner\n")
        files = {"rules/topics.yaml": "tips: marketing\naccount: transactional\n"}
        files |= {"rules/a.yaml": first.format(topic=topic), "rules/b.yaml": second}
        loaded = load(files)
        assert [problem.code for problem in loaded.problems] == (["L605"] if kind else [])
        assert all(problem.path == "rules/b.yaml" for problem in loaded.problems)


def test_lint_does_not_leave_a_rule_out() -> None:
    """A rule with lint alone is loaded."""
    files = TOPICS | {"rules/a.yaml": RULE.format(to="customer", event="Sgned Up", template="welcome")}
    loaded = load(files, events=["Signed Up"])
    assert list(loaded.rules.rules) == ["a"]
    assert [problem.code for problem in loaded.problems] == ["L601"]


BROKEN_SPECIAL = {
    "topics": ("topics", "tips: {kind: 'marketing}\n", "E105"),
    "topic": ("topics", "tips: {kind: adverts}\n", "E203"),
    "traits": ("traits", "account:\n\tboards: number\n", "E102"),
    "trait": ("traits", "account: {boards: nmber}\n", "E203"),
    "segments": ("segments", "- paying\n", "E203"),
    "segment": ("segments", "busy: [account.seats: {above: many}]\n", "E403"),
}


@pytest.mark.parametrize(("name", "text", "code"), BROKEN_SPECIAL.values(), ids=BROKEN_SPECIAL)
def test_a_broken_declaration_is_one_problem(name: str, text: str, code: str) -> None:
    """What rests on a broken topic, trait or segment is left out without a problem of its own."""
    rule = "topic: tips\nwhen: {event: Signed Up}\nsend: welcome\nif: [segment: busy, account.boards: 3]\n"
    files = {
        "rules/topics.yaml": "tips: marketing\n",
        "rules/traits.yaml": "account: {boards: number}\n",
        "rules/segments.yaml": "busy: [account.seats: {above: 3}]\n",
        "rules/a.yaml": rule,
    }
    assert list(load(files).rules.rules) == ["a"]
    loaded = load(files | {f"rules/{name}.yaml": text})
    assert [(problem.path, problem.code) for problem in loaded.problems] == [(f"rules/{name}.yaml", code)]
    assert not loaded.rules.rules


def test_files_elsewhere_and_tests_of_rules_are_not_rules() -> None:
    """Only `rules/*.yaml` is read, without the tests that stand beside rules."""
    loaded = load(
        {"templates/brand.yaml": "{", "rules/a.test.yaml": "{", "rules/readme.md": "{", "lifecycle.yaml": "{"}
    )
    assert (loaded.problems, dict(loaded.rules.rules)) == ((), {})


def test_a_rule_in_a_folder_is_not_passed_over() -> None:
    """A rule file where no rule is looked for is a problem, not silence."""
    assert [problem.code for problem in load({"rules/old/a.yaml": "topic: a"}).problems] == ["E204"]


def test_every_good_rule_can_be_said() -> None:
    """Every rule has its sentence, which names its templates."""
    for rule in load(GOOD).rules.rules.values():
        sentence = rule_sentence(rule)
        assert all(send.template in sentence for send in rule.sends)
        assert sentence.startswith("Write to the ")


@pytest.mark.parametrize(
    ("silent", "condition"),
    [
        ("any event", "customer.last_seen_at: {within last: 15 days}"),
        ("any event, or since: customer.signed_up_at", "missing: customer.last_seen_at"),
        ("Report Shared", "customer.last_seen_at: {within last: 14 days}"),
    ],
)
def test_what_may_hold_in_a_silence_is_not_refused(silent: str, condition: str) -> None:
    """Somebody seen a day before the shortest silence, never, or who did other things than the one waited for."""
    when = f"when: {{silent: {silent}}}\nsend: {{after 14 days: welcome, after 30 days: welcome}}\n"
    rule = f"topic: tips\n{when}if:\n  - {condition}\n"
    assert load({**TOPICS, "rules/quiet.yaml": rule}).problems == ()
