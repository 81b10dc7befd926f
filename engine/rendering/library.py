"""Compiled emails, ready to be rendered for one reader after another."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NoReturn

from jinja2 import TemplateError
from jinja2.runtime import Context as JinjaContext

from engine.errors import UsageError, did_you_mean
from engine.rendering.brand import Brand
from engine.rendering.budget import Budget
from engine.rendering.compiled import Compiled, Variant
from engine.rendering.content import Content, RenderError
from engine.rendering.inventing import with_invented
from engine.rendering.links import UnsafeAddressError
from engine.rendering.locales import fallbacks, reader_locale, zone_of
from engine.rendering.plain import tidy

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_FAILURES = (TemplateError, UnsafeAddressError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError)
Context = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Library:
    """All emails of a workspace; `names` holds also those that are too broken to be compiled.

    `samples` are as written, by the path of the email.
    """

    brand: Brand = field(default_factory=Brand)
    variants: Mapping[str, Mapping[str, Variant]] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    samples: Mapping[str, Context] = field(default_factory=dict)

    def variant(self, template: str, language: str = "") -> Variant:
        """Return the variant for a reader: `sv-SE`, else `sv`, else the brand's language. Raises UsageError."""
        variants = self.variants.get(template)
        if not variants:
            hint = did_you_mean(template, self.variants)
            raise UsageError(f"there is no email `{template}`" + (f"; {hint}" if hint else ""))
        for tag in fallbacks(language, self.brand.language):
            if tag in variants:
                return variants[tag]
        return next(iter(variants.values()))

    def render(self, template: str, language: str, context: Context) -> Content:
        """Render an email for one reader, in the language nearest to theirs.

        The context holds `customer`, `account`, `links` and the trigger's variables; facts that are missing are left
        out and never None. Raises UsageError for an unknown template, RenderError where a fact is missing after all or
        the email takes more than its budget.
        """
        return render_variant(self.variant(template, language), language, context, Budget())

    def sample(self, template: str, language: str = "", given: Context | None = None) -> dict[str, Any]:
        """Return the context of an email's own sample, or of another that is given, links included.

        What it lacks is invented. Raises UsageError.
        """
        variant = self.variant(template, language)
        context = with_invented(variant, self.samples[variant.email.source.path] if given is None else given)
        return {"customer": {}, "account": {}, "links": self.sample_links(), **context}

    def sample_links(self) -> dict[str, str]:
        """Return links to show where nobody is written to."""
        return {name: f"{self.brand.url}/{name}/sample" for name in ("unsubscribe", "preferences")}


def render_variant(variant: Variant, language: str, context: Context, budget: Budget | None = None) -> Content:
    """Render one variant for a reader of a language; without a budget, whoever asks keeps bounds of his own."""
    shared = variant.html.template.new_context(_values(variant, language, context, budget))
    return Content(
        subject=_rendered(variant, variant.subject, shared, budget, _one_line),
        preheader=_rendered(variant, variant.preheader, shared, budget, _one_line),
        html=_rendered(variant, variant.html, shared, budget, str),
        text=_rendered(variant, variant.text, shared, budget, tidy),
        language=variant.language,
    )


def _values(variant: Variant, language: str, context: Context, budget: Budget | None) -> dict[str, Any]:
    values = {"customer": {}, "account": {}, "event": {}, "links": {}, **context, "_budget": budget}
    zone = values["customer"].get("time_zone") or values["account"].get("time_zone") or values.get("time_zone", "UTC")
    values["_locale"] = reader_locale(language, variant.language)
    values["_zone"] = zone_of(zone)
    return values


def _one_line(text: str) -> str:
    clean = text if text.isprintable() else _CONTROL.sub(" ", text)
    return " ".join(clean.split())


def _rendered(
    variant: Variant, compiled: Compiled, shared: JinjaContext, budget: Budget | None, finish: Callable[[str], str]
) -> str:
    """Return what one template makes; all of a variant have the same globals, so they share one context.

    Only one that repeats may make more than its author wrote, and is counted while it is made.
    """
    try:
        pieces = compiled.template.root_render_func(shared)
        if budget is None:
            return _sound(finish("".join(pieces)))
        return _sound(finish(budget.joined(pieces) if compiled.repeats else budget.whole("".join(pieces))))
    except _FAILURES as error:
        _fail(variant, compiled, error)


def _sound(text: str) -> str:
    """Return a text; raises TemplateError where no database keeps it and no provider takes it."""
    try:
        written = text.encode()
    except UnicodeEncodeError:
        raise TemplateError("half a character, such as \\ud83d, cannot be sent") from None
    if b"\0" in written:
        raise TemplateError("the character NUL, \\x00, cannot be sent")
    return text


def _fail(variant: Variant, compiled: Compiled, error: Exception) -> NoReturn:
    line = compiled.template.get_corresponding_lineno(_line_of(error.__traceback__, str(compiled.template.filename)))
    place = compiled.flat.place(line, variant.email.place)
    raise RenderError(_in_words(error), place) from error


def _in_words(error: Exception) -> str:
    """Return what went wrong; messages that are not ours may quote a customer's data, so they are left out."""
    ours = isinstance(error, TemplateError | UnsafeAddressError)
    return str(error) if ours else f"it cannot be worked out ({type(error).__name__})"


def _line_of(trace: TracebackType | None, filename: str) -> int:
    """Return the line of a template's Python code where an error rose."""
    line = 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
