"""Loads the rules folder: every rule, topic, trait and segment of it, and every problem of every file at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.errors import Problem
from engine.facts import Trait, known_facts
from engine.rules.language import segments, topics, traits
from engine.rules.language.checks import check_rule, check_together
from engine.rules.language.gone_by import gone_by
from engine.rules.language.in_quiet_hours import in_quiet_hours
from engine.rules.language.names import sound_name
from engine.rules.language.reading import Reading, found
from engine.rules.language.rule_file import Draft, read_rule
from engine.rules.language.same_day import same_day
from engine.rules.language.vocabulary import Names, Vocabulary
from engine.rules.model import Group, RuleSet, Topic
from engine.yaml_text import MapNode, Node, read

FOLDER = "rules/"
_NOBODY: Mapping[str, frozenset[str]] = {}
SPECIAL = (topics.PATH, traits.PATH, segments.PATH)


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What the rules folder says and what is wrong with it; `vocabulary` holds the names it may use."""

    rules: RuleSet
    problems: tuple[Problem, ...]
    vocabulary: Vocabulary


def load(
    files: Mapping[str, str],
    *,
    templates: Collection[str] | None = None,
    events: Collection[str] = (),
    roles: Collection[str] = (),
    stored: Mapping[str, frozenset[str]] = _NOBODY,
    kept: timedelta | None = None,
    zone: str = "UTC",
    now: datetime | None = None,
) -> Loaded:
    """Load `rules/*.yaml` of some files (path to text); never raises for content.

    With `templates`, others are refused. `events` and `roles` that were seen, and `stored` traits by subject, find
    misspelt ones; `kept` is how long events are. `zone` is the workspace's: days and local times in conditions on
    instants are of it. With `now`, an aware instant, rules that are over are pointed out. A broken rule is left out.
    """
    words = Vocabulary(
        templates=frozenset(templates) if templates is not None else None,
        events=frozenset(events),
        roles=frozenset(roles),
        stored=stored,
        kept=kept,
        zone=zone,
        now=now,
    )
    return _Loading(files, words).load()


class _Loading:
    def __init__(self, files: Mapping[str, str], words: Vocabulary) -> None:
        self._files = files
        self._reading = Reading(vocabulary=words)
        self._problems = self._reading.problems

    def load(self) -> Loaded:
        found_traits, found_topics = self._read_traits(), self._read_topics()
        found_segments = self._read_segments()
        drafts = self._read_rules()
        self._problems.extend(check_together(drafts, self._files))
        self._problems.extend(same_day(drafts, found_topics))
        self._problems.extend(in_quiet_hours(drafts, found_topics))
        rules = RuleSet(
            rules={draft.rule.name: draft.rule for draft in drafts},
            topics=found_topics,
            traits=found_traits,
            segments=found_segments,
        )
        problems = tuple(sorted(set(self._problems)))
        return Loaded(rules=rules, problems=problems, vocabulary=self._reading.vocabulary)

    def _learn(self, **names: object) -> None:
        self._reading.vocabulary = replace(self._reading.vocabulary, **names)  # type: ignore[arg-type]

    def _tree(self, path: str) -> tuple[Node | None, bool]:
        """Return a special file's tree, and whether all of it could be read."""
        result = read(self._files.get(path, ""), path=path)
        self._problems.extend(result.problems)
        return result.node, not result.problems and (result.node is None or isinstance(result.node, MapNode))

    def _read_traits(self) -> tuple[Trait, ...]:
        node, whole = self._tree(traits.PATH)
        read_ones = traits.read_traits(node, self._reading)
        good = tuple(trait for trait in read_ones.values() if trait)
        facts = known_facts(good)
        self._learn(facts=facts, traits=_names(read_ones, facts, whole=whole))
        return good

    def _read_topics(self) -> dict[str, Topic]:
        node, whole = self._tree(topics.PATH)
        read_ones = topics.read_topics(node, self._reading)
        good = {name: topic for name, topic in read_ones.items() if topic}
        self._learn(topics=_names(read_ones, good, whole=whole))
        return good

    def _read_segments(self) -> dict[str, Group]:
        node, whole = self._tree(segments.PATH)
        found_segments = segments.Segments(node, self._reading)
        self._learn(segments=Names(good=found_segments.names, whole=whole))
        self._reading.segment = found_segments.get
        self._reading.untriggered = "a segment has no trigger"
        good = found_segments.read_all()
        self._reading.untriggered = ""
        return {name: located.condition for name, located in good.items() if isinstance(located.condition, Group)}

    def _read_rules(self) -> list[Draft]:
        drafts = [self._read_rule(path) for path in sorted(self._files) if _is_rule(path)]
        return [draft for draft in drafts if draft]

    def _read_rule(self, path: str) -> Draft | None:
        start = Problem(path=path, code="", message="")
        name = path.removeprefix(FOLDER).removesuffix(".yaml")
        if not path.endswith(".yaml") or not sound_name(name):
            return self._reading.refuse("E204", start, name=path.removeprefix(FOLDER))
        result = read(self._files[path], path=path)
        self._problems.extend(result.problems)
        if result.problems:
            return None
        if result.node is None:
            return self._reading.refuse("E208", start)
        if self._reading.misses_space(result.node):
            return None
        if not isinstance(result.node, MapNode):
            what = "a table with `topic`, `when` and `send`"
            return self._reading.refuse("E203", result.node, expected=what, found=found(result.node))
        draft = read_rule(name, result.node, self._reading)
        if draft and self._reading.vocabulary.now:
            self._problems.extend(gone_by(draft, self._reading.vocabulary.now))
        return draft if draft and self._sound(check_rule(draft, self._reading.vocabulary)) else None

    def _sound(self, problems: Iterable[Problem]) -> bool:
        found_ones = list(problems)
        self._problems.extend(found_ones)
        return all(problem.severity == "lint" for problem in found_ones)


def _is_rule(path: str) -> bool:
    yaml = path.startswith(FOLDER) and path.endswith((".yaml", ".yml"))
    return yaml and path not in SPECIAL and not path.endswith((".test.yaml", ".test.yml"))


def _names(read_ones: Mapping[str, object], good: Iterable[str], *, whole: bool) -> Names:
    broken = frozenset(name for name, value in read_ones.items() if value is None)
    return Names(good=frozenset(good), broken=broken, whole=whole)
