"""Turns of ours and theirs over the same queue and the same sink."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.sending_processes import Program
from benchmarks.sending_queues import Queue

from engine.clock import monotonic

SINKS = ("sendgrid over TLS", "sendgrid after 30 ms", "SMTP")
_DELAYS = {"sendgrid over TLS": "0", "sendgrid after 30 ms": "0.03", "SMTP": "0"}
CONNECTIONS, MANY_CONNECTIONS = 32, 128
FEW = 60
"""How many mails the slow ones send in a turn."""
Side = Callable[[], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Turns:
    """Mails a second of both, turn by turn; `figures` are of our last turn."""

    ours: list[float]
    theirs: list[float]
    figures: dict[str, Any] = field(default_factory=dict)
    connections: int = CONNECTIONS

    @property
    def ratio(self) -> float:
        """How many times theirs ours is, in the middle turn."""
        return median(one / other for one, other in zip(self.ours, self.theirs, strict=True))

    @property
    def our_rate(self) -> float:
        """Our mails a second in the middle turn."""
        return median(self.ours)

    @property
    def their_rate(self) -> float:
        """Their mails a second in the middle turn."""
        return median(self.theirs)


class Bench:
    """A sink and the programs that send to it."""

    def __init__(self, stack: ExitStack, queue: Queue, sink: str) -> None:
        self._stack, self._queue = stack, queue
        self.kind = "smtp" if sink == "SMTP" else "sendgrid"
        certificate = "" if self.kind == "smtp" else str(queue.folder / "server.pem")
        self.sink = stack.enter_context(Program("sending_sinks", self.kind, _DELAYS[sink], certificate))
        self.port = str(self.sink.ready["port"])

    def worker(self, name: str, connections: int = CONNECTIONS, *more: str) -> Program:
        """Start a worker over the queue."""
        queue = self._queue
        trusts = str(queue.folder / "authority.pem")
        given = (queue.url, queue.mails, self.kind, self.port, str(connections), trusts, *more)
        return self._stack.enter_context(Program(name, *given))

    def other(self, name: str, *more: str) -> Program:
        """Start a program that has no part in the queue."""
        trusts = str(self._queue.folder / "authority.pem")
        return self._stack.enter_context(Program(name, self._queue.mails, self.port, *more, SSL_CERT_FILE=trusts))

    def turn(self, *workers: Program) -> tuple[float, dict[str, Any]]:
        """Send the whole queue with these workers; returns mails a second and the figures of the first."""
        queue = self._queue
        queue.again()
        self.sink.ask()
        began = monotonic()
        for worker in workers:
            worker.tell("run")
        said = [worker.answer() for worker in workers]
        seconds = monotonic() - began
        taken = self.sink.ask()
        queue.check()
        if not taken["mails"] == taken["different"] == queue.count:
            raise RuntimeError(f"{queue.count} were due, and the sink has {taken}")
        return queue.count / seconds, {**said[0], "connections": taken["connections"]}


def turns_with_hand(queue: Queue, sink: str, pairs: int) -> Turns:
    """Let ours and the pipeline by hand send the queue in turns."""
    with ExitStack() as stack:
        sides = []
        for name in ("sending_ours", "sending_by_hand"):
            bench = Bench(stack, queue, sink)
            worker = bench.worker(name)
            bench.turn(worker)
            sides.append((bench, worker))
        both = [tuple(bench.turn(worker) for bench, worker in sides) for _ in range(pairs)]
    ours, theirs = ([turn[side] for turn in both] for side in (0, 1))
    figures = {**ours[-1][1], "processor": _least(ours), "their processor": _least(theirs)}
    return Turns(ours=[rate for rate, _ in ours], theirs=[rate for rate, _ in theirs], figures=figures)


def _least(turns: list[tuple[float, dict[str, Any]]]) -> float:
    return min(float(said["processor"]) for _, said in turns)


def turns_with_loop(queue: Queue, sink: str, pairs: int) -> Turns:
    """Let ours, with many connections, and a loop around `SendGridAPIClient.send` take turns."""
    return _with_other(queue, sink, pairs, "sending_loop", FEW, connections=MANY_CONNECTIONS)


def turns_with_post_office(queue: Queue, sink: str, pairs: int) -> Turns:
    """Let ours and django-post_office take turns."""
    return _with_other(queue, sink, pairs, "sending_post_office", FEW * 5, str(queue.folder))


def _with_other(
    queue: Queue, sink: str, pairs: int, name: str, count: int, *more: str, connections: int = CONNECTIONS
) -> Turns:
    ours, theirs = [], []
    with ExitStack() as stack:
        bench = Bench(stack, queue, sink)
        worker, other = bench.worker("sending_ours", connections), bench.other(name, *more)
        bench.turn(worker)
        for _ in range(pairs):
            ours.append(bench.turn(worker)[0])
            theirs.append(count / other.ask(str(count))["seconds"])
    return Turns(ours=ours, theirs=theirs, connections=connections)


def two_workers(queue: Queue, connections: int, pairs: int) -> Turns:
    """Let two workers of ours, and then one of them, send the queue."""
    with ExitStack() as stack:
        bench = Bench(stack, queue, "sendgrid after 30 ms")
        both = [bench.worker("sending_ours", connections) for _ in range(2)]
        bench.turn(*both)
        turns = [(bench.turn(*both)[0], bench.turn(both[0])[0]) for _ in range(pairs)]
    return Turns(ours=[two for two, _ in turns], theirs=[one for _, one in turns], connections=connections)


def memory(queue: Queue, sent: int = 3_000) -> float:
    """Return the megabytes that a worker had at most, when it had sent so many."""
    with ExitStack() as stack:
        bench = Bench(stack, queue, "sendgrid over TLS")
        said = bench.worker("sending_ours", CONNECTIONS, str(sent)).ask("run")
    queue.check(min(sent, queue.count))
    return float(said["memory"])
