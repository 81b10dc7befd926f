"""Reads `send`: the table of moments and the template of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from engine.rules.language.durations import DAY, SPAN_PATTERN, Mistake
from engine.rules.language.forms import Answers, Field, FormOf
from engine.rules.language.kinds import Json
from engine.rules.language.names import Template
from engine.rules.language.offsets import PLAIN, Form, Moment, parse_moment
from engine.rules.language.reading import Reading
from engine.rules.language.triggers import PERIODS, kind_of
from engine.rules.language.vocabulary import Vocabulary
from engine.rules.model import EveryTrigger, Send, Trigger
from engine.yaml_text import MapNode, Node, Scalar, SequenceNode
from engine.yaml_text.nodes import scalar_value

Value = str | int | float | bool
WORD = r"[a-z][a-z0-9_]*"
RESERVED = frozenset({"customer", "account", "event", "brand", "topic", "rule"})


@dataclass(frozen=True, kw_only=True)
class Written:
    """One line of `send` before the trigger is known: its moment (None: the plain one), template and values."""

    moment: Moment | None
    text: str
    node: Node
    template: str
    values: Mapping[str, Value]


class Sends:
    """A table of moments and templates, or one template for the trigger's plain moment."""

    def read(self, node: Node, reading: Reading) -> tuple[Written, ...] | None:
        """Return the lines as written; `moments_of` fits them to the trigger."""
        if (isinstance(node, Scalar) and not node.empty) or _is_letter(node):
            lines = [_line(None, node, reading)]
        else:
            table = reading.map(node, "a table such as {after 7 days: we-miss-you}, or a template's name")
            lines = [_line(entry.key, entry.value, reading) for entry in table] if table else [None]
        return None if None in lines else tuple(line for line in lines if line)

    def schema(self, vocabulary: Vocabulary) -> Json:
        """Return the schema: a table of moments with common ones offered, or a template."""
        letter = _letter_schema(vocabulary)
        common = {moment: {"description": text} | letter for moment, text in COMMON.items()}
        pattern = f"^({'|'.join(form.value for form in PLAIN)}|after +{SPAN_PATTERN}|{SPAN_PATTERN} +(before|after))$"
        table: Json = {"type": "object", "minProperties": 1, "properties": common, "additionalProperties": False}
        return {"anyOf": [table | {"patternProperties": {pattern: letter}}, *letter["anyOf"]]}


class Values:
    """Words for the mail: names and texts, numbers or truth values."""

    def read(self, node: Node, reading: Reading) -> dict[str, Value] | None:
        """Return the words by name."""
        table = reading.map(node, "a table such as {gift: one month free}")
        if table is None:
            return None
        values = {entry.key.text: self._value(entry.key, entry.value, reading) for entry in table}
        return None if None in values.values() else {name: v for name, v in values.items() if v is not None}

    def _value(self, name: Scalar, node: Node, reading: Reading) -> Value | None:
        if not re.fullmatch(WORD, name.text) or name.text in RESERVED:
            why = "the mail already knows it" if name.text in RESERVED else "use small letters, digits and `_`"
            return reading.refuse("E210", name, name=name.text, why=why)
        scalar = reading.scalar(node, "a text, a number, true or false")
        return scalar_value(scalar) if scalar else None

    def schema(self, _vocabulary: Vocabulary) -> Json:
        """Return the schema: names and plain values."""
        one: Json = {"type": ["string", "number", "boolean"]}
        names: Json = {"pattern": f"^{WORD}$", "not": {"enum": sorted(RESERVED)}}
        return {"type": "object", "minProperties": 1, "propertyNames": names, "additionalProperties": one}


LETTER = FormOf(
    what="the line of a moment",
    fields=(
        Field(key="template", kind=Template(), description="The template's name.", required=True),
        Field(key="with", kind=Values(), description="Words this mail knows beside the facts: {gift: one month}."),
    ),
)
COMMON = {
    "at once": "as soon as it happens",
    "on the day": "on the day itself",
    **{f"after {count}": f"{count} after it" for count in ("1 hour", "1 day", "7 days", "14 days", "30 days")},
    **{f"{count} before": f"{count} before it" for count in ("1 day", "7 days", "14 days", "30 days")},
}
"""Moments that editors offer."""


