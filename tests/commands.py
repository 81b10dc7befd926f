"""Calling `lifecycle` in a test: in this process, with what it printed and how it ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from engine.cli.main import run


@dataclass(frozen=True, kw_only=True)
class Done:
    """How a command ended: its exit code, its data (stdout) and its talk (stderr)."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 (whatever the command prints)
        """The data, read as JSON."""
        return json.loads(self.out)


class Lifecycle:
    """Calls commands; `ok` also checks that they went well."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *arguments: str) -> Done:
        """Run one command, without ever raising."""
        self._capture.readouterr()
        code = run(arguments)
        printed = self._capture.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return Done(code=code, out=printed.out, err=printed.err)

    def ok(self, *arguments: str) -> Done:
        """Run one command that has to go well."""
        done = self(*arguments)
        assert done.code == 0, done
        return done

    def refused(self, *arguments: str, code: int = 1) -> str:
        """Run one command that has to be refused with one sentence, and return the sentence."""
        done = self(*arguments)
        assert done.code == code, done
        assert done.out == ""
        assert len(done.err.splitlines()) == 1, done
        return done.err.strip()
