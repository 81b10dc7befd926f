"""The tables of docs/tests.md, made from the forms that test files are read by."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from engine.rules import reference
from engine.rules.reference import form_table
from engine.rules.scenarios.forms import CHANGE, EVENT, EXPECTED, NEVER, OF_CUSTOMERS, SCENARIO

TABLES: dict[str, Callable[[], str]] = {
    "test": partial(form_table, SCENARIO),
    "customer": partial(form_table, OF_CUSTOMERS),
    "event": partial(form_table, EVENT),
    "change": partial(form_table, CHANGE),
    "expected": partial(form_table, EXPECTED),
    "never": partial(form_table, NEVER),
}
"""Every table by the name it has in the page."""


def fill(text: str) -> str:
    """Return the page with its tables made anew; raises KeyError for a table that is none."""
    return reference.fill(text, TABLES)