def _is_letter(node: Node) -> bool:
    return isinstance(node, MapNode) and node.get("template") is not None


def _letter_schema(vocabulary: Vocabulary) -> Json:
    return {"anyOf": [Template().schema(vocabulary), LETTER.schema(vocabulary)]}


def _line(key: Scalar | None, node: Node, reading: Reading) -> Written | None:
    parsed = parse_moment(key.text) if key else None
    if key and isinstance(parsed, Mistake):
        reading.refuse("E406", key, value=key.text, hint=parsed.hint)
    letter = _letter(node, reading)
    if letter is None or isinstance(parsed, Mistake):
        return None
    text = key.text if key else ""
    return Written(moment=parsed, text=text, node=key or node, template=letter["template"], values=letter["with"])


def _letter(node: Node, reading: Reading) -> Answers | None:
    if isinstance(node, SequenceNode):
        return reading.unexpected(node, "one template")
    if not isinstance(node, MapNode):
        template = Template().read(node, reading)
        return {"template": template, "with": {}} if template else None
    letter = LETTER.read(node, reading)
    return {"with": {}} | dict(letter) if letter else None


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A moment of a rule and the place it was written."""

    send: Send
    node: Node


def moments_of(lines: tuple[Written, ...], trigger: Trigger, reading: Reading) -> tuple[Fitted, ...] | None:
    """Return the moments of a trigger in the order they fall due; what does not fit is noted."""
    fitted = [_send(line, trigger, reading) for line in lines]
    sound = tuple(sorted((one for one in fitted if one), key=lambda one: one.send.offset))
    return sound if _distinct(sound, reading) and len(sound) == len(lines) else None


def _distinct(fitted: tuple[Fitted, ...], reading: Reading) -> bool:
    before = len(reading.problems)
    for one, other in pairwise(fitted):
        if one.send.offset == other.send.offset:
            first, second = sorted((one.node, other.node), key=lambda node: (node.line, node.column))
            reading.refuse("E501", second, line=first.line)
    return len(reading.problems) == before


def _send(line: Written, trigger: Trigger, reading: Reading) -> Fitted | None:
    allowed = kind_of(trigger).moments(trigger)
    moment = line.moment or (Moment(form=allowed.plain, offset=timedelta()) if allowed.plain else None)
    if moment is None:
        hint = "write send: {after 14 days: " + line.template + "}"
        return reading.refuse(
            "E407",
            line.node,
            value=line.template,
            trigger=kind_of(trigger).keyword,
            why="it does not say when",
            hint=hint,
        )
    if not (_fits(moment, line, trigger, reading) and _new_words(line, trigger, reading)):
        return None
    send = Send(label=moment.label, offset=moment.offset, template=line.template, values=line.values)
    return Fitted(send=send, node=line.node)


def _new_words(line: Written, trigger: Trigger, reading: Reading) -> bool:
    """Return whether no word of `with` hides one that the trigger gives."""
    given = {fact.path.partition(".")[0] for fact in kind_of(trigger).gives(trigger)}
    hidden = sorted(given & set(line.values))
    for name in hidden:
        reading.refuse("E210", line.node, name=name, why="the mail already knows it from the trigger")
    return not hidden


def _fits(moment: Moment, line: Written, trigger: Trigger, reading: Reading) -> bool:
    row, before = kind_of(trigger), len(reading.problems)
    allowed = row.moments(trigger)
    if moment.form not in allowed.forms:
        why = allowed.why_not_before if moment.form is Form.BEFORE else "it has no such moment"
        hint = f"write `{allowed.plain or 'after 14 days'}`"
        reading.refuse("E407", line.node, value=line.text, trigger=row.keyword, why=why, hint=hint)
    elif allowed.whole_days and moment.offset % DAY:
        reading.refuse("E405", line.node, value=line.text, what="the date")
    elif isinstance(trigger, EveryTrigger) and abs(moment.offset) >= PERIODS[trigger.period]:
        reading.refuse("E510", line.node, value=line.text, period=trigger.period)
    return len(reading.problems) == before
