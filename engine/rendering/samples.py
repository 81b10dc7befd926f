"""Sample readers: named ones of `samples.yaml`, and facts written in an email's own head."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from engine.errors import Problem, did_you_mean
from engine.rendering.codes import CODES
from engine.rendering.emails import Email
from engine.yaml_text import MapNode, Node, Scalar, SequenceNode, read, to_python

PATH = "templates/samples.yaml"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?")
Sample = Mapping[str, Any]


def read_samples(files: Mapping[str, str]) -> tuple[dict[str, Sample], tuple[Problem, ...]]:
    """Return the named samples of a workspace, and what is wrong with them."""
    found = read(files.get(PATH, ""), path=PATH)
    problems = list(found.problems)
    if found.node is not None and not isinstance(found.node, MapNode):
        problems.append(CODES["T105"].at(found.node, key="samples", what="a table of names and their facts"))
    node = found.node if isinstance(found.node, MapNode) else MapNode(entries=(), path=PATH, line=1, column=1)
    return {entry.key.text: _sample(entry.value, problems) for entry in node}, tuple(problems)


def sample_of(email: Email, samples: Mapping[str, Sample], problems: list[Problem]) -> Sample:
    """Return the sample an email names or writes; without one it is the workspace's first."""
    if email.sample is None:
        return next(iter(samples.values()), {})
    if not isinstance(email.sample, Scalar):
        return _sample(email.sample, problems)
    name = email.sample.text
    if name not in samples:
        problems.append(CODES["T701"].at(email.sample, name=name, hint=did_you_mean(name, samples)))
    return samples.get(name, {})


def _sample(node: Node, problems: list[Problem]) -> Sample:
    if not isinstance(node, MapNode):
        problems.append(CODES["T702"].at(node, name="sample", what="a table of facts, such as `{days_left: 7}`"))
        return {}
    for name in ("customer", "account", "event"):
        value = node.get(name)
        if value is not None and not isinstance(value, MapNode):
            problems.append(CODES["T702"].at(value, name=name, what="a table of facts"))
            return {}
    return dict(_facts(node, problems))


def _facts(node: MapNode, problems: list[Problem]) -> Iterator[tuple[str, Any]]:
    for entry in node:
        value = _value(entry.value, problems)
        if value is not None:
            yield entry.key.text, value


def _value(node: Node, problems: list[Problem]) -> Any:  # noqa: ANN401 (facts are of all types)
    if isinstance(node, MapNode):
        return dict(_facts(node, problems))
    if isinstance(node, SequenceNode):
        return [_value(item, problems) for item in node]
    if node.plain and (_DAY.fullmatch(node.text) or _INSTANT.fullmatch(node.text)):
        return _moment(node, problems)
    return to_python(node)


def _moment(node: Scalar, problems: list[Problem]) -> date | datetime | None:
    try:
        if _DAY.fullmatch(node.text):
            return date.fromisoformat(node.text)
        instant = datetime.fromisoformat(node.text)
    except ValueError:
        problems.append(CODES["T702"].at(node, name=node.text, what="a date or time that exists"))
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
