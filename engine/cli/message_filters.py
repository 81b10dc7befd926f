"""The filters that every command about messages shares."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

if TYPE_CHECKING:
    from engine.app.messages import Chosen

PANEL = "Which messages"


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What was said on the command line about which messages are meant."""

    status: str | None = None
    rule: str | None = None
    customer: str | None = None
    topic: str | None = None
    template: str | None = None
    provider: str | None = None
    since: str | None = None
    until: str | None = None

    def chosen(self, zone: str, *, ids: tuple[str, ...] = (), limit: int | None = None) -> Chosen:
        """Return the choice they make, times being in a zone; raises UsageError for what is no time."""
        from engine.app.messages import Chosen
        from engine.cli.instants import instant, last_instant

        return Chosen(
            ids=ids,
            status=self.status,
            rule=self.rule,
            customer=self.customer,
            topic=self.topic,
            template=self.template,
            provider=self.provider,
            since=instant(self.since, zone) if self.since else None,
            until=last_instant(self.until, zone) if self.until else None,
            limit=limit,
        )


def _option(words: str, **more: Any) -> Any:  # noqa: ANN401 (typer's own)
    return Annotated[str | None, typer.Option(help=words, rich_help_panel=PANEL, **more)]


OPTIONS = {
    "status": _option("Only queued, sent, in_doubt, skipped, ..."),
    "rule": _option("Only of one rule."),
    "customer": _option("Only to one customer, by id or address."),
    "topic": _option("Only of one topic."),
    "template": _option("Only one email, such as welcome."),
    "provider": _option("Only what was handed to one provider."),
    "since": _option("Only what changed its status at or after this date or time.", metavar="TIME"),
    "until": _option("Only what changed its status until this time, or the end of this date.", metavar="TIME"),
}


def filtered(function: Callable[..., None]) -> Callable[..., None]:
    """Let a command that takes `filters: Filters` be called with one option for each."""
    hints = get_type_hints(function, include_extras=True)
    given = list(inspect.signature(function).parameters.values())
    own = [each.replace(annotation=hints[each.name]) for each in given if each.name != "filters"]
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=None)
        for name, kind in OPTIONS.items()
    ]

    @functools.wraps(function)
    def run(*arguments: Any, **values: Any) -> None:  # noqa: ANN401 (whatever it takes)
        said = {name: values.pop(name) for name in OPTIONS}
        function(*arguments, filters=Filters(**said), **values)

    positional = [each for each in own if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    keywords = [each for each in own if each.kind is inspect.Parameter.KEYWORD_ONLY]
    parameters = [*positional, *options, *keywords]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run
