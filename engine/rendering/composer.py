"""Markdown blocks and the parts among them, made into MJML and into text."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from markdown_it.token import Token

from engine.errors import Problem, did_you_mean
from engine.rendering.addresses import address_pieces
from engine.rendering.calls import Call, CallReader
from engine.rendering.codes import CODES
from engine.rendering.definitions import Definitions, Part
from engine.rendering.expand import Argument, Expander, Scope
from engine.rendering.links import Tracking
from engine.rendering.markdown import Block, Markdown
from engine.rendering.marks import Marks, Slot
from engine.rendering.mjml import around, raw
from engine.rendering.pieces import Code, Text
from engine.rendering.places import Place
from engine.rendering.plain import PlainWriter

Level = Literal["column", "section", "statement"]


@dataclass(frozen=True, kw_only=True)
class Item:
    """A stretch of MJML and where it stands; a statement's keyword decides how far it reaches."""

    level: Level
    mjml: str
    keyword: str = ""


def escape(text: str) -> str:
    """Return a text as it is written in MJML and HTML, line breaks kept."""
    return html.escape(text).replace("\n", "<br>")


class Composer:
    """Makes one email's blocks into MJML items and into marked text."""

    def __init__(
        self,
        definitions: Definitions,
        scope: Scope,
        markdown: Markdown,
        tracking: Tracking,
        place_of: Callable[..., Place],
    ) -> None:
        self._definitions = definitions
        self._scope = scope
        self._markdown = markdown
        self._place_of = place_of
        self._tracking = tracking
        self._plain = PlainWriter(self._part_text, self._address)
        self.problems: list[Problem] = []
        self.used: set[str] = set()

    @property
    def _marks(self) -> Marks:
        return self._markdown.marks

    def text(self, blocks: Sequence[Block]) -> str:
        """Return blocks as marked text."""
        return self._plain.write(blocks)

    def items(self, blocks: Sequence[Block]) -> Iterator[Item]:
        """Yield blocks as MJML: a run of plain blocks is one `mj-text`."""
        run: list[Block] = []
        for block in blocks:
            if block.kind not in {"part", "statement"}:
                run.append(block)
                continue
            yield from self._run(run)
            run = []
            yield from self._part(block) if block.kind == "part" else self._statement(block)
        yield from self._run(run)

    def _run(self, run: Sequence[Block]) -> Iterator[Item]:
        if run:
            for block in run:
                self._inspect(block)
            written = self._html(run)
            yield Item(level="column", mjml=f'<mj-text css-class="body">{written}</mj-text>')

    def _inspect(self, block: Block) -> None:
        """Refuse parts in lists and quotes, and pictures whose width nobody knows."""
        for child in block.children:
            if child.kind == "part":
                child.opening.meta["inside"] = True
                self._known(child)
            elif child.kind == "inline":
                self._pictures(block, child.opening.children or [])
            self._inspect(child)

    def _pictures(self, block: Block, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.type == "image":
                place, hint = self._place_of(block, "!["), "write it as a part with an `mj-image`"
                self.problems.append(CODES["T601"].at(place, attribute="width", hint=hint))

    def _html(self, blocks: Sequence[Block]) -> str:
        return self._marks.fill(self._markdown.html(blocks), escape)

    def _statement(self, block: Block) -> Iterator[Item]:
        for match in self._marks.pattern.finditer(block.opening.content):
            code = self._marks.get(match)
            if isinstance(code, Code):
                yield Item(level="statement", mjml=raw(match[0]), keyword=code.keyword)

    def _part(self, block: Block) -> Iterator[Item]:
        part = self._known(block)
        if part is None:
            return
        mjml = self._expanded(part, block)
        for match in self._marks.pattern.finditer(mjml):
            if isinstance(self._marks.get(match), Slot):
                inner = around(mjml, match.start())
                body = self._body(part, block) if inner in {"", "mj-column"} else self._html_body(part, block, inner)
                mjml = mjml.replace(match[0], body)
        yield Item(level=part.level, mjml=mjml)

    def _known(self, block: Block) -> Part | None:
        """Return the part a block calls, unless it cannot be used there."""
        name, meta = block.opening.meta["name"], block.opening.meta
        place = self._place_of(block, name or ":::")
        if not name:
            self.problems.append(CODES["T306"].at(place))
        elif name not in self._definitions.parts:
            if name not in self._definitions.broken:
                hint = did_you_mean(name, self._definitions.parts)
                self.problems.append(CODES["T301"].at(place, hint=hint, name=name))
        elif meta["inside"]:
            self.problems.append(CODES["T307"].at(place, name=name, where="in a list or a quote"))
        else:
            if not meta["closed"]:
                self.problems.append(CODES["T305"].at(place, name=name))
            self.used.add(name)
            return self._definitions.parts[name]
        return None

    def _call(self, part: Part, block: Block) -> Call:
        reader = CallReader(part, self._marks, lambda *words: self._place_of(block, *words))
        call = reader.read(self._marks.fill(block.opening.meta["arguments"], str))
        self.problems.extend(call.problems)
        return call

    def _expanded(self, part: Part, block: Block) -> str:
        arguments = dict(self._call(part, block).arguments)
        if part.body == "markdown":
            arguments["body"] = _as_written(self._marks.put(Slot(name="body")))
        items = tuple(self._list_items(part, block)) if part.body == "list" else None
        return self._expand(part.mjml, replace(self._scope, arguments=arguments, items=items), escape)

    def _expand(self, inside, scope, escaped) -> str:  # type: ignore[no-untyped-def]  # noqa: ANN001
        expander = Expander(scope)
        written = self._marks.put_all(expander.expand(inside), escaped)
        self.problems.extend(expander.problems)
        return written

    def _body(self, part: Part, block: Block) -> str:
        written: list[str] = []
        for item in self.items(block.children):
            if item.level == "section":
                self._refuse_sections(block, part)
            written.append(item.mjml)
        return "".join(written)

    def _refuse_sections(self, block: Block, part: Part) -> None:
        for child in block.children:
            inner = self._definitions.parts.get(child.opening.meta["name"]) if child.kind == "part" else None
            if inner is not None and inner.level == "section":
                place = self._place_of(child, inner.name)
                self.problems.append(CODES["T307"].at(place, name=inner.name, where=f"inside `{part.name}`"))

    def _html_body(self, part: Part, block: Block, inner: str) -> str:
        for child in block.children:
            if child.kind == "part":
                name = child.opening.meta["name"]
                where = f"in the body of `{part.name}`, which is text inside `{inner}`"
                self.problems.append(CODES["T307"].at(self._place_of(child, name), name=name, where=where))
        return self._html([child for child in block.children if child.kind != "part"])

    def _list_items(self, part: Part, block: Block) -> Iterator[Argument | Text]:
        lists = [child for child in block.children if child.kind in {"bullet_list", "ordered_list"}]
        if len(lists) != 1 or len(block.children) != 1:
            place = self._place_of(block, part.name)
            self.problems.append(CODES["T309"].at(place, name=part.name, what="takes one list as its body"))
        for item in (item for one in lists for item in one.children):
            if item.kind == "statement":
                yield Text(text=f"<!--{item.opening.content}-->")
            else:
                yield _as_written(self._marks.fill(self._markdown.inline_html(item.children), escape))

    def _address(self, href: str) -> str:
        """Return a link's target for the text part, what changes in it percent-encoded."""
        target = self._marks.fill(href, str)
        if not self._marks.codes(target):
            return target
        pieces = address_pieces(target, self._marks, self._tracking, self.problems)
        return self._marks.put_all(pieces, str)

    def _part_text(self, block: Block) -> str:
        part = self._definitions.parts.get(block.opening.meta["name"])
        if part is None or block.opening.meta["inside"]:
            return ""
        arguments = dict(self._call(part, block).arguments)
        if part.body != "none":
            arguments["body"] = _as_written(self.text(block.children).strip("\n"))
        return self._expand(part.text, replace(self._scope, arguments=arguments, items=None), str).strip("\n")


def _as_written(text: str) -> Argument:
    return Argument(pieces=(Text(text=text),))
