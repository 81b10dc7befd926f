"""What `check` refuses in a rule that can be read: meanings that cannot be, or that cannot be meant."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from engine.errors import Problem
from engine.rules.codes import RULE_CODES
from engine.rules.language.contradictions import contradictions
from engine.rules.language.durations import english_duration
from engine.rules.language.located import MAX_TESTS, count_tests
from engine.rules.language.names import sound_name
from engine.rules.language.outlasting import outlasting
from engine.rules.language.rule_file import Draft
from engine.rules.language.taken_for_granted import granted_by
from engine.rules.language.vocabulary import Vocabulary
from engine.rules.model import BecomesTrigger, Condition, DidTest, FactTest, SilentTrigger
from engine.rules.model import leaves as tests_of
from engine.yaml_text import Node


def check_rule(draft: Draft, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Yield the problems of one rule."""
    count = count_tests(draft.conditions) if draft.conditions else 0
    if count > MAX_TESTS:
        yield RULE_CODES["E209"].at(draft.places["if"], count=count, most=MAX_TESTS)
        return
    for check in CHECKS:
        yield from check(draft)
    if vocabulary.kept is not None:
        yield from outlasting(draft, vocabulary.kept)


def _too_late(draft: Draft) -> Iterator[Problem]:
    rule = draft.rule
    if rule.too_late_after < rule.open_for:
        place = draft.places.get("too_late_after") or draft.places["open_for"]
        late, open_for = english_duration(rule.too_late_after), english_duration(rule.open_for)
        yield RULE_CODES["E504"].at(place, late=late, open=open_for)


def _since_trigger(draft: Draft) -> Iterator[Problem]:
    why = _no_trigger_yet(draft)
    for leaf in draft.tests() if why else ():
        if isinstance(leaf.condition, DidTest) and leaf.condition.since_trigger:
            yield RULE_CODES["E502"].at(leaf.node, why=why)


def _no_trigger_yet(draft: Draft) -> str:
    if isinstance(draft.rule.trigger, SilentTrigger):
        return "a silence ends with the first event"
    before = next((send for send in draft.rule.sends if send.offset.days < 0), None)
    return f"`{before.label}` lies before it" if before else ""


def _account_facts(draft: Draft) -> Iterator[Problem]:
    if draft.rule.subject == "customer":
        return
    for test, node in (*((leaf.condition, leaf.node) for leaf in draft.tests()), *_of_trigger(draft)):
        if isinstance(test, FactTest) and test.fact.subject == "customer":
            yield RULE_CODES["E503"].at(node, fact=test.fact.path)


def _of_trigger(draft: Draft) -> Iterator[tuple[Condition, Node]]:
    """Yield the tests that a `becomes` holds, at its place."""
    trigger = draft.rule.trigger
    if isinstance(trigger, BecomesTrigger):
        yield from ((test, draft.places["when"]) for test in tests_of(trigger.conditions))


def _conditions(draft: Draft) -> Iterator[Problem]:
    if draft.conditions:
        yield from contradictions(draft.conditions, granted_by(draft.rule))


def _was(draft: Draft) -> Iterator[Problem]:
    name = draft.rule.was
    if name and (name == draft.rule.name or not sound_name(name)):
        why = "it is this rule" if name == draft.rule.name else "it is no rule's name"
        yield RULE_CODES["E509"].at(draft.places["was"], name=name, why=why)


CHECKS: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    _too_late, _since_trigger, _account_facts, _conditions, _was,
)  # fmt: skip


def check_together(drafts: Sequence[Draft], files: Collection[str] | Mapping[str, str]) -> Iterator[Problem]:
    """Yield the problems that only several rules have together: two that were one, one that was another."""
    first: dict[str, Draft] = {}
    for draft in drafts:
        was = draft.rule.was
        if not was or was == draft.rule.name:
            continue
        if f"rules/{was}.yaml" in files:
            yield RULE_CODES["E509"].at(draft.places["was"], name=was, why="that rule is still there")
        elif was in first:
            why = f"`{first[was].rule.name}` was it, too"
            yield RULE_CODES["E509"].at(draft.places["was"], name=was, why=why)
        first.setdefault(was, draft)
