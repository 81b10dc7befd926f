"""One email in one language, compiled: its flat templates and what Jinja made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from jinja2 import Template

from engine.rendering.emails import Email
from engine.rendering.flat import Flat


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """One flat template and what Jinja made of it."""

    flat: Flat
    template: Template

    @cached_property
    def repeats(self) -> bool:
        """Whether a list says how much it makes: without one it makes no more than its author wrote."""
        return any(code.keyword == "for" for code in self.flat.lines.values())


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One email in one language, compiled."""

    email: Email
    html: Compiled
    text: Compiled
    subject: Compiled
    preheader: Compiled
    parts: frozenset[str] = frozenset()

    @property
    def language(self) -> str:
        """The language it is written in."""
        return self.email.language

    @property
    def compiled(self) -> Mapping[str, Compiled]:
        """Its templates by what they make."""
        return {"subject": self.subject, "preheader": self.preheader, "html": self.html, "text": self.text}
