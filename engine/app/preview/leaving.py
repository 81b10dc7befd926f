"""Where a preview goes: into files, or to one address."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from engine.app.preview.showing import Preview
from engine.errors import ProviderError, UsageError
from engine.outbox.brakes import redirected
from engine.policy import among, ascii_address
from engine.providers import Answer, Envelope, Mailbox, Outcome, Provider, make
from engine.providers.mime import compose
from engine.settings import Settings


def write(shown: Preview, folder: Path) -> tuple[Path, ...]:
    """Write the HTML, the text and the .eml of a preview into a folder; returns their paths. Raises UsageError."""
    stem = folder / f"{shown.template}.{shown.content.language}"
    paths = tuple(stem.with_name(f"{stem.name}{suffix}") for suffix in (".html", ".txt", ".eml"))
    text = f"Subject: {shown.content.subject}\n\n{shown.content.text}"
    contents = (shown.content.html.encode(), text.encode(), compose(shown.envelope))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{error.filename or folder} cannot be written: {(error.strerror or '').lower()}") from None
    return paths


def send(settings: Settings, shown: Preview, to: str) -> str:
    """Send a preview to one address by the provider of settings; returns what became of it.

    Raises UsageError for what is no address or is not in ONLY_TO, ProviderError where the provider does not take it.
    """
    address = ascii_address(to)
    if address is None:
        raise UsageError(f"{to} is not an email address")
    if settings.only_to and not among(address, settings.only_to):
        raise UsageError(f"{to} is not in ONLY_TO ({', '.join(settings.only_to)}), so nothing was sent")
    provider = make(settings)
    envelope = redirected(_to(shown.envelope, address), settings.redirect_to)
    answer = asyncio.run(_handed_over(provider, envelope))
    if answer.outcome is not Outcome.ACCEPTED:
        raise ProviderError(
            f"{provider.name} did not take the mail ({answer.outcome}): {answer.words or 'no reason given'}"
        )
    return f"Sent to {envelope.recipient.address} by {provider.name}."


def _to(envelope: Envelope, address: str) -> Envelope:
    return replace(envelope, recipient=Mailbox(address=address))


async def _handed_over(provider: Provider, envelope: Envelope) -> Answer:
    await provider.open()
    try:
        return await provider.send(envelope)
    finally:
        await provider.close()
