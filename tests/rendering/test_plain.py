"""The text part of a mail, as it is when everything in it is known."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rendering.workshop import email, workspace

from engine.rendering import compile_library
from engine.rendering.plain import ITEM_STARTS, LIST_ENDS, LIST_STARTS, tidy, with_numbers

WORDS = st.sampled_from(["a", "b ", "\n", "\n\n", " \n", "\t", "", "é"])


def lists(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return lists whose items hold other texts and lists."""
    items = st.lists(st.lists(inner).map("".join), max_size=4)
    return items.map(lambda each: LIST_STARTS + "".join(ITEM_STARTS + item + "\n" for item in each) + LIST_ENDS)


TEXTS = st.lists(st.recursive(WORDS, lambda inner: st.one_of(inner, lists(inner)), max_leaves=12)).map("".join)


@given(TEXTS)
def test_a_fixed_list_is_numbered_beforehand_as_it_would_be_later(text: str) -> None:
    """To the last sign, whichever lists within lists are fixed."""
    for is_fixed in (lambda _: True, lambda _: False, lambda found: "b" not in found):
        assert tidy(with_numbers(text, is_fixed)) == tidy(text)
    assert LIST_STARTS not in with_numbers(text, lambda _: True)


@given(TEXTS)
def test_a_tidy_text_has_no_blanks_too_many(text: str) -> None:
    """No empty line follows another, no blank ends a line, and one line end is the last."""
    lines = tidy(text).split("\n")
    assert [line for line in lines if re.search(r"[ \t]$", line)] == []
    assert "\n\n\n" not in tidy(text)
    assert lines[-1] == ""


NUMBERED = (
    ("1. Find\n1. Move\n", "1. Find\n2. Move\n"),
    ("1. Find\n{% if customer.first_name %}\n1. Hi\n{% endif %}\n1. Move\n", "1. Find\n2. Move\n"),
    ("1. Find\n{% if not customer.first_name %}\n1. Hi\n{% endif %}\n1. Move\n", "1. Find\n2. Hi\n3. Move\n"),
    ("1. Find\n   1. one\n   1. two\n1. Move\n", "1. Find\n\n  1. one\n  2. two\n2. Move\n"),
    ("> 1. Find\n> 1. Move\n>\n> Done\n", "> 1. Find\n> 2. Move\n>\n> Done\n"),
    ("> 1. Find\n>    1. one\n>    1. two\n> 1. Move\n", "> 1. Find\n>\n>   1. one\n>   2. two\n> 2. Move\n\n--"),
)


@pytest.mark.parametrize(("markdown", "text"), NUMBERED)
def test_items_are_counted_as_a_reader_sees_them(markdown: str, text: str) -> None:
    """Those that a reader does not get are not counted."""
    library, problems = compile_library(workspace(mail_md=email(markdown)))
    assert [problem for problem in problems if problem.severity == "error"] == []
    assert text in library.render("mail", "en", {}).text


@pytest.mark.parametrize("name", ["\ufdd0\ufdd1\ufdd2", "\ufdd2", "\ue000\uffff", "[ . ]", "\x01\x1b"])
def test_no_fact_is_a_mark_of_a_list(name: str) -> None:
    """Whatever signs a fact holds, it stands in the text as it is, and items are counted as without it."""
    item = "1. {{ customer.first_name | default('') }}\n"
    body = f"{item}{{% if customer.first_name %}}\n{item}{{% endif %}}\n{item}"
    library, _ = compile_library(workspace(mail_md=email(body)))
    shown = library.render("mail", "en", {"customer": {"first_name": name}}).text
    assert shown.startswith(f"1. {name}\n2. {name}\n3. {name}\n")
