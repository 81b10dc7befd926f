"""Who a mail is from, and the headers that tell receivers what kind of mail it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr

from engine.providers import Mailbox
from engine.rendering.brand import Brand
from engine.rules.model import Topic
from engine.subjects.context import unsubscribe_by_mail

_NOT_LABEL = re.compile(r"[^A-Za-z0-9-]+")
_SENDER_ID = (5, 15)


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
    name, address = brand.sender
    sender = Mailbox(address=address, name=name)
    if topic.sender:
        name, address = parseaddr(topic.sender)
        sender = Mailbox(address=address, name=name or sender.name)
    answers = topic.reply_to or brand.reply_to
    return From(sender=sender, reply_to=Mailbox(address=parseaddr(answers)[1]) if answers else None)


def links(topic: Topic, by: From) -> dict[str, str]:
    """Return the links a mail of this topic may show."""
    return {"unsubscribe": unsubscribe_by_mail(by.answers, topic.name)} if topic.kind == "marketing" else {}


def headers(topic: Topic, by: From, *, send_id: str, template: str) -> Mapping[str, str]:
    """Return all headers but those of the envelope itself; nothing in them is about the customer."""
    domain = by.sender.address.rpartition("@")[2]
    told = {
        "Message-ID": f"<{send_id}@{domain}>",
        "List-Id": f"<{_label(topic.name)}.{domain}>",
        "Feedback-ID": f"{_label(template)}:{_label(topic.name)}:lifecycle:{_sender_id(domain)}",
        "Auto-Submitted": "auto-generated",
    }
    leave = links(topic, by).get("unsubscribe")
    return told | ({"List-Unsubscribe": f"<{leave}>"} if leave else {})


def _label(word: str) -> str:
    return _NOT_LABEL.sub("-", word).strip("-") or "mail"


def _sender_id(domain: str) -> str:
    """Return a name for Feedback-ID that is the same for all mail of a domain, 5 to 15 characters long."""
    shortest, longest = _SENDER_ID
    return _NOT_LABEL.sub("", domain.replace(".", ""))[:longest].ljust(shortest, "0")
