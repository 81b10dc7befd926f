"""MJML 4: its elements, the attributes each takes and the elements each may stand in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Element:
    """One element; `attributes` None: it takes any."""

    parents: frozenset[str]
    attributes: frozenset[str] | None


def _around(name: str) -> tuple[str, ...]:
    return (name, *(f"{name}-{side}" for side in ("top", "right", "bottom", "left")))


_PADDING = _around("padding")
_BORDER = (*_around("border"), "border-radius")
_FONT = ("font-family", "font-size", "font-style", "font-weight", "letter-spacing", "line-height")
_WORDS = (*_FONT, "color", "text-decoration", "text-transform")
_BOX = (*_PADDING, "container-background-color", "align")
_LINK = ("href", "rel", "target", "title", "name")
_BACKGROUND = (
    "background-color", "background-url", "background-repeat", "background-size", "background-position",
    "background-position-x", "background-position-y",
)  # fmt: skip
_SECTION = (*_BACKGROUND, *_BORDER, *_PADDING, "direction", "full-width", "text-align", "text-padding")
_ICON = ("icon-align", "icon-height", "icon-position", "icon-width", "icon-wrapped-alt", "icon-wrapped-url",
         "icon-unwrapped-alt", "icon-unwrapped-url")  # fmt: skip
_ICO = ("ico-align", "ico-close", "ico-color", "ico-font-family", "ico-font-size", "ico-line-height", "ico-open",
        *(f"ico-{name}" for name in _PADDING), "ico-text-decoration", "ico-text-transform")  # fmt: skip
_HEAD = ("mj-head",)
_PAGE = ("mj-body",)
_CONTENT = ("mj-column", "mj-hero")

_ROWS: tuple[tuple[str, Iterable[str], Iterable[str] | None], ...] = (
    ("mjml", ("",), ("lang", "dir", "owa")),
    ("mj-head", ("mjml",), ()),
    ("mj-body", ("mjml",), ("background-color", "width", "id")),
    ("mj-attributes", _HEAD, ()),
    ("mj-all", ("mj-attributes",), None),
    ("mj-class", ("mj-attributes",), None),
    ("mj-breakpoint", _HEAD, ("width",)),
    ("mj-font", _HEAD, ("name", "href")),
    ("mj-preview", _HEAD, ()),
    ("mj-style", _HEAD, ("inline",)),
    ("mj-title", _HEAD, ()),
    ("mj-wrapper", _PAGE, (*_SECTION, "gap")),
    ("mj-section", (*_PAGE, "mj-wrapper"), _SECTION),
    ("mj-hero", _PAGE, (*_BOX, *_BACKGROUND, "background-height", "background-width", "border-radius", "height",
                        "inner-background-color", "mode", "vertical-align", "width", *_around("inner-padding"))),
    ("mj-group", ("mj-section",), ("background-color", "direction", "vertical-align", "width")),
    ("mj-column", ("mj-section", "mj-group"), ("background-color", "direction", "inner-background-color", "width",
                                               "vertical-align", "inner-border-radius", *_BORDER, *_PADDING,
                                               *_around("inner-border"))),
    ("mj-text", _CONTENT, (*_WORDS, *_BOX, "height", "vertical-align")),
    ("mj-button", _CONTENT, (*_WORDS, *_BOX, *_BORDER, *_LINK, "background-color", "height", "inner-padding",
                             "text-align", "vertical-align", "width")),
    ("mj-image", _CONTENT, (*_BOX, *_BORDER, *_LINK, "alt", "fluid-on-mobile", "font-size", "height", "max-height",
                            "sizes", "src", "srcset", "usemap", "vertical-align", "width")),
    ("mj-divider", _CONTENT, (*_BOX, "border-color", "border-style", "border-width", "vertical-align", "width")),
    ("mj-spacer", _CONTENT, (*_BOX, "height", "vertical-align", "width")),
    ("mj-table", _CONTENT, (*_FONT, *_BOX, "border", "cellpadding", "cellspacing", "color", "role", "table-layout",
                            "vertical-align", "width")),
    ("mj-raw", (*_HEAD, *_PAGE, "mj-wrapper", "mj-section", "mj-group", *_CONTENT), ("position",)),
    ("mj-social", _CONTENT, (*_WORDS, *_BOX, "border-radius", "icon-height", "icon-padding", "icon-size",
                             "inner-padding", "mode", "table-layout", "text-padding", "vertical-align")),
    ("mj-social-element", ("mj-social",), (*_WORDS, *_PADDING, *_LINK, "align", "alt", "background-color",
                                           "border-radius", "icon-height", "icon-padding", "icon-position",
                                           "icon-size", "sizes", "src", "srcset", "text-padding", "vertical-align")),
    ("mj-navbar", _CONTENT, (*_PADDING, *_ICO, "align", "base-url", "hamburger", "vertical-align")),
    ("mj-navbar-link", ("mj-navbar",), (*_WORDS, *_PADDING, *_LINK)),
    ("mj-accordion", _CONTENT, (*_BOX, *_ICON, "border", "font-family", "vertical-align")),
    ("mj-accordion-element", ("mj-accordion",), (*_ICON, "background-color", "border", "font-family")),
    ("mj-accordion-title", ("mj-accordion-element",), (*_WORDS, *_PADDING, "background-color")),
    ("mj-accordion-text", ("mj-accordion-element",), (*_WORDS, *_PADDING, "background-color")),
)  # fmt: skip

_EVERYWHERE = ("css-class", "mj-class")

ELEMENTS: Mapping[str, Element] = {
    name: Element(
        parents=frozenset(parents),
        attributes=None if attributes is None else frozenset(attributes) | frozenset(_EVERYWHERE),
    )
    for name, parents, attributes in _ROWS
}
