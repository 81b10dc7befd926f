"""The port to whoever carries mail: what is handed over, what comes back, and what a provider must be able to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, kw_only=True)
class Mailbox:
    """An address in its ASCII form, and the name shown beside it."""

    address: str
    name: str = ""

    def __str__(self) -> str:
        """Return `Name <address>`, which `read` reads."""
        return f"{self.name} <{self.address}>" if self.name else self.address

    @classmethod
    def read(cls, written: str) -> Mailbox:
        """Return the mailbox that was written by `str`."""
        name, bracket, address = written.rpartition(" <")
        return cls(address=address.rstrip(">"), name=name) if bracket else cls(address=written)


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One mail to one recipient, complete: what is sent at the first attempt and byte for byte at every later one.

    `headers` holds all but From, To, Reply-To, Subject and Date. `date` is when it was rendered, aware, in UTC.
    """

    send_id: str
    sender: Mailbox
    recipient: Mailbox
    reply_to: Mailbox | None = None
    subject: str
    text: str
    html: str
    date: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    topic: str
    template: str


class Outcome(StrEnum):
    """What an answer means; anything that is none of the others is `unknown`."""

    ACCEPTED = "accepted"
    NOT_SENT = "not sent"
    REFUSED = "refused"
    OUR_FAULT = "our fault"
    SLOW_DOWN = "slow down"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of one request, with the provider's own words.

    `unreachable` says that no connection could be made, so that trying the next message now is useless; `wait` is how
    long the provider asked us to be quiet.
    """

    outcome: Outcome
    words: str = ""
    message_id: str | None = None
    unreachable: bool = False
    wait: timedelta | None = None


class Provider(Protocol):
    """Whoever carries mail. `send` never raises for what a provider, a network or an address can do: it answers."""

    @property
    def name(self) -> str:
        """The word in settings, and the name of its lane."""
        ...

    @property
    def paced(self) -> bool:
        """Whether the rate of settings holds for it; local ones need none."""
        ...

    @property
    def timeout(self) -> float:
        """Seconds after which one `send` has answered, whatever happens."""
        ...

    async def open(self) -> None:
        """Make ready; connections may be made later. Raises ProviderError where it can never work as configured."""
        ...

    async def greet(self) -> Answer:
        """Do all that a mail needs but the mail: connect, encrypt, log in; `accepted` where that works."""
        ...

    async def send(self, envelope: Envelope) -> Answer:
        """Hand over one mail and say what became of it."""
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...


@runtime_checkable
class Records(Protocol):
    """What a provider can do besides that keeps records of what it took, and lets them be asked."""

    async def has(self, send_id: str) -> bool:
        """Say whether it took the mail with this id; raises ProviderError where its records cannot be asked now."""
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...
