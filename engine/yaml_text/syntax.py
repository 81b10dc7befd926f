"""YAML's own syntax errors, said in plain words at the place where the author has to change something."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ruamel.yaml.error import MarkedYAMLError

from engine.errors import Problem
from engine.yaml_text.codes import YAML_CODES
from engine.yaml_text.nodes import Scalar

_NO_SPACE = re.compile(r"[ ]*(?:- +)*(?P<text>(?P<key>\w[\w .-]*):(?!//)[^\s:,\]}][^\s,\]}]*)")
_HOUR, _MINUTE = re.compile(r"(^|[ T])[0-9]{1,2}$"), re.compile(r"[0-9]{2}(?![0-9])")
_UNQUOTED = "put this text in quotes, since it holds `: `"


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A line and column of the text itself, both from 0."""

    line: int
    column: int


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A syntax error with the lines around it; `first` is the number of the text's first line in its file."""

    path: str
    first: int
    lines: list[str]
    problem: str
    context: str
    spot: Spot
    start: Spot

    def place(self, spot: Spot) -> Problem:
        """Return a problem without words at a spot, for its place."""
        line, column = self.first + spot.line, spot.column + 1
        return Problem(path=self.path, line=line, column=column, code="", message="")


def in_plain_words(error: MarkedYAMLError, text: str, path: str, first: int) -> Problem:
    """Return the one problem that a syntax error comes from."""
    spot = _spot(error.problem_mark or error.context_mark)
    broken = Broken(
        path=path,
        first=first,
        lines=text.split("\n"),
        problem=error.problem or "",
        context=error.context or "",
        spot=spot,
        start=_spot(error.context_mark) if error.context_mark else spot,
    )
    return next(problem for cause in _CAUSES if (problem := cause(broken)) is not None)


def _spot(mark: object) -> Spot:
    return Spot(line=getattr(mark, "line", 0), column=getattr(mark, "column", 0))


def _tab(broken: Broken) -> Problem | None:
    line = broken.lines[broken.spot.line] if broken.spot.line < len(broken.lines) else ""
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    if "\t" not in indent and "'\\t'" not in broken.problem:
        return None
    spot = Spot(line=broken.spot.line, column=indent.find("\t")) if "\t" in indent else broken.spot
    return YAML_CODES["E102"].at(broken.place(spot), hint="use spaces")


def _open_quote(broken: Broken) -> Problem | None:
    if "quoted scalar" not in broken.context or "end of stream" not in broken.problem:
        return None
    return YAML_CODES["E105"].at(broken.place(broken.start))


def _no_space(broken: Broken) -> Problem | None:
    """Look for `key:value` on the line of the error and on the line where it began."""
    if "expected ':'" not in broken.problem and "mapping values" not in broken.problem:
        return None
    for number in (broken.start.line, broken.spot.line, broken.spot.line - 1):
        match = _NO_SPACE.match(broken.lines[number]) if 0 <= number < len(broken.lines) else None
        if match and ": " not in match["text"] and not _is_clock(*match["text"].split(":", 1)):
            return _space_problem(broken, number, match)
    return None


def _space_problem(broken: Broken, number: int, match: re.Match[str]) -> Problem:
    text, key = match["text"], match["key"]
    place = broken.place(Spot(line=number, column=match.start("text") + len(key)))
    return YAML_CODES["E103"].at(place, text=text, hint=f"write `{key}: {text[len(key) + 1 :]}`")


def missing_space(node: Scalar) -> Problem | None:
    """Return the problem of a word such as `topic:tips`, in which a space is missing; addresses and times have none."""
    key, colon, rest = node.text.partition(":")
    if not (node.plain and colon and key and rest.strip()) or rest.startswith(("//", " ")) or _is_clock(key, rest):
        return None
    return YAML_CODES["E103"].at(node, text=node.text, hint=f"write `{key}: {rest}`")


def _is_clock(before: str, after: str) -> bool:
    """Return whether a `:` stands between hours and minutes."""
    return bool(_HOUR.search(before) and _MINUTE.match(after))


def _open_bracket(broken: Broken) -> Problem | None:
    kind = next((mark for word, mark in (("sequence", "["), ("mapping", "{")) if f"flow {word}" in broken.context), "")
    if not kind or broken.spot.line == broken.start.line:
        return None
    line = broken.first + broken.spot.line
    return YAML_CODES["E106"].at(broken.place(broken.start), bracket=kind, line=line)


def _indent(broken: Broken) -> Problem | None:
    if "<block end>" not in broken.problem and "mapping values" not in broken.problem:
        return None
    before = broken.lines[broken.spot.line][: broken.spot.column] if broken.spot.line < len(broken.lines) else ""
    if re.search(r":\s|['\"\]}]", before.replace("- ", "  ")) or "]" in broken.problem:
        return None
    column = len(before) - len(before.lstrip(" "))
    return YAML_CODES["E104"].at(broken.place(Spot(line=broken.spot.line, column=column)))


_WORDS = (
    ("mapping values are not allowed", "a second `:` stands on one line", _UNQUOTED),
    ("cannot start any token", "a text cannot start with this character", "put the text in quotes"),
    ("sequence entries are not allowed", "a list starts on the line of its key", "start it on a line of its own"),
    ("expected the node content", "a value is missing before this", ""),
    ("unknown escape", "this `\\` sequence is unknown", "use single quotes, in which `\\` is only itself"),
    ("expected ',' or", "a comma is missing in this list or table", "put a comma between its parts"),
    ("expected ':'", "this line is no `key: value`", "write a key, a colon, a space and a value"),
    ("<block end>", "something is left over here", "close the quotes, or put the whole text in quotes"),
    ("alphabetic or numeric character", "a text cannot start with `&` or `*`", "put the text in quotes"),
    ("chomping or indentation", "a text cannot start with `>` or `|`", "put the text in quotes"),
)  # fmt: skip


def _other(broken: Broken) -> Problem:
    known = ((what, hint) for part, what, hint in _WORDS if part in broken.problem)
    what, hint = next(known, ("it cannot be read from here on", "compare it with a rule that works"))
    return YAML_CODES["E101"].at(broken.place(broken.spot), what=what, hint=hint)


_CAUSES: tuple[Callable[[Broken], Problem | None], ...] = (
    _tab, _open_quote, _no_space, _open_bracket, _indent, _other,
)  # fmt: skip
