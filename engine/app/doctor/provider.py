"""The provider: reachable, and it knows us."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from engine import providers
from engine.app.doctor.finding import Finding, ok, problem, warning
from engine.errors import LifecycleError
from engine.providers import Answer, Outcome
from engine.settings import Settings

_NOWHERE = {"files": "mails are written into a folder and nobody gets them", "memory": "mails are thrown away"}


def the_provider(settings: Settings) -> Iterator[Finding]:
    """Log in where mail would leave, and send nothing."""
    try:
        answer = asyncio.run(_greeted(settings))
    except LifecycleError as error:
        yield problem("provider", str(error))
        return
    if answer.outcome is not Outcome.ACCEPTED:
        yield problem("provider", f"{settings.provider}: {answer.words}")
    elif settings.provider in _NOWHERE:
        words = f"{settings.provider}: {_NOWHERE[settings.provider]}"
        yield warning("provider", words, "set provider to smtp or sendgrid")
    else:
        yield ok("provider", answer.words)
    yield from _feedback(settings)
    yield from _brakes(settings)


def _feedback(settings: Settings) -> Iterator[Finding]:
    """Say where nobody would hear of bounces and complaints, and so write to them again."""
    if settings.provider == "sendgrid" and not settings.sendgrid_webhook_key:
        words = "sendgrid_webhook_key is not set: bounces and complaints are not heard of"
        yield warning("feedback", words, "set up the Event Webhook, see docs/feedback.md")
    if settings.provider == "smtp" and settings.bounces is None:
        yield warning("feedback", "bounces is not set: bounces are not heard of", "see docs/feedback.md")


async def _greeted(settings: Settings) -> Answer:
    provider = providers.make(settings)
    await provider.open()
    try:
        return await provider.greet()
    finally:
        await provider.close()


def _brakes(settings: Settings) -> Iterator[Finding]:
    if settings.only_to:
        yield warning("brake", f"mail goes to {', '.join(settings.only_to)} alone", "unset only_to for everybody")
    if settings.redirect_to:
        yield warning("brake", f"all mail goes to {settings.redirect_to}", "unset redirect_to for everybody")
