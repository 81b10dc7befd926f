"""Structured logs on standard error: lines for people in a terminal, JSON for programs elsewhere.

Nothing personal is logged: ids of rules, counts and send ids, never an address or a name.
"""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog

Format = Literal["auto", "console", "json"]


def configure(style: Format) -> None:
    """Send every log line, our own and the libraries' warnings, to standard error in one style."""
    terminal = sys.stderr.isatty()
    readable = style == "console" or (style == "auto" and terminal)
    last = _console(terminal) if readable else structlog.processors.JSONRenderer()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info if not readable else _as_is,
    ]
    structlog.configure(
        processors=[*shared, last],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    _route_libraries(shared, last)


def _console(colors: bool) -> structlog.dev.ConsoleRenderer:  # noqa: FBT001 (structlog's own word)
    """Return lines for people; a traceback is plain, since the usual one shows what variables held."""
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)


def _as_is(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return event


def _route_libraries(shared: list[structlog.typing.Processor], last: structlog.typing.Processor) -> None:
    handler = logging.StreamHandler(sys.stderr)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # That a stage still runs at its next time is what happens under load, and no reason to warn at every tick.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
