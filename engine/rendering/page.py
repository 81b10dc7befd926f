"""A body put into its layout: sections opened and closed around it, statements made safe for MJML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from engine.errors import Problem
from engine.rendering.codes import CODES
from engine.rendering.composer import Item
from engine.rendering.definitions import Layout
from engine.rendering.marks import Marks, Slot
from engine.rendering.mjml import STATEMENTS_BETWEEN, Stretch, Tag, raw, stretches
from engine.rendering.pieces import Code

_CLOSING = re.compile(r"\s*</mj-column\s*>\s*</mj-section\s*>")
_DEPTH = {"if": 1, "for": 1, "endif": -1, "endfor": -1}
BODY_STARTS, BODY_ENDS = "body starts here", "body ends here"


def levelled(items: Sequence[Item]) -> Iterator[Item]:
    """Yield items with each statement on the level of what it decides about."""
    group: list[Item] = []
    depth = 0
    for item in items:
        depth += _DEPTH.get(item.keyword, 0)
        group.append(item)
        if depth <= 0:
            yield from _group(group)
            group = []
    yield from _group(group)


def _group(group: Sequence[Item]) -> Iterator[Item]:
    """Yield one outermost statement with its contents; those around a section stand between sections."""
    if all(item.level != "section" for item in group):
        for item in group:
            yield item if item.level != "statement" else Item(level="column", mjml=item.mjml)
        return
    if len(group) == 1:
        yield group[0]
        return
    yield Item(level="section", mjml=group[0].mjml)
    yield from _branches(group[1:-1])
    yield Item(level="section", mjml=group[-1].mjml)


def _branches(inside: Sequence[Item]) -> Iterator[Item]:
    branch: list[Item] = []
    depth = 0
    for item in inside:
        depth += _DEPTH.get(item.keyword, 0)
        if depth == 0 and item.keyword in {"elif", "else"}:
            yield from levelled(branch)
            yield Item(level="section", mjml=item.mjml)
            branch = []
        else:
            branch.append(item)
    yield from levelled(branch)


def sections(items: Iterable[Item], opening: str, closing: str) -> str:
    """Return items as sections: those of columns between an opened and a closed section, as often as needed."""
    written: list[str] = []
    opened = False
    for item in items:
        if (item.level == "column") != opened:
            written.append(closing if opened else opening)
            opened = not opened
        written.append(item.mjml)
    return "".join(written) + (closing if opened else "")


def filled(layout: Layout, mjml: str, items: Sequence[Item], marks: Marks, problems: list[Problem]) -> str:
    """Return a layout's MJML with a body in the place of its slot."""
    slots = [match for match in marks.pattern.finditer(mjml) if isinstance(marks.get(match), Slot)]
    what = _misplaced(mjml, slots)
    if what:
        problems.append(CODES["T311"].at(layout.place, name="body", what=what))
        return mjml
    section, column = _parents(mjml, slots[0])[-2:]
    opening = mjml[section.start : section.end] + mjml[column.start : column.end]
    body = sections(levelled(items), opening, "</mj-column></mj-section>")
    after = _CLOSING.match(mjml, slots[0].end())
    assert after is not None
    return mjml[: section.start] + boundary(BODY_STARTS) + body + boundary(BODY_ENDS) + mjml[after.end() :]


def _misplaced(mjml: str, slots: Sequence[re.Match[str]]) -> str:
    """Return what is wrong with where a layout puts its body."""
    if len(slots) != 1:
        return f"{len(slots)} times"
    parents = _parents(mjml, slots[0])
    if [tag.name for tag in parents[-3:]] != ["mj-body", "mj-section", "mj-column"]:
        return "in another place than an `mj-column`"
    section, column = parents[-2:]
    before = mjml[column.end : slots[0].start()] + mjml[section.end : column.start]
    return "beside other things" if before.strip() or _CLOSING.match(mjml, slots[0].end()) is None else ""


def _parents(mjml: str, slot: re.Match[str]) -> Sequence[Tag]:
    return next(one.parents for one in stretches(mjml) if one.start <= slot.start() < one.start + len(one.text))


def boundary(words: str) -> str:
    """Return a comment that shows where the body stands in the compiled HTML."""
    return f"<mj-raw><!--{words}--></mj-raw>"


def with_safe_statements(mjml: str, marks: Marks, problems: list[Problem]) -> str:
    """Return marked MJML in which statements between elements are comments, as MJML and HTML need them."""
    return "".join(_safe(stretch, marks, problems) for stretch in stretches(mjml))


def _safe(stretch: Stretch, marks: Marks, problems: list[Problem]) -> str:
    if stretch.where not in {"elements", "html"}:
        return stretch.text

    def replaced(match: re.Match[str]) -> str:
        code = marks.get(match)
        if not isinstance(code, Code):
            return match[0]
        if stretch.where == "html":
            return f"<!--{match[0]}-->" if code.kind == "statement" else match[0]
        if code.kind == "print":
            problems.append(CODES["T508"].at(code.place, parent=stretch.parent))
        elif stretch.parent not in STATEMENTS_BETWEEN:
            problems.append(CODES["T509"].at(code.place, parent=stretch.parent))
        return raw(match[0])

    return marks.pattern.sub(replaced, stretch.text)
