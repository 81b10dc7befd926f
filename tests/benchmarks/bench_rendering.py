"""Rendering the starter pack's emails, against a bare Jinja render of the same HTML.

Ours makes subject, preheader, HTML and text in the sandbox, strict about what is missing; bare Jinja makes the HTML
alone from the same flat template, with the same filters, without sandbox and strictness. The two take turns, so that a
busy machine slows both.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from jinja2 import Environment

from engine.clock import monotonic
from engine.rendering import Library, compile_library
from engine.rendering.compiled import Variant
from engine.rendering.environment import make_environment
from engine.rendering.links import Tracking
from engine.rendering.locales import reader_locale, zone_of

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 15
RENDERS = 200
TARGET = 3.0


def main() -> int:
    """Print the table; return 1 where an email misses the target."""
    paths = [path for path in (ROOT / "templates").rglob("*") if path.is_file()]
    files = {str(path.relative_to(ROOT)): path.read_text() for path in paths}
    began = monotonic()
    library, _ = compile_library(files)
    emails = [variant for variants in library.variants.values() for variant in variants.values()]
    took = (monotonic() - began) * 1000
    sys.stdout.write(f"compiled {len(emails)} emails in {took:.0f} ms, {took / len(emails):.0f} ms each\n\n")
    sys.stdout.write(f"{'email':32}{'HTML':>8}{'ours':>10}{'bare':>10}{'ratio':>8}{'target':>8}\n")
    ratios = [measure(library, variant) for variant in emails]
    return int(max(ratios) > TARGET)


def measure(library: Library, variant: Variant) -> float:
    """Print one email's row and return the middle one of its rounds' ratios."""
    name, language = variant.email.template, variant.language
    context = library.sample(name, language)
    bare = bare_render(library, variant, context)
    assert bare() == library.render(name, language, context).html, "bare Jinja must make the same HTML"
    rounds = [(timed(lambda: library.render(name, language, context)), timed(bare)) for _ in range(ROUNDS)]
    ours, theirs = min(one for one, _ in rounds), min(other for _, other in rounds)
    ratio = median(one / other for one, other in rounds)
    size = f"{len(bare()) / 1024:.0f} KB"
    row = f"{f'{name}.{language}':32}{size:>8}{ours:>7.0f} us{theirs:>7.0f} us{ratio:>8.2f}{TARGET:>8.1f}\n"
    sys.stdout.write(row)
    return ratio


def bare_render(library: Library, variant: Variant, context: dict[str, Any]) -> Callable[[], str]:
    """Return what renders an email's HTML with nothing but Jinja."""
    environment = Environment(autoescape=True, keep_trailing_newline=True)
    environment.filters |= make_environment().filters
    template = environment.from_string(variant.html.flat.source)
    values = {
        **context,
        "brand": library.brand.values,
        "language": variant.language,
        "_tracking": Tracking(host=library.brand.host, campaign=variant.email.template),
        "_locale": reader_locale(variant.language, variant.language),
        "_zone": zone_of(context["customer"].get("time_zone", "UTC")),
    }
    return lambda: template.render(values)


def timed(render: Callable[[], object]) -> float:
    """Return the microseconds one render takes."""
    began = monotonic()
    for _ in range(RENDERS):
        render()
    return (monotonic() - began) / RENDERS * 1_000_000


if __name__ == "__main__":
    sys.exit(main())
