"""Each mail rendered for its sample with its optional facts missing, and looked at."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import Problem
from engine.rendering.checking.missing import completed, left_out, subsets
from engine.rendering.checking.uses import Use, Vocabulary
from engine.rendering.codes import CODES
from engine.rendering.compiled import Variant
from engine.rendering.content import Content, RenderError
from engine.rendering.library import Library, render_variant
from engine.rendering.places import Place
from engine.rendering.reading import paths_read

LARGEST_HTML = 102 * 1024
_TAGS = re.compile(r"<(style|head)\b.*?</\1>|<!--.*?-->|<[^>]*>", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One variant in one use, to be rendered again and again."""

    library: Library
    variant: Variant
    use: Use
    vocabulary: Vocabulary

    def problems(self) -> Iterator[Problem]:
        """Yield what goes wrong, each problem for the first set of missing facts that shows it."""
        paths = self._paths()
        context = completed(self._sample(), paths, self.vocabulary)
        language = str(context.get("customer", {}).get("locale", ""))
        seen: set[str] = set()
        for missing in subsets(self._optional(paths)):
            for problem in self._one(left_out(context, missing), language, _when(missing)):
                if problem.code not in seen:
                    yield problem
                seen.add(problem.code)

    def _paths(self) -> frozenset[str]:
        paths = paths_read(self.variant)
        counts_money = any("money" in one.flat.source for one in self.variant.compiled.values())
        return paths | {"account.currency"} if counts_money else paths

    def _optional(self, paths: frozenset[str]) -> Iterator[str]:
        for path in paths:
            known = self.vocabulary.find(path)
            if known is not None and not known.always:
                yield path

    def _sample(self) -> Mapping[str, Any]:
        sample = self.library.samples.get(self.variant.email.source.path, {})
        links = self.library.sample_links() if self.use.marketing else {}
        return {"customer": {}, "account": {}, **sample, "links": links}

    def _one(self, context: Mapping[str, Any], language: str, when: str) -> Iterator[Problem]:
        place = self.variant.email.place
        try:
            content = render_variant(self.variant, language, context)
        except RenderError as error:
            yield CODES["T607"].at(error.place, when=when, what=error.what)
            return
        if not content.subject:
            yield CODES["T608"].at(place, when=when)
        if "](" in content.text or "](" in _TAGS.sub("", content.html):
            yield CODES["T602"].at(place)
        size = len(content.html.encode())
        if size > LARGEST_HTML:
            yield CODES["T603"].at(place, size=-(-size // 1024))
        if self.use.marketing:
            yield from self._lawful(content, context["links"]["unsubscribe"])

    def _lawful(self, content: Content, unsubscribe: str) -> Iterator[Problem]:
        place = self._layout_place()
        if unsubscribe not in content.text or f'"{html.escape(unsubscribe)}"' not in content.html:
            yield CODES["T605"].at(place, rule=f"the rule `{self.use.rule}`")
        visible = _words(html.unescape(_TAGS.sub(" ", content.html)))
        lines = [_words(line) for line in self.library.brand.address.splitlines() if line.strip()]
        if not all(line in visible and line in _words(content.text) for line in lines):
            yield CODES["T606"].at(place, rule=f"the rule `{self.use.rule}`")

    def _layout_place(self) -> Place:
        layout = self.variant.email.layout
        if layout is None:
            return self.variant.email.place
        return Place(path=layout.path, line=layout.line, column=layout.column)


def _words(text: str) -> str:
    return " ".join(text.split())


def _when(missing: tuple[str, ...]) -> str:
    if not missing:
        return "for its sample"
    names = ", ".join(f"`{path}`" for path in missing)
    return f"where {names} {'is' if len(missing) == 1 else 'are'} missing"
