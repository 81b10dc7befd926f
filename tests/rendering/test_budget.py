"""A mail that its sample does not show to be a bomb: at the reader it ends in a sentence, and others are rendered."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping
from typing import Any

import pytest
from rendering.workshop import email, workspace

from engine.rendering import RenderError, compile_library
from engine.rendering.budget import LONGEST, SECONDS, Budget, BudgetError, Watched

LOOPS = "{% for a in event.properties.many | default([]) %}{% for b in event.properties.many | default([]) %}"
ENDS = "{% endfor %}{% endfor %}"
MANY: Mapping[str, Any] = {"event": {"properties": {"many": [1] * 3000}}}
BOMBS = [
    ("x" * 150, "a mail of more than 1 MB"),
    ("{% if a == 3 %}x{% endif %}" * 20, f"more than {SECONDS:g} seconds"),
    ("{% if loop.index == 0 %}x{% endif %}" * 20, f"more than {SECONDS:g} seconds"),
]


@pytest.mark.parametrize(("body", "what"), BOMBS, ids=["large", "slow", "slow with a counter"])
def test_a_long_list_in_an_event_is_no_bomb(body: str, what: str) -> None:
    """Checked with a short sample it is sound; with three thousand items it is refused, at its line."""
    files = workspace(mail_md=email(f"{LOOPS}{body}{ENDS}"), other_md=email("Hi"))
    library, problems = compile_library(files)
    assert [problem for problem in problems if problem.severity == "error"] == []
    with pytest.raises(RenderError, match=what) as refused:
        library.render("mail", "en", MANY)
    assert refused.value.place.path == "templates/mail.md"
    assert "Hi" in library.render("other", "en", MANY).text


def test_a_long_fact_is_no_bomb_without_a_loop() -> None:
    """It is counted like what lists make, and all of a mail together."""
    library, _ = compile_library(workspace(mail_md=email("{{ customer.first_name | default('') }}")))
    half = {"customer": {"first_name": "x" * (LONGEST // 2)}}
    with pytest.raises(RenderError, match="a mail of more than 1 MB"):
        library.render("mail", "en", half)
    tenth = {"customer": {"first_name": "x" * (LONGEST // 10)}}
    assert tenth["customer"]["first_name"] in library.render("mail", "en", tenth).text


def test_a_list_is_not_joined_by_a_long_fact() -> None:
    """What would take hundreds of megabytes is refused before it is made, in each of a mail's parts."""
    body = "{{ event.properties.many | default([]) | join(customer.first_name | default(', ')) }}"
    library, problems = compile_library(workspace(mail_md=email(body)))
    assert [problem for problem in problems if problem.severity == "error"] == []
    long = {"event": {"properties": {"many": [1] * 30_000}}, "customer": {"first_name": "x" * 10_000}}
    tracemalloc.start()
    with pytest.raises(RenderError, match="a mail of more than 1 MB"):
        library.render("mail", "en", long)
    assert tracemalloc.get_traced_memory()[1] < 10 * LONGEST
    tracemalloc.stop()
    assert "1, 1, 1" in library.render("mail", "en", {"event": {"properties": {"many": [1] * 3}}}).text


@pytest.mark.parametrize("blanks", ["\t", " ", "\t ", "\n", " \n"])
def test_blanks_in_a_fact_take_no_time(blanks: str) -> None:
    """More than a hundred thousand of them are tidied by looking at each once, which at each pair took minutes."""
    fact = f"a \nb{blanks * (LONGEST // 8 // len(blanks))}c"
    library, _ = compile_library(workspace(mail_md=email("{{ customer.first_name | default('') }}")))
    shown = library.render("mail", "en", {"customer": {"first_name": fact}}).text
    assert shown.split()[:3] == ["a", "b", "c"]


def test_a_loop_knows_its_length_within_its_bounds() -> None:
    """What a loop may ask of its list is as without bounds."""
    library, _ = compile_library(
        workspace(
            mail_md=email(
                "{% for a in event.properties.many | default([]) %}"
                "{{ loop.index }}/{{ loop.length }}{% if not loop.last %}, {% endif %}{% endfor %}"
            )
        )
    )
    assert "1/3, 2/3, 3/3" in library.render("mail", "en", {"event": {"properties": {"many": [1, 2, 3]}}}).text


def test_the_bounds_are_of_the_whole_mail() -> None:
    """Subject, HTML and text share them."""
    budget = Budget()
    assert len(budget.joined(["x" * (LONGEST - 1)])) == LONGEST - 1
    assert budget.joined(["x"]) == "x"
    with pytest.raises(BudgetError):
        budget.joined(["x"])


def test_time_that_is_over_ends_a_loop() -> None:
    """Without waiting for it."""
    with pytest.raises(BudgetError, match="seconds"):
        list(Watched([1], Budget(until=0.0)))
