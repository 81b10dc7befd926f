"""Moments as rules write them: `30 days before`, `after 14 days`, `on the day`, `at once`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from engine.errors import did_you_mean
from engine.rules.language.durations import Mistake, english_duration, parse_duration


class Form(StrEnum):
    """How a moment lies to its fact, in the words of the rule."""

    AT_ONCE = "at once"
    ON_THE_DAY = "on the day"
    ON_RETURN = "on return"
    BEFORE = "before"
    AFTER = "after"


PLAIN = (Form.AT_ONCE, Form.ON_THE_DAY, Form.ON_RETURN)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A moment understood: its form, and its distance from the fact, negative before it."""

    form: Form
    offset: timedelta

    @property
    def label(self) -> str:
        """The one spelling under which this moment is kept, whatever way it was written."""
        if self.form in PLAIN:
            return "at once" if self.form is Form.ON_RETURN else self.form.value
        length = english_duration(abs(self.offset))
        return f"{length} before" if self.form is Form.BEFORE else f"after {length}"


def parse_moment(text: str) -> Moment | Mistake:
    """Return the moment of a text, or what would be right."""
    words = " ".join(text.split())
    if plain := next((form for form in PLAIN if form.value == words), None):
        return Moment(form=plain, offset=timedelta())
    form, rest = _split(words)
    if form is None:
        return Mistake(hint=_nearest(words))
    length = parse_duration(rest)
    if isinstance(length, Mistake):
        return _with_side(length, form)
    return Moment(form=form, offset=-length if form is Form.BEFORE else length)


def _with_side(mistake: Mistake, form: Form) -> Mistake:
    if not mistake.right:
        return mistake
    right = f"after {mistake.right}" if form is Form.AFTER else f"{mistake.right} before"
    return Mistake(hint=mistake.hint.replace(mistake.right, right), right=right)


def _split(words: str) -> tuple[Form | None, str]:
    if words.startswith("after "):
        return Form.AFTER, words.removeprefix("after ")
    for form in (Form.BEFORE, Form.AFTER):
        if words.endswith(f" {form.value}"):
            return form, words.removesuffix(f" {form.value}")
    return None, words


def _nearest(words: str) -> str:
    near = did_you_mean(words, [form.value for form in PLAIN])
    if near or isinstance(parse_duration(words), Mistake):
        return near or _nearest_word(words.split())
    return f"write `{words} before` or `after {words}`"


def _nearest_word(words: Iterable[str]) -> str:
    near = (did_you_mean(word, ["before", "after"]) for word in words if not word.isdigit())
    return next(
        (hint for hint in near if hint), "write it like `7 days before`, `after 1 hour`, `on the day`, `at once`"
    )
