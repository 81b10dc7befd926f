"""What can go wrong, split by what the caller does next.

LifecycleError            one clear sentence for the user, and an exit code
├── UsageError            the command was called wrongly: call it again, corrected
├── SettingsError         a setting is missing or wrong: correct it
├── ProblemsError         files are broken: a list of Problems with their places
├── DatabaseError         the database is missing, locked, old or unreachable
│   └── CollisionError    two programs waited for each other: do the same again
└── ProviderError         the mail provider cannot be used as configured
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "lint"]


@dataclass(frozen=True, kw_only=True, order=True)
class Problem:
    """One mistake at a place in a file; lines and columns count from 1."""

    path: str
    line: int = 1
    column: int = 1
    code: str
    message: str
    hint: str = ""
    severity: Severity = field(default="error", compare=False)

    def __str__(self) -> str:
        """Return `path:line:col: CODE message; hint`, the form every command prints."""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.path}:{self.line}:{self.column}: {self.code} {self.message}{hint}"


class LifecycleError(Exception):
    """Something a user can understand and mend; its text is one clear sentence."""

    exit_code = 1


class UsageError(LifecycleError):
    """The command was called wrongly."""

    exit_code = 2


class SettingsError(LifecycleError):
    """A setting is missing or wrong."""


class DatabaseError(LifecycleError):
    """The database is missing, locked, of another version or out of reach."""


class CollisionError(DatabaseError):
    """The database undid a transaction because it and another waited for each other; done again it succeeds."""


class ProviderError(LifecycleError):
    """The mail provider cannot be used as it is configured."""


class ProblemsError(LifecycleError):
    """Files are broken; `problems` says where and what would be right."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "did you mean `x`?" for the nearest known word, or nothing when none is near."""
    words = {w.casefold(): w for w in known}
    near = difflib.get_close_matches(word.casefold(), words, n=1, cutoff=0.6)
    return f"did you mean `{words[near[0]]}`?" if near else ""
