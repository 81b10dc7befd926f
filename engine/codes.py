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
    """One kind of mistake: its `sentence` has {names} filled in where it happens, `advice` is for the docs."""

    code: str
    sentence: str
    advice: str
    severity: Severity = "error"

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
    """Return codes by their code, from rows of code, sentence and advice; `L…` is lint; a code twice is refused."""
    codes: dict[str, Code] = {}
    for code, sentence, advice in rows:
        if code in codes:
            raise ValueError(f"{code} stands twice in the table of codes")
        severity: Severity = "lint" if code.startswith("L") else "error"
        codes[code] = Code(code=code, sentence=sentence, advice=advice, severity=severity)
    return codes
