"""The starter pack as tests see it: its files, its rules and its mails, each understood once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from engine.errors import Problem
from engine.rules.loader import load
from engine.rules.model import RuleSet
from engine.workspace.files import read_files

ROOT = Path(__file__).parents[2]
TRANSLATED = ("welcome", "card-expiry", "card-expiry-last-call")


@cache
def files() -> Mapping[str, str]:
    """Return the shipped rules and templates as the workspace reads them."""
    read = read_files(ROOT)
    assert read.problems == ()
    return read.files


@cache
def loaded() -> tuple[RuleSet, tuple[Problem, ...]]:
    """Return the shipped rules and what the loader says of them."""
    found = load(files())
    return found.rules, found.problems


def templates() -> set[str]:
    """Return the names of the shipped mails, variants in other languages counted with their own."""
    paths = (Path(path) for path in files())
    return {path.name.partition(".")[0] for path in paths if path.parent == Path("templates") and path.suffix == ".md"}
