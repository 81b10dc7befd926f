"""The starter pack as tests see it: its files, its rules and its mails, each understood once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from engine.checking import Checked, check_files
from engine.errors import Problem
from engine.rendering import Content, Library, compile_library
from engine.rules.model import RuleSet
from engine.settings import Settings
from engine.workspace.files import read_files

ROOT = Path(__file__).parents[2]
UNSUBSCRIBE = "mailto:help@tidepool.test?subject=Unsubscribe%20from%20tips"


@cache
def files() -> Mapping[str, str]:
    """Return the shipped rules and templates as the workspace reads them."""
    read = read_files(ROOT)
    assert read.problems == ()
    return read.files


@cache
def checked() -> Checked:
    """Return the pack as `check` understands it, with what `check` says of it."""
    return check_files(files(), Settings(provider="files"))


@cache
def compiled() -> Library:
    """Return the pack's emails, ready to render."""
    return compile_library(files())[0]


def rules() -> RuleSet:
    """Return the shipped rules."""
    return checked().rules


def problems() -> tuple[Problem, ...]:
    """Return all that `check` says, lint included."""
    return checked().problems


def templates() -> set[str]:
    """Return the names of the shipped mails, variants in other languages counted with their own."""
    return {path.name.partition(".")[0] for path in _mails()}


def variants() -> list[tuple[str, str]]:
    """Return each mail with each language it is written in."""
    return sorted((path.name.partition(".")[0], path.stem.partition(".")[2] or "en") for path in _mails())


def rendered(template: str, language: str = "en", **facts: Any) -> Content:  # noqa: ANN401 (facts are of any type)
    """Return a mail for its own sample, with some facts changed; `None` takes one away."""
    library = checked().library
    context = dict(library.sample(template)) | facts
    links = {"unsubscribe": UNSUBSCRIBE} if _marketing(template) else {}
    known = {name: value for name, value in context.items() if value is not None}
    return library.render(template, language, known | {"links": links})


def _marketing(template: str) -> bool:
    topics = {
        rules().topics[rule.topic].kind
        for rule in rules().rules.values()
        for send in rule.sends
        if send.template == template
    }
    return topics == {"marketing"}


def _mails() -> list[Path]:
    paths = (Path(path) for path in files())
    return [path for path in paths if path.parent == Path("templates") and path.suffix == ".md"]
