"""The `memory` provider: keeps what it was given, and answers as told; for tests, dry runs and simulations."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.providers.base import Answer, Envelope, Outcome

ACCEPTED = Answer(outcome=Outcome.ACCEPTED)


@dataclass(kw_only=True)
class MemoryProvider:
    """`sent` holds accepted mails in order, `seen` every request; `faults` are answered first, one a request."""

    name: str = "memory"
    paced: bool = False
    timeout: float = 1.0
    faults: deque[Answer] = field(default_factory=deque)
    sent: list[Envelope] = field(default_factory=list)
    seen: list[Envelope] = field(default_factory=list)
    is_open: bool = False

    def fail_with(self, answers: Iterable[Answer]) -> None:
        """Answer the next requests so."""
        self.faults.extend(answers)

    async def open(self) -> None:
        """Make ready."""
        self.is_open = True

    async def greet(self) -> Answer:
        """Always be there."""
        return ACCEPTED

    async def send(self, envelope: Envelope) -> Answer:
        """Keep one mail, or answer with the next fault."""
        self.seen.append(envelope)
        answer = self.faults.popleft() if self.faults else ACCEPTED
        if answer.outcome is Outcome.ACCEPTED:
            self.sent.append(envelope)
        return answer

    async def close(self) -> None:
        """Let go."""
        self.is_open = False
