"""The YAML reader gives every word its place and says each mistake in plain words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.yaml_text import MAX_DEPTH, MAX_SIZE, MapNode, Scalar, read, to_python

BROKEN = {
    "tab": ("topic: a\n\twhen: x\n", "f:2:1: E102"),
    "tab before a list": ("if:\n\t- x\n", "f:2:1: E102"),
    "no space, first line": ("topic:tips\nwhen: x\n", "f:1:6: E103"),
    "no space, later line": ("topic: a\nwhen:x\nif: y\n", "f:2:5: E103"),
    "no space in a flow table": ("a: 1\nb: {c:d, e: 1}\n", "f:2:5: E103"),
    "indentation": ("a:\n  - b: 1\n   c: 2\n", "f:3:4: E104"),
    "indentation under a value": ("a: b\n c: d\n", "f:2:2: E104"),
    "single quote": ("a: 'b\nc: d\n", "f:1:4: E105"),
    "double quote": ('a: "b\nc: d\n', "f:1:4: E105"),
    "bracket": ("a: [b, c\nd: e\n", "f:1:4: E106"),
    "brace": ("a: {x: y\n", "f:1:4: E106"),
    "duplicate key": ("a: 1\nb: 2\na: 3\n", "f:3:1: E107"),
    "duplicate key, quoted": ('{a: 1, "a": 2}\n', "f:1:8: E107"),
    "alias": ("a: *b\n", "f:1:4: E108"),
    "anchor": ("a: &b c\n", "f:1:4: E108"),
    "tag": ("a: !!str c\n", "f:1:4: E108"),
    "directive": ("%YAML 1.1\n---\na: on\n", "f:2:1: E108"),
    "second document": ("a: b\n---\nc: d\n", "f:2:1: E108"),
    "depth": ("[" * 5000, f"f:1:{MAX_DEPTH + 1}: E109"),
    "size": ("a: " + "x" * MAX_SIZE, "f:1:1: E110"),
    "many values": ("- a\n" * 30_000, "f:19999:3: E113"),
    "NUL": ("a: x\nb: \0\n", "f:2:4: E111"),
    "hidden line end": ("a: x\nb: y\u2028z\n", "f:2:5: E111"),
    "escaped NUL": ('a: "\\0"\n', "f:1:4: E111"),
    "escaped surrogate": ('a: "\\uD800"\n', "f:1:4: E111"),
    "escape beyond Unicode": ('a: 1\nb: "\\UFFFFFFFF"\n', "f:2:1: E101"),
    "list as key": ("? [a]\n: b\n", "f:1:3: E112"),
    "two colons": ("subject: Hello: you\n", "f:1:15: E101"),
    "at sign": ("a: @x\n", "f:1:4: E101"),
    "text after a quote": ("a: 'it's'\n", "f:1:8: E101"),
}


@pytest.mark.parametrize(("text", "expected"), BROKEN.values(), ids=BROKEN)
def test_a_mistake_is_one_problem_at_its_place(text: str, expected: str) -> None:
    """Each kind of broken YAML gives exactly one problem, where the author has to change something."""
    problems = [str(problem) for problem in read(text, path="f").problems]
    assert [problem[: len(expected)] for problem in problems] == [expected], problems


def test_every_duplicate_key_is_reported() -> None:
    """Duplicate keys do not hide each other."""
    problems = read("a: 1\na: 2\nb: {c: 1, c: 2}\n", path="f").problems
    assert [(p.code, p.line) for p in problems] == [("E107", 2), ("E107", 3)]


def test_places_count_from_the_given_line() -> None:
    """The lines of front matter are those of the whole file."""
    node = read("subject: Hi\nlayout: [a]\n", path="f", line=2).node
    assert isinstance(node, MapNode)
    places = [(e.key.line, e.key.column, e.value.line, e.value.column) for e in node]
    assert places == [(2, 1, 2, 10), (3, 1, 3, 9)]
    assert read("a: '", path="f", line=7).problems[0].line == 7


VALUES = {
    "on": "on",
    "yes": "yes",
    "No": "No",
    "true": True,
    "FALSE": False,
    "~": None,
    "": None,
    "null": None,
    "'null'": "null",
    "12": 12,
    "-3": -3,
    "012": 12,
    "1.50": 1.5,
    "1e3": 1000.0,
    "'12'": "12",
    "09:00": "09:00",
    "2026-01-05": "2026-01-05",
    "1_000": "1_000",
    "0x1f": "0x1f",
    ".inf": ".inf",
    "1e999": "1e999",
    ".": ".",
    "[a, 1]": ["a", 1],
    "{a: b}": {"a": "b"},
}


@pytest.mark.parametrize(("text", "value"), VALUES.items())
def test_values_follow_yaml_1_2(text: str, value: object) -> None:
    """`on`, `yes`, `no`, dates and times of day are texts; only `true` and `false` are truth values."""
    assert to_python(read(f"a: {text}\n", path="f").node) == {"a": value}


def test_an_empty_file_is_empty_and_not_broken() -> None:
    """A file of comments alone has no tree and no problem."""
    result = read("# later\n", path="f")
    assert (result.node, result.problems) == (None, ())


def test_windows_line_ends_and_a_byte_order_mark_do_not_matter() -> None:
    """Files saved on Windows read the same."""
    node = read("\ufeffa: b\r\nc: d\r\n", path="f").node
    assert to_python(node) == {"a": "b", "c": "d"}
    assert isinstance(node, MapNode)
    assert isinstance(node.get("c"), Scalar)
    assert node.get("e") is None


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("ab:-[]{},'\"#\n \t|>&*!%@?.~\\0U1\r\u2028\0é")), max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever the text, there is a tree or a problem with a place inside the file, never an exception."""
    result = read(text, path="f")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    for problem in result.problems:
        assert 1 <= problem.line <= lines + 1
        assert problem.column >= 1
        assert problem.message
