"""The sink: listens, hands out what is to go wrong, and remembers what was taken."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from engine.testing.background import Background
from engine.testing.journal import Journal
from engine.testing.smtp_sink.faults import Choice, Fault, Stage, nothing
from engine.testing.smtp_sink.session import Received, Session


@dataclass(kw_only=True)
class SmtpSink:
    """The server; `faults` are used up in order, each at the first time its stage is reached, then `otherwise` goes on.

    `mails` holds what was taken, unless `remembers` is off. `delay` is seconds before the answer to a final dot. What
    it takes is noted in `journal` and told to `listener` before it is answered.
    """

    tls: Literal["starttls", "tls", "none"] = "none"
    context: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    faults: deque[Fault] = field(default_factory=deque)
    otherwise: Choice = nothing
    delay: float = 0.0
    journal: Journal | None = None
    listener: Callable[[Received], None] | None = None
    remembers: bool = True
    port: int = 0
    mails: list[Received] = field(default_factory=list)
    sessions: int = 0
    sessions_open: set[Session] = field(default_factory=set)
    _server: asyncio.AbstractServer | None = None
    _background: Background = field(default_factory=Background)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __enter__(self) -> Self:
        """Start to listen on this machine, by default on a free port."""
        self._background.run(self.listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, dropping every connection."""
        self._background.run(self.close())
        self._background.stop()

    async def listen(self) -> None:
        """Start to listen within a loop that runs."""
        context, loop = self.context if self.tls == "tls" else None, asyncio.get_running_loop()

        def session() -> Session:
            return Session(self, encrypted=context is not None)

        self._server = server = await loop.create_server(session, "127.0.0.1", self.port, ssl=context, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop to listen, and drop what is open."""
        if self._server:
            self._server.close()
        for session in tuple(self.sessions_open):
            session.drop()

    def fault(self, stage: Stage) -> Fault | None:
        """Return what goes wrong at this stage, or None; a fault of another stage waits for its own."""
        if not self.faults:
            return self.otherwise(stage)
        return self.faults.popleft() if self.faults[0].stage == stage else None

    def take(self, mail: Received) -> None:
        """Remember a mail."""
        if self.remembers:
            self.mails.append(mail)
        if self.journal:
            self.journal.note("accepted", mail.send_id)
        if self.listener:
            self.listener(mail)

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run something beside the sessions."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
