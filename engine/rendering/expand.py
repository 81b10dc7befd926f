"""Puts in what is known beforehand: arguments, words and the brand; what changes per customer stays Jinja."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from jinja2 import TemplateError, Undefined, nodes

from engine.errors import Problem, did_you_mean
from engine.rendering.codes import CODES
from engine.rendering.grammar import ENVIRONMENT
from engine.rendering.kinds import Kind
from engine.rendering.pieces import Code, Constant, Origin, Piece, Role, Text
from engine.rendering.statements import Branch, Nested, Statement

_NAME = re.compile(r"[A-Za-z_]\w*")
_WORD = re.compile(r"words\.([A-Za-z_]\w*)")
_EACH = re.compile(r"for\s+(\w+)\s+in\s+body")
_FREE_OF_LANGUAGE = frozenset({"default", "upper", "lower", "capitalize", "truncate", "join", "length"})


@dataclass(frozen=True, kw_only=True)
class Argument:
    """What a parameter stands for: pieces to print, or one expression to count with."""

    pieces: tuple[Piece, ...]
    kind: Kind = Kind.TEXT

    @property
    def codes(self) -> tuple[Code, ...]:
        """The parts of it that change per customer."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Code))

    @property
    def expression(self) -> str:
        """The argument as a Jinja expression."""
        if len(self.pieces) == 1 and isinstance(self.pieces[0], Code):
            return f"({self.pieces[0].code})"
        if self.codes:
            return "(" + " ~ ".join(map(_operand, self.pieces)) + ")"
        return self._literal("".join(piece.text for piece in self.pieces if not isinstance(piece, Code)))

    def _literal(self, text: str) -> str:
        return text if self.kind in {Kind.NUMBER, Kind.MONEY, Kind.BOOLEAN} and text else literal(text)


def literal(text: str) -> str:
    """Return a text as a Jinja literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def _operand(piece: Piece) -> str:
    return f"({piece.code})" if isinstance(piece, Code) else literal(piece.text)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What names stand for in one file: constants, arguments, words, and the items of a list body.

    `worked_out` remembers expressions of constants alone; it is shared by all scopes with the same constants.
    """

    constants: Mapping[str, Any]
    words: Mapping[str, tuple[Nested, ...]] = field(default_factory=dict)
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    items: tuple[Argument | Text, ...] | None = None
    worked_out: dict[str, Any] = field(default_factory=dict)

    def with_arguments(self, **arguments: Argument) -> Scope:
        """Return the scope with further arguments."""
        return replace(self, arguments={**self.arguments, **arguments})


