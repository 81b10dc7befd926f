"""The few pieces every command prints with: data to stdout, talk to stderr, plain text when piped."""

from engine.cli.output.consoles import as_json, data, err, out
from engine.cli.output.tables import Cell, Styled, escaped, heading, line, pairs, styled, table
from engine.cli.output.talk import done, fail, note, problems, progress, warn
from engine.cli.output.words import ago, day_time, names, plural, scope, when

__all__ = [
    "Cell",
    "Styled",
    "ago",
    "as_json",
    "data",
    "day_time",
    "done",
    "err",
    "escaped",
    "fail",
    "heading",
    "line",
    "names",
    "note",
    "out",
    "pairs",
    "plural",
    "problems",
    "progress",
    "scope",
    "styled",
    "table",
    "warn",
    "when",
]
