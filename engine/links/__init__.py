"""Links in mails that need no login: signed tokens that name a customer, an address as a hash, and a topic."""

from engine.links.tokens import SAMPLE, Holder, read_token, token
from engine.links.urls import PREFERENCES, UNSUBSCRIBE, one_click, preferences_url, unsubscribe_url

__all__ = [
    "PREFERENCES",
    "SAMPLE",
    "UNSUBSCRIBE",
    "Holder",
    "one_click",
    "preferences_url",
    "read_token",
    "token",
    "unsubscribe_url",
]
