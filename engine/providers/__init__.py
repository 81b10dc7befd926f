"""Who carries mail: one module each, behind the port in `base`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from engine.errors import SettingsError
from engine.links import one_click
from engine.providers.base import Answer, Envelope, Mailbox, Outcome, Provider, Records
from engine.settings import ProviderName, Settings

__all__ = ["Answer", "Envelope", "Mailbox", "Outcome", "Provider", "Records", "allows_marketing", "make"]


def make(settings: Settings) -> Provider:
    """Return the provider that settings name, not yet opened.

    Raises SettingsError where a setting it needs is missing.
    """
    return _MAKERS[settings.provider](settings)


def allows_marketing(settings: Settings) -> bool:
    """Say whether mail of marketing topics can leave: by a real provider only with links that unsubscribe."""
    return settings.provider in {"files", "memory"} or one_click(settings)


def _files(settings: Settings) -> Provider:
    from engine.providers.files import FilesProvider

    return FilesProvider(folder=Path(settings.workspace) / settings.outbox_folder)


def _memory(settings: Settings) -> Provider:  # noqa: ARG001 (one signature for all makers)
    from engine.providers.memory import MemoryProvider

    return MemoryProvider()


def _smtp(settings: Settings) -> Provider:
    from engine.providers.smtp import SmtpProvider

    return SmtpProvider(
        host=settings.smtp_host,
        port=settings.smtp_port,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
        tls=settings.smtp_tls,
        timeout=settings.smtp_timeout,
    )


def _sendgrid(settings: Settings) -> Provider:
    from engine.providers.sendgrid import SendGridProvider

    key = settings.sendgrid_api_key.get_secret_value()
    if not key:
        raise SettingsError("provider is sendgrid and there is no key; set LIFECYCLE_SENDGRID_API_KEY")
    return SendGridProvider(
        api_key=key,
        base_url=settings.sendgrid_url,
        timeout=settings.sendgrid_timeout,
        connections=settings.connections,
    )


_MAKERS: Mapping[ProviderName, Callable[[Settings], Provider]] = {
    "files": _files,
    "memory": _memory,
    "smtp": _smtp,
    "sendgrid": _sendgrid,
}
