"""Thousands of broken files: each ends in problems at places inside a file, never in an exception or a pass.

`make test` tries a few hundred; `SPOILT_FILES=2000 .venv/bin/pytest tests/broken` tries so many.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

import pytest
from broken.spoiling import GOOD, MAIL, SHIPPED, SPOILERS, TEMPLATES, Spoilt, spoilt

from engine.checking import uses
from engine.errors import Problem
from engine.facts import known_facts
from engine.rendering import check, compile_library
from engine.rules.loader import load
from engine.rules.scenarios.load import load_scenarios

COUNT = int(os.environ.get("SPOILT_FILES", "200"))
SHARDS = 10
SENT = {send.template for rule in load(GOOD).rules.rules.values() for send in rule.sends}
PATIENCE = 60
"""Seconds after which a check counts as hanging, on the slowest of machines."""


@contextmanager
def patience() -> Iterator[None]:
    """End what does not end by itself."""

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def problems(broken: Spoilt) -> list[Problem]:
    """Check the rules of a workspace, and of its mails the broken one, or where a shared file is broken two of them."""
    loaded = load(broken.files, templates=TEMPLATES | SENT, zone="UTC")
    found = [*loaded.problems, *load_scenarios(broken.files, loaded).problems]
    if broken.path.startswith("templates/"):
        few = _few_mails(broken)
        library, of_mails = compile_library(few)
        facts = known_facts(loaded.rules.traits)
        wanted = {name: each for name, each in uses(loaded.rules).items() if f"templates/{name}.md" in few}
        found += [*of_mails, *check(library, wanted, facts)]
    return [problem for problem in found if problem.severity == "error"]


def _few_mails(broken: Spoilt) -> Mapping[str, str]:
    keep = {broken.path, broken.path.replace(".sv.md", ".md"), "templates/welcome-back.md"}
    keep |= {"templates/welcome.md", "templates/welcome.sv.md"} if broken.path.startswith("templates/words/") else set()
    if broken.path.startswith("templates/parts/"):
        name = broken.path.removeprefix("templates/parts/").removesuffix(".mjml")
        keep |= {path for path, text in SHIPPED.items() if f"::: {name}" in text}
    return {path: text for path, text in broken.files.items() if path in keep or not re.fullmatch(MAIL, path)}


def misplaced(found: list[Problem], files: Mapping[str, str]) -> list[str]:
    """Return the problems whose place is not inside their file."""
    return [str(problem) for problem in found if not _inside(problem, files[problem.path])]


def _inside(problem: Problem, text: str) -> bool:
    lines = [*text.split("\n"), ""]
    return 1 <= problem.line <= len(lines) and 1 <= problem.column <= len(lines[problem.line - 1]) + 1


@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_spoilt_file_ends_in_problems_at_places(shard: int) -> None:
    """What was broken is known, so a file that passes was accepted wrongly."""
    for seed in range(shard, COUNT, SHARDS):
        broken = spoilt(seed)
        with patience():
            found = problems(broken)
        assert found, f"{seed}: {broken.why} in {broken.path} was accepted:\n{broken.files[broken.path]}"
        assert misplaced(found, broken.files) == [], f"{seed}: {broken.why} in {broken.path}"
        assert broken.path in {problem.path for problem in found}, f"{seed}: {broken.why} in {broken.path}"


ALONE = {"no such type", "no such kind", "no such colour", "a tab", "cut off", "two documents", "no company"}
"""Mistakes in a file that others build on, which must not be told once more in each of those."""


def test_one_typo_in_a_shared_file_is_one_problem() -> None:
    """A broken declaration makes no follow-on problems where it is used."""
    shared = ("rules/traits.yaml", "rules/topics.yaml", "templates/brand.yaml")
    count = 0
    for number, spoiler in enumerate(SPOILERS):
        for seed in range(number, len(SPOILERS) * 12, len(SPOILERS)) if spoiler.name in ALONE else ():
            broken = spoilt(seed)
            if broken.path in shared:
                count += 1
                told = [str(problem) for problem in problems(broken)]
                assert len(told) == 1, (broken.why, told)
    assert count >= 20


def test_every_way_to_spoil_is_tried() -> None:
    """A few hundred seeds reach each of them, and the files they begin from are sound."""
    assert {spoilt(seed).why for seed in range(len(SPOILERS))} == {spoiler.name for spoiler in SPOILERS}
    for path, files in (("templates/welcome.md", SHIPPED), ("rules/welcome.yaml", GOOD)):
        assert problems(Spoilt(why="nothing", path=path, files=files)) == []
