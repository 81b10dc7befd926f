"""Who a mail is from, and the headers that tell receivers what kind of mail it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from functools import lru_cache

from engine.links import SAMPLE, Holder, preferences_url, token, unsubscribe_url
from engine.providers import Mailbox
from engine.rendering.brand import Brand
from engine.rules.model import Topic
from engine.settings import Settings
from engine.subjects.context import unsubscribe_by_mail

_NOT_LABEL = re.compile(r"[^A-Za-z0-9-]+")
_SENDER_ID = (5, 15)
ONE_CLICK = "List-Unsubscribe=One-Click"
"""What a receiver posts for a reader who unsubscribes in one click."""


@dataclass(frozen=True, kw_only=True)
class From:
    """Who writes and where answers go."""

    sender: Mailbox
    reply_to: Mailbox | None = None

    @property
    def answers(self) -> str:
        """The address that reads answers."""
        return (self.reply_to or self.sender).address


def who_writes(topic: Topic, brand: Brand) -> From:
    """Return a topic's own sender and reply-to, else the brand's."""
    return _who_writes(*brand.sender, topic.sender or "", topic.reply_to or brand.reply_to or "")


@lru_cache
def _who_writes(name: str, address: str, own: str, answers: str) -> From:
    sender = Mailbox(address=address, name=name)
    if own:
        name, address = parseaddr(own)
        sender = Mailbox(address=address, name=name or sender.name)
    return From(sender=sender, reply_to=Mailbox(address=parseaddr(answers)[1]) if answers else None)


def links(topic: Topic, by: From, settings: Settings, holder: Holder | None = None) -> dict[str, str]:
    """Return the links that a mail of this topic may show to its reader; those of nobody open nothing.

    Where recipients cannot reach us, the way out is a mail.
    """
    if topic.kind != "marketing":
        return {}
    if not settings.public_url:
        return {"unsubscribe": unsubscribe_by_mail(by.answers, topic.name)}
    held = token(settings, holder) if holder else SAMPLE
    return {"unsubscribe": unsubscribe_url(settings, held), "preferences": preferences_url(settings, held)}


def headers(topic: Topic, by: From, shown: Mapping[str, str], *, send_id: str, template: str) -> Mapping[str, str]:
    """Return all headers but those of the envelope itself; of the customer they hold the token of the links shown."""
    domain = by.sender.address.rpartition("@")[2]
    told = {
        "Message-ID": f"<{send_id}@{domain}>",
        "List-Id": f"<{_label(topic.name)}.{domain}>",
        "Feedback-ID": f"{_label(template)}:{_label(topic.name)}:lifecycle:{_sender_id(domain)}",
        "Auto-Submitted": "auto-generated",
    }
    return told | _ways_out(topic, by, shown["unsubscribe"]) if "unsubscribe" in shown else told


def _ways_out(topic: Topic, by: From, url: str) -> dict[str, str]:
    """Return the headers of RFC 2369 and, where one click is enough, of RFC 8058."""
    by_mail = unsubscribe_by_mail(by.answers, topic.name)
    if url == by_mail:
        return {"List-Unsubscribe": f"<{by_mail}>"}
    return {"List-Unsubscribe": f"<{url}>, <{by_mail}>", "List-Unsubscribe-Post": ONE_CLICK}


@lru_cache
def _label(word: str) -> str:
    return _NOT_LABEL.sub("-", word).strip("-") or "mail"


@lru_cache
def _sender_id(domain: str) -> str:
    """Return a name for Feedback-ID that is the same for all mail of a domain, 5 to 15 characters long."""
    shortest, longest = _SENDER_ID
    return _NOT_LABEL.sub("", domain.replace(".", ""))[:longest].ljust(shortest, "0")
