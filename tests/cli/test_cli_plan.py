"""`lifecycle plan` reads well, says a difference by its exit code, and prints every key that its page lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import company
import pytest
import sqlalchemy as sa
from commands import Lifecycle

from engine.clock import SystemClock

PAGE = (Path(__file__).parents[2] / "docs" / "plan.md").read_text()
RULE = "rules/we-miss-you.yaml"


@pytest.fixture
def live(lifecycle: Lifecycle, workspace: Path, database: sa.Engine) -> Path:
    """A workspace whose files are live, and whose customers went quiet."""
    write(workspace, company.FILES)
    company.people(database, {"ana": 13, "bob": 11, "cleo": 9, "eve": 5}, SystemClock().now())
    lifecycle.ok("apply")
    return workspace


def write(workspace: Path, files: Mapping[str, str]) -> None:
    """Put files into a workspace."""
    for path, text in files.items():
        (workspace / path).parent.mkdir(parents=True, exist_ok=True)
        (workspace / path).write_text(text)


def test_the_exit_code_tells_a_difference_from_a_mistake(lifecycle: Lifecycle, live: Path) -> None:
    """0 nothing would change, 2 something would, 1 whatever is wrong with files or call."""
    done = lifecycle.ok("plan")
    assert done.out.endswith("Plan: nothing would change.\n")
    write(live, company.edited("14", "10"))
    assert lifecycle("plan").code == 2
    assert lifecycle("plan", "--json").code == 2
    assert "No such option" in lifecycle.refused("plan", "--untli", "3d")
    assert "neither a duration nor a date" in lifecycle.refused("plan", "--until", "soon")
    assert "is not in a git repository" in lifecycle.refused("plan", "--against", "main")
    write(live, {RULE: "topic: tips\n"})
    assert lifecycle("plan").code == 1


def test_a_plan_reads_from_the_change_to_one_line(lifecycle: Lifecycle, live: Path) -> None:
    """What differs, who starts with the first mail of them, who stops, and all of it in one line."""
    write(live, company.edited("14", "10"))
    lines = lifecycle("plan").out.splitlines()
    assert lines[1] == "differs    rules/we-miss-you.yaml"
    marks = [line for line in lines if re.match(r"~|  [+~-] ", line)]
    assert [re.sub(r"first on .*?: ", "first on …: ", mark) for mark in marks] == [
        "~ we-miss-you",
        "  + 1 more person, first on …: Eve",
        "  - 2 fewer people, first on …: Ana, Bob",
        "  ~ 1 mail at another time: Cleo; " + marks[3].partition("; ")[2],
    ]
    assert "    │ Eve, come back" in lines
    assert "    │ You were away for 10 days." in lines
    assert lines[-1] == "Plan: 1 rule to change; 1 more person, 2 fewer in 7 days; 1 mail at another time."


def test_a_change_of_words_reads_as_a_diff(lifecycle: Lifecycle, live: Path) -> None:
    """The sentence before and after, of one reader's own mail."""
    write(live, company.edited("You were", "You have been", "templates/welcome-back.md"))
    lines = lifecycle("plan", "--until", "2d").out.splitlines()
    assert "    │ -You were away for 14 days." in lines
    assert "    │ +You have been away for 14 days." in lines
    assert lines[-1] == "Plan: 1 mail reworded."


def keys(table: str) -> set[str]:
    """The keys that a table of the page lists."""
    rows = PAGE.partition(f"<!-- keys: {table} -->\n")[2].partition("\n\n")[0].splitlines()[2:]
    return {key for row in rows for key in re.findall(r"`(\w+)`", row.split("|")[1])}


def test_the_page_lists_every_key(lifecycle: Lifecycle, live: Path) -> None:
    """Programs can rely on what the page says, and nothing is printed that it does not say."""
    words = company.edited("You were", "You have been", "templates/welcome-back.md")
    write(live, {**words, RULE: company.MISS_YOU.replace("14", "10")})
    found: dict[str, Any] = lifecycle("plan", "--json").json
    (rule,) = found["rules"]
    assert set(found) == keys("plan")
    assert set(rule) == keys("rule")
    assert set(rule["starts"][0]) == set(rule["moved"][0]["after"]) == keys("mail")
    assert set(rule["rewording"]) == keys("specimen")
    assert set(rule["first"]) == keys("specimen") - {"before", "diff"}
    listed = set(re.findall(r"`(\w+)`", PAGE.partition("| `totals` |")[2].splitlines()[0]))
    assert set(found["totals"]) == listed
    assert found["against"] == {"kind": "release", "name": "", "release": 1}


def test_a_month_is_counted_by_day_and_rule(lifecycle: Lifecycle, live: Path) -> None:
    """`dry-run --until 30d` has one line for each day and rule; every mail is there by option and as JSON."""
    lines = lifecycle.ok("dry-run", "--until", "30d").out.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("Day by day, 4 mails"))
    assert [line.split()[-1] for line in lines[start + 2 : start + 6]] == ["Ana", "Bob", "Cleo", "Eve"]
    assert "eve@example.com" in lifecycle.ok("dry-run", "--until", "30d", "--mails").out
    found = lifecycle.ok("dry-run", "--until", "30d", "--json").json
    assert set(found) == keys("dry-run")
    assert (len(found["mails"]), set(found["mails"][0])) == (4, keys("mail"))
