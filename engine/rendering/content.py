"""What a rendered email is, and why one may not be rendered."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import LifecycleError
from engine.rendering.places import Place


@dataclass(frozen=True, kw_only=True)
class Content:
    """A rendered email; `language` is the tag it is written in, such as `sv`."""

    subject: str
    preheader: str
    html: str
    text: str
    language: str


class RenderError(LifecycleError):
    """An email could not be rendered with the facts it was given; names the place, never a customer's data."""

    def __init__(self, what: str, place: Place) -> None:
        super().__init__(f"{place.path}:{place.line}:{place.column}: {what}")
        self.what = what
        self.place = place
