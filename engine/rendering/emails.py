"""Email files as they were written: head and body of each language variant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from engine.errors import Problem
from engine.rendering.codes import CODES
from engine.rendering.definitions import ROOT
from engine.rendering.head import Templated, read_head, templated, templated_scalar, unknown_keys
from engine.rendering.locales import canonical, is_language
from engine.rendering.places import Place, Source, read_source
from engine.rendering.progress import Begin, quietly
from engine.rendering.statements import Nested
from engine.yaml_text import MapNode, Node, Scalar

EMAIL_KEYS = {
    "subject": "required; one line; Jinja allowed",
    "preheader": "the line that inboxes show after the subject; Jinja allowed",
    "layout": "a file in `layouts/` (default `letter`); an `.mjml` email that begins with `<mjml>` is its own layout",
    "sample": "a name of `samples.yaml`, or facts written here",
    "description": "for colleagues",
}
_FILE = re.compile(r"(?P<name>[a-z0-9][a-z0-9_-]*)(\.(?P<language>[A-Za-z]{2,3}(-[A-Za-z0-9]+)*))?\.(?P<form>md|mjml)")


@dataclass(frozen=True, kw_only=True)
class Email:
    """One file of an email: a template's variant in one language."""

    template: str
    language: str
    form: Literal["md", "mjml"]
    source: Source
    start: int
    subject: tuple[Nested, ...]
    preheader: tuple[Nested, ...]
    body: tuple[Nested, ...]
    layout: Scalar | None
    sample: Node | None
    place: Place
    has_preheader: bool


def read_emails(
    files: Mapping[str, str], default: str, problems: list[Problem], begin: Begin = quietly
) -> Iterator[Email]:
    """Yield every email of the workspace that can be understood; `default` is the brand's language."""
    for path in sorted(files):
        name = path.removeprefix(ROOT)
        if not path.startswith(ROOT) or "/" in name or not name.endswith((".md", ".mjml")) or name == "README.md":
            continue
        match = _FILE.fullmatch(name)
        if match is None:
            problems.append(CODES["T106"].at(Place(path=path), name=name, what="an email"))
            continue
        language = canonical(match["language"]) if match["language"] else default
        if not is_language(language):
            problems.append(CODES["T108"].at(Place(path=path), language=language))
            continue
        begin(path)
        form: Literal["md", "mjml"] = "md" if match["form"] == "md" else "mjml"
        if email := _email(match["name"], language, form, read_source(path, files[path]), problems):
            yield email


def _email(
    template: str, language: str, form: Literal["md", "mjml"], source: Source, problems: list[Problem]
) -> Email | None:
    head = read_head(source)
    problems.extend(head.problems)
    body = templated(source, head.body)
    problems.extend(body.problems)
    if head.node is None:
        return None
    problems.extend(unknown_keys(head.node, EMAIL_KEYS, "an email's head"))
    subject = _line(head.node, "subject", source, problems)
    if head.node.get("subject") is None:
        problems.append(CODES["T104"].at(head.node, key="subject", what="an email's head"))
    layout = head.node.get("layout")
    return Email(
        template=template, language=language, form=form, source=source, start=head.body,
        subject=subject, preheader=_line(head.node, "preheader", source, problems), body=body.inside,
        layout=layout if isinstance(layout, Scalar) else None, sample=head.node.get("sample"),
        place=Place(path=source.path, line=head.node.line, column=head.node.column),
        has_preheader=head.node.get("preheader") is not None,
    )  # fmt: skip


def _line(node: MapNode, key: str, source: Source, problems: list[Problem]) -> tuple[Nested, ...]:
    value = node.get(key)
    if value is None:
        return ()
    if not isinstance(value, Scalar) or value.empty:
        problems.append(CODES["T105"].at(value, key=key, what="one line of text"))
        return ()
    text: Templated = templated_scalar(source, value)
    problems.extend(text.problems)
    return text.inside
