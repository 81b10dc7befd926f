"""The text part: the same Markdown, walked a second time."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from markdown_it.token import Token

from engine.rendering.markdown import Block

LIST_STARTS, ITEM_STARTS, LIST_ENDS = "\0[", "\0.", "\0]"
"""Where numbers are put in; no file and no fact may hold a NUL, so nobody else can write these."""
_BLANKS = re.compile(r"\n{3,}")
_INNERMOST = re.compile(r"\0\[(?:[^\0]|\0\.)*\0\]")
_NUMBERS = re.compile(r"\0[\[.\]]")


class PlainWriter:
    """Writes blocks as marked plain text; `part` writes a part in its text form, `address` a link's target."""

    def __init__(self, part: Callable[[Block], str], address: Callable[[str], str]) -> None:
        self._part = part
        self._address = address
        self._writers: dict[str, Callable[[Block], str]] = {
            "statement": lambda block: block.opening.content,
            "paragraph": lambda block: self._inlines(block) + "\n\n",
            "heading": lambda block: self._inlines(block) + "\n\n",
            "bullet_list": lambda block: self._list(block, "- "),
            "ordered_list": lambda block: (
                LIST_STARTS + self._list(block, ITEM_STARTS).rstrip("\n") + LIST_ENDS + "\n\n"
            ),
            "blockquote": lambda block: self._indented(block.children, "> ") + "\n\n",
            "fence": lambda block: block.opening.content + "\n",
            "hr": lambda _: "* * *\n\n",
            "table": self._table,
            "part": lambda block: self._part(block) + "\n\n",
        }

    def write(self, blocks: Sequence[Block]) -> str:
        """Return blocks as marked text; each ends with an empty line."""
        return "".join(self._writers[block.kind](block) for block in blocks)

    def _inlines(self, block: Block) -> str:
        return "".join(self.inline(child.opening.children or []) for child in block.children)

    def inline(self, tokens: Sequence[Token]) -> str:
        """Return inline tokens as text: links as `text (address)`, pictures as their `alt`."""
        out: list[str] = []
        links: list[tuple[str, int]] = []
        for token in tokens:
            if token.type == "link_open":
                links.append((str(token.attrGet("href") or ""), len(out)))
            elif token.type == "link_close":
                href, start = links.pop()
                out[start:] = [self.link("".join(out[start:]), href)]
            else:
                out.append(_INLINE.get(token.type, _content)(token))
        return "".join(out)

    def link(self, label: str, href: str) -> str:
        """Return a link as text."""
        href = self._address(href.removeprefix("mailto:"))
        return href if label.strip() in {"", href} else f"{label} ({href})"

    def _list(self, block: Block, sign: str) -> str:
        written: list[str] = []
        for item in block.children:
            if item.kind == "statement":
                written.append(item.opening.content)
            else:
                inner = self._indented(item.children, "  ").removeprefix("  ")
                written.append(f"{sign}{inner}\n")
        return "".join(written) + "\n"

    def _indented(self, blocks: Sequence[Block], indent: str) -> str:
        text = _BLANKS.sub("\n\n", self.write(blocks)).strip("\n")
        return "\n".join(f"{indent}{line}".rstrip() for line in text.split("\n"))

    def _table(self, block: Block) -> str:
        rows = [row for section in block.children for row in section.children]
        return "".join(map(self._row, rows)) + "\n"

    def _row(self, row: Block) -> str:
        if row.kind == "statement":
            return row.opening.content
        return " | ".join(self._inlines(cell) for cell in row.children) + "\n"


def _content(token: Token) -> str:
    return token.content


_INLINE: dict[str, Callable[[Token], str]] = {
    "softbreak": lambda _: " ",
    "hardbreak": lambda _: "\n",
    "image": lambda token: token.content,
    **{f"{kind}_{end}": lambda _: "" for kind in ("strong", "em", "s") for end in ("open", "close")},
}


def tidy(text: str) -> str:
    """Return a rendered text part with its lists numbered and no more than one empty line between blocks."""
    if LIST_STARTS in text:
        text = _numbered(text)
    if " \n" in text or "\t\n" in text:
        text = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip() + "\n"


def with_numbers(text: str, is_fixed: Callable[[str], bool]) -> str:
    """Return a marked text in which each list that is fixed, the same for every reader, has its numbers already."""

    def numbered(found: re.Match[str]) -> str:
        return _numbered(found[0]) if is_fixed(found[0]) else found[0]

    while (made := _INNERMOST.sub(numbered, text)) != text:
        text = made
    return text


def _numbered(text: str) -> str:
    counts: list[int] = []

    def number(match: re.Match[str]) -> str:
        if match[0] == LIST_STARTS:
            counts.append(0)
        elif match[0] == LIST_ENDS:
            del counts[-1:]
        elif counts:
            counts[-1] += 1
            return f"{counts[-1]}. "
        return ""

    return _NUMBERS.sub(number, text)
