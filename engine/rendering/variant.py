"""One email file compiled: Markdown or MJML, its layout, and the flat templates that come of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Template, TemplateSyntaxError

from engine.errors import Problem, did_you_mean
from engine.rendering.brand import Brand
from engine.rendering.codes import CODES
from engine.rendering.compiled import Compiled, Variant
from engine.rendering.composer import Composer, Item, Level, escape
from engine.rendering.definitions import Definitions, Layout
from engine.rendering.document import to_html
from engine.rendering.emails import Email
from engine.rendering.environment import EmailEnvironment
from engine.rendering.expand import Argument, Expander, Scope
from engine.rendering.flat import Flat
from engine.rendering.html_flat import HtmlFlattener
from engine.rendering.html_text import text_of
from engine.rendering.links import Tracking
from engine.rendering.lints import large_styles
from engine.rendering.markdown import Markdown
from engine.rendering.marked_body import MarkedBody
from engine.rendering.marks import Marks, Slot
from engine.rendering.mjml_body import MjmlBody, with_parts
from engine.rendering.page import BODY_ENDS, BODY_STARTS, filled, with_safe_statements
from engine.rendering.pieces import Constant, Piece, Text
from engine.rendering.plain import with_numbers
from engine.rendering.statements import Nested
from engine.rendering.text_flat import flatten_line, flatten_text
from engine.rendering.touching import Joiner

DEFAULT_LAYOUT = "letter"
_BOUNDARY = re.compile(f"<!--(?:{BODY_STARTS}|{BODY_ENDS})-->")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What all emails of a workspace are compiled with; `worked_out` remembers constants by language."""

    definitions: Definitions
    brand: Brand
    environment: EmailEnvironment
    nonce: str
    worked_out: dict[str, dict[str, Any]] = field(default_factory=dict)

    def scope(self, language: str) -> Scope:
        """Return what names stand for in an email of a language."""
        constants = {"brand": self.brand.values, "language": language}
        tags = (self.brand.language, language.partition("-")[0], language)
        words = {name: text for tag in tags for name, text in self.definitions.words.get(tag, {}).items()}
        return Scope(constants=constants, words=words, worked_out=self.worked_out.setdefault(language, {}))