class Expander:
    """Expands nested pieces in a scope; `prune` works out statements that are known beforehand."""

    def __init__(self, scope: Scope, *, prune: bool = True) -> None:
        self._scope = scope
        self._prune = prune
        self.problems: list[Problem] = []

    def expand(self, inside: Iterable[Nested]) -> Iterator[Piece]:
        """Yield flat pieces: what is known as constants, the rest as Jinja."""
        for node in inside:
            if isinstance(node, Statement):
                yield from self._statement(node)
            elif isinstance(node, Code):
                yield from self._print(node)
            else:
                yield node

    def _print(self, code: Code) -> Iterator[Piece]:
        argument = self._scope.arguments.get(code.code)
        if argument is not None:
            yield from _printed(argument)
        elif (match := _WORD.fullmatch(code.code)) and match[1] in self._scope.words:
            yield from _as_constants(self.expand(self._scope.words[match[1]]))
        else:
            yield from self._folded(self._substituted(code))

    def _folded(self, code: Code) -> Iterator[Piece]:
        known, value = self.known(code, code.code)
        if not known:
            yield code
        elif isinstance(value, Undefined):
            self._undefined(code)
        else:
            yield Constant(text=str(value))

    def _undefined(self, code: Code) -> None:
        name = re.sub(r"\s", "", code.code.partition("|")[0])
        hint = did_you_mean(name, _paths(self._scope.constants))
        self.problems.append(CODES["T410"].at(code.place_of(name), hint=hint, name=name.removeprefix("brand.")))

    def known(self, code: Code, expression: str) -> tuple[bool, Any]:
        """Tell whether an expression can be worked out now, and to what."""
        names, filters = _reads(expression)
        if not names <= self._scope.constants.keys() or not filters <= _FREE_OF_LANGUAGE:
            return False, None
        worked_out = self._scope.worked_out
        try:
            if expression not in worked_out:
                worked_out[expression] = _work_out(expression, self._scope.constants)
        except (TemplateError, ArithmeticError, TypeError, ValueError) as error:
            self.problems.append(CODES["T201"].at(code.place, what=str(error)))
            return True, ""
        return True, worked_out[expression]

    def _substituted(self, code: Code) -> Code:
        """Return the code with names of arguments and words replaced by what they stand for."""
        tokens = _significant(code.code)
        origins: list[Origin] = []
        out: list[str] = []
        position = 0
        while position < len(tokens):
            written, width = self._stand_in(tokens, position, code, origins)
            out.append(written)
            position += width
        return replace(code, code="".join(out), origins=code.origins + tuple(origins))

    def _stand_in(
        self, tokens: Sequence[tuple[str, str]], position: int, code: Code, origins: list[Origin]
    ) -> tuple[str, int]:
        kind, value = tokens[position]
        if kind != "name" or not _is_variable(tokens, position):
            return value, 1
        if value == "words" and len(tokens) > position + 2 and tokens[position + 1][1] == ".":
            return self._word(tokens[position + 2][1], code), 3
        dotted = "".join(text for _, text in tokens[position : position + 3])
        width = 3 if dotted in self._scope.arguments else 1
        argument = self._scope.arguments.get(dotted if width > 1 else value)
        if argument is None:
            return value, 1
        origins.extend(origin for part in argument.codes for origin in part.origins)
        return argument.expression, width

    def _word(self, name: str, code: Code) -> str:
        if name not in self._scope.words:
            hint = did_you_mean(name, self._scope.words)
            self.problems.append(CODES["T312"].at(code.place_of(f"words.{name}"), name=name, hint=hint))
            return "''"
        return Argument(pieces=tuple(_as_constants(self.expand(self._scope.words[name])))).expression

    def _statement(self, statement: Statement) -> Iterator[Piece]:
        opening = statement.branches[0].opening
        if self._scope.items is not None and (match := _EACH.fullmatch(opening.code)):
            yield from self._each(match[1], statement.branches[0])
        elif opening.keyword == "for" or not self._prune:
            yield from self._kept(statement)
        else:
            yield from self._decided(statement)

    def _kept(self, statement: Statement) -> Iterator[Piece]:
        for branch in statement.branches:
            yield self._substituted(branch.opening)
            yield from self.expand(branch.inside)
        yield statement.closing

    def _decided(self, statement: Statement) -> Iterator[Piece]:
        """Drop branches that are known to be false, and stop at one that is known to be true."""
        written = False
        for branch in statement.branches:
            opening = self._substituted(branch.opening)
            known, value = self.known(opening, opening.condition) if opening.condition else (True, True)
            if known and not value:
                continue
            if not known:
                yield _named(opening, "elif" if written else "if")
            elif written:
                yield _named(opening, "else")
            yield from self.expand(branch.inside)
            written = written or not known
            if known:
                break
        if written:
            yield statement.closing

    def _each(self, name: str, branch: Branch) -> Iterator[Piece]:
        number = 0
        for item in self._scope.items or ():
            if isinstance(item, Text):
                yield item
                continue
            number += 1
            counted = Argument(pieces=(Constant(text=str(number)),), kind=Kind.NUMBER)
            scope = self._scope.with_arguments(**{name: item, f"{name}.number": counted})
            inner = Expander(scope)
            yield from inner.expand(branch.inside)
            self.problems.extend(inner.problems)


@lru_cache(maxsize=4096)
def _reads(expression: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names and filters of an expression."""
    tree = ENVIRONMENT.parse("{{ " + expression + " }}")
    names = frozenset(node.name for node in tree.find_all(nodes.Name))
    return names, frozenset(node.name for node in tree.find_all(nodes.Filter))


def _work_out(expression: str, constants: Mapping[str, Any]) -> Any:  # noqa: ANN401 (constants are of all types)
    return ENVIRONMENT.compile_expression(expression, undefined_to_none=False)(**constants)


def _named(opening: Code, keyword: str) -> Code:
    if keyword == "else":
        return replace(opening, code="else")
    return replace(opening, code=f"{keyword} {opening.condition}")


def _printed(argument: Argument) -> Iterator[Piece]:
    first: Role = "link" if len(argument.pieces) == 1 else "address"
    for position, piece in enumerate(argument.pieces):
        if argument.kind is not Kind.URL or not isinstance(piece, Code):
            yield piece
        elif piece.code.startswith("links."):
            yield replace(piece, role="address")
        else:
            yield replace(piece, role="encode" if position else first)


def _as_constants(pieces: Iterable[Piece]) -> Iterator[Piece]:
    for piece in pieces:
        yield Constant(text=piece.text) if isinstance(piece, Text) else piece


@lru_cache(maxsize=4096)
def _significant(code: str) -> tuple[tuple[str, str], ...]:
    """Return Jinja's tokens of an expression, blanks as they are."""
    tokens = list(ENVIRONMENT.lexer.tokeniter("{{ " + code + " }}", None))
    return tuple((kind, value) for _, kind, value in tokens[2:-2])


def _is_variable(tokens: Sequence[tuple[str, str]], position: int) -> bool:
    before = [value for kind, value in tokens[:position] if kind != "whitespace"]
    after = [value for kind, value in tokens[position + 1 :] if kind != "whitespace"]
    if before and before[-1] in {".", "|", "is"}:
        return False
    if before[-2:] == ["is", "not"]:
        return False
    return not (after and after[0] == "=")


def _paths(constants: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in constants.items():
        yield prefix + name
        if isinstance(value, Mapping):
            yield from _paths(value, f"{prefix}{name}.")
