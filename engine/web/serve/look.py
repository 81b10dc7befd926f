"""How the pages look: the brand's colours, light and dark, and what a browser may do with a page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from engine.app.streams import Streams
from engine.web.serve.wording import Words

LIGHT = {
    "page": "#f3f4f6", "card": "#ffffff", "ink": "#16202a", "muted": "#5b6875", "line": "#dfe4e8",
    "accent": "#0b5cad", "on_accent": "#ffffff", "accent_soft": "#e8f0f9",
}  # fmt: skip
DARK = {
    "page": "#0f1418", "card": "#171e24", "ink": "#e8edf1", "muted": "#9eabb6", "line": "#323d46",
    "accent": "#7db8f2", "on_accent": "#08213b", "accent_soft": "#1a2b3c",
}  # fmt: skip
"""The colours of pages; those that the brand gives the same names win."""
POLICY = (
    "default-src 'none'; style-src 'sha256-{style}'; img-src data:{logo}; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_PAGES = Environment(
    loader=PackageLoader("engine.web.serve", "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(file: str, streams: Streams, words: Words, *, status: int = 200, **shown: object) -> HTMLResponse:
    """Return a page in the brand's look, with a policy that allows its own style alone, and the brand's logo."""
    values = streams.brand.values
    style, logo = _style(values), values.get("logo")
    text = _PAGES.get_template(file).render(
        words=words,
        brand=streams.brand,
        logo={"dark": None, "alt": "", **logo} if logo else None,
        style=Markup(style),  # noqa: S704 (our own file, and colours that are checked)
        **shown,
    )
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = POLICY.format(style=digest, logo="".join(f" {origin}" for origin in _origins(logo or {})))
    return HTMLResponse(text, status, headers={"Content-Security-Policy": policy})


def _style(values: Mapping[str, Any]) -> str:
    light, dark = _colours(LIGHT, values.get("light")), _colours(DARK, values.get("dark"))
    return f":root{{color-scheme:light dark;{light}}}\n@media(prefers-color-scheme:dark){{:root{{{dark}}}}}\n{_rules()}"


def _colours(ours: Mapping[str, str], brands: Mapping[str, str] | None) -> str:
    """Return the colours as variables of CSS; only with all of a page's own does the brand's contrast hold."""
    theirs = brands or {}
    found = {name: theirs[name] for name in ours if name in theirs} if theirs.keys() >= ours.keys() else ours
    return "".join(f"--{name.replace('_', '-')}:{colour};" for name, colour in found.items())


@lru_cache(maxsize=1)
def _rules() -> str:
    return files("engine.web.serve").joinpath("pages", "page.css").read_text(encoding="utf-8")


def _origins(logo: Mapping[str, Any]) -> Iterator[str]:
    """Yield where the pictures of a logo come from, the only ones that a page shows."""
    for scheme in ("light", "dark"):
        parts = urlsplit(str(logo.get(scheme) or ""))
        if parts.netloc:
            yield f"{parts.scheme}://{quote(parts.netloc, safe=':.-[]')}"