class VariantCompiler:
    """Compiles one email file; what is wrong is in `problems`."""

    def __init__(self, email: Email, surroundings: Surroundings) -> None:
        self._email = email
        self._definitions = surroundings.definitions
        self._environment = surroundings.environment
        self._marks = Marks(surroundings.nonce)
        self._tracking = Tracking(host=surroundings.brand.host, campaign=email.template)
        self._scope = surroundings.scope(email.language)
        parts = surroundings.definitions.parts.values()
        self._markdown = Markdown(self._marks, frozenset(part.name for part in parts if part.body != "none"))
        sections = frozenset(part.name for part in parts if part.level == "section")
        self._mjml = MjmlBody(source=email.source, start=email.start, sections=sections)
        self._parts: set[str] = set()
        self.problems: list[Problem] = []

    def compile(self) -> Variant | None:
        """Return the compiled variant, or None where it is too broken."""
        subject, preheader = self._line(self._email.subject), self._line(self._email.preheader)
        layout, items, body = self._body()
        if layout is None and not self._whole:
            return None
        document = self._document(layout, items, subject, preheader)
        if document is None:
            return None
        text = self._text(layout, text_of(document, self._marks) if body is None else body, subject, preheader)
        return self._variant(document, text, subject, preheader)

    @property
    def _whole(self) -> bool:
        """Whether the email is its own layout."""
        start = self._email.source.text[self._email.start :].lstrip()
        return self._email.form == "mjml" and start.startswith("<mjml")

    def _line(self, inside: tuple[Nested, ...]) -> tuple[Piece, ...]:
        return tuple(
            Constant(text=piece.text) if isinstance(piece, Text) else piece
            for piece in self._expanded(inside, self._scope)
        )

    def _expanded(self, inside: Iterable[Nested], scope: Scope, *, prune: bool = True) -> list[Piece]:
        expander = Expander(scope, prune=prune)
        pieces = list(expander.expand(inside))
        self.problems.extend(expander.problems)
        return pieces

    def _body(self) -> tuple[Layout | None, list[Item], str | None]:
        layout = None if self._whole else self._layout()
        if self._email.form == "md":
            return layout, *self._markdown_body()
        self.problems.extend(self._mjml.lint(self._markdown))
        if self._whole:
            return None, [], None
        level: Level = "section" if self._mjml.root == "mj-body" else "column"
        return layout, [Item(level=level, mjml=self._mjml_body(self._scope))], None

    def _mjml_body(self, scope: Scope) -> str:
        """Return an MJML body, marked, its parts put in."""
        mjml = self._marks.put_all(self._expanded(self._email.body, scope), escape)
        composer = Composer(self._definitions, scope, self._markdown, self._tracking, self._mjml.place_of)
        written = with_parts(mjml, self._markdown, composer, self._mjml)
        self.problems.extend(composer.problems)
        self._parts |= composer.used
        return written

    def _layout(self) -> Layout | None:
        name = self._email.layout.text if self._email.layout is not None else DEFAULT_LAYOUT
        layout = self._definitions.layouts.get(name)
        if layout is None:
            hint = did_you_mean(name, self._definitions.layouts)
            self.problems.append(CODES["T310"].at(self._email.layout or self._email.place, name=name, hint=hint))
        return layout

    def _markdown_body(self) -> tuple[list[Item], str]:
        pieces = self._expanded(self._email.body, self._scope, prune=False)
        marked = MarkedBody.of(pieces, self._marks, self._email)
        blocks = Joiner(self._marks, marked.text.split("\n")).join(self._markdown.read(marked.text))
        composer = Composer(self._definitions, self._scope, self._markdown, self._tracking, marked.place_of)
        items, text = list(composer.items(blocks)), composer.text(blocks)
        self.problems.extend(composer.problems)
        self._parts |= composer.used
        return items, self._marks.fill(text, str)

    def _document(
        self, layout: Layout | None, items: list[Item], subject: tuple[Piece, ...], preheader: tuple[Piece, ...]
    ) -> str | None:
        """Return the whole mail as marked HTML."""
        scope = self._scope.with_arguments(subject=Argument(pieces=subject), preheader=Argument(pieces=preheader))
        if layout is None:
            mjml = self._mjml_body(scope)
        else:
            scope = scope.with_arguments(body=Argument(pieces=(Text(text=self._marks.put(Slot(name="body"))),)))
            page = self._marks.put_all(self._expanded(layout.mjml, scope), escape)
            mjml = filled(layout, page, items, self._marks, self.problems)
        mjml = with_safe_statements(mjml.strip(), self._marks, self.problems)
        return to_html(mjml, self._marks, self._email.place, self.problems) if not self.problems else None

    def _text(self, layout: Layout | None, body: str, subject: tuple[Piece, ...], preheader: tuple[Piece, ...]) -> str:
        if layout is None:
            return body
        scope = self._scope.with_arguments(
            subject=Argument(pieces=subject),
            preheader=Argument(pieces=preheader),
            body=Argument(pieces=(Text(text=body.strip("\n")),)),
        )
        return self._marks.put_all(self._expanded(layout.text, scope), str)

    def _variant(
        self, document: str, text: str, subject: tuple[Piece, ...], preheader: tuple[Piece, ...]
    ) -> Variant | None:
        self.problems.extend(large_styles(document, self._email.place))
        flattener = HtmlFlattener(self._marks, self._tracking)
        html = flattener.flatten(_BOUNDARY.sub("", document))
        self.problems.extend(flattener.problems)
        flats = {
            "html": html,
            "text": flatten_text(with_numbers(text, self._is_fixed), self._marks, self._tracking, self.problems),
            "subject": flatten_line(self._marks.put_all(subject, str), self._marks),
            "preheader": flatten_line(self._marks.put_all(preheader, str), self._marks),
        }
        compiled = {kind: self._compiled(flat, kind) for kind, flat in flats.items()} if not self.problems else {}
        made = {kind: one for kind, one in compiled.items() if one is not None}
        if len(made) < len(flats):
            return None
        return Variant(email=self._email, parts=frozenset(self._parts), **made)

    def _is_fixed(self, text: str) -> bool:
        """Whether all of a marked text is shown to every reader, once."""
        return all(code.kind == "print" for code in self._marks.codes(text))

    def _compiled(self, flat: Flat, kind: str) -> Compiled | None:
        name = f"{self._email.source.path}#{kind}" + (".html" if kind == "html" else ".txt")
        try:
            code = self._environment.compile(flat.source, name, name)
        except TemplateSyntaxError as error:
            place = flat.place(error.lineno, self._email.place)
            self.problems.append(CODES["T201"].at(place, what=str(error.message)))
            return None
        values: dict[str, Any] = {**self._scope.constants, "_tracking": self._tracking}
        return Compiled(flat=flat, template=Template.from_code(self._environment, code, values))
