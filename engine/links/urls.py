"""Where links in mails lead: to `lifecycle serve`, as recipients reach it."""

from __future__ import annotations

from urllib.parse import urlsplit

from engine.settings import Settings

UNSUBSCRIBE = "/u/"
PREFERENCES = "/p/"
_AT_HOME = frozenset({"localhost", "127.0.0.1", "::1"})


def unsubscribe_url(settings: Settings, token: str) -> str:
    """Return the address that unsubscribes by one POST and asks a person who opens it first."""
    return f"{settings.public_url}{UNSUBSCRIBE}{token}"


def preferences_url(settings: Settings, token: str) -> str:
    """Return the address of the page where a customer chooses their mail."""
    return f"{settings.public_url}{PREFERENCES}{token}"


def one_click(settings: Settings) -> bool:
    """Say whether recipients can reach us to unsubscribe: receivers demand https, but on one's own machine."""
    parts = urlsplit(settings.public_url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _AT_HOME)
