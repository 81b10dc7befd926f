"""The form of a problem code: one row of a table from which messages and docs are made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from engine.errors import Problem, Severity


class Placed(Protocol):
    """Anything that knows where in its file it stands."""

    @property
    def path(self) -> str:
        """The file, relative to the workspace."""
        ...

    @property
    def line(self) -> int:
        """The line, from 1."""
        ...

    @property
    def column(self) -> int:
        """The column, from 1."""
        ...


@dataclass(frozen=True, kw_only=True)
class Code:
    """One kind of mistake: its `sentence` has {names} filled in where it happens.

    `advice` and, of lint, `example` are for the docs.
    """

    code: str
    sentence: str
    advice: str
    severity: Severity = "error"
    example: str = ""

    def at(self, place: Placed, *, hint: str = "", **words: object) -> Problem:
        """Return the problem of this kind at a place; `hint` says what would be right."""
        return Problem(
            path=place.path,
            line=place.line,
            column=place.column,
            code=self.code,
            message=self.sentence.format(**words),
            hint=hint,
            severity=self.severity,
        )


def table(rows: Iterable[tuple[str, str, str]]) -> dict[str, Code]:
    """Return codes by their code, from rows of code, sentence and advice; a code twice is refused."""
    return _by_code(Code(code=code, sentence=sentence, advice=advice) for code, sentence, advice in rows)


def lints(rows: Iterable[tuple[str, str, str, str]]) -> dict[str, Code]:
    """Return lint by its code, from rows of code, sentence, advice and an example; a code twice is refused."""
    return _by_code(
        Code(code=code, sentence=sentence, advice=advice, example=example, severity="lint")
        for code, sentence, advice, example in rows
    )


def _by_code(codes: Iterable[Code]) -> dict[str, Code]:
    found: dict[str, Code] = {}
    for code in codes:
        if code.code in found:
            raise ValueError(f"{code.code} stands twice in the table of codes")
        found[code.code] = code
    return found
