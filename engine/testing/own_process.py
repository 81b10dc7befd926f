"""A server of this machine as a process of its own: how it runs there, and how another process starts it."""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager


def serve(listen: Callable[[], Awaitable[None]], close: Callable[[], Awaitable[None]], url: Callable[[], str]) -> None:
    """Listen, print the URL, and close at SIGTERM or Ctrl-C."""

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await listen()
        sys.stdout.write(f"{url()}\n")
        sys.stdout.flush()
        await stop.wait()
        await close()

    asyncio.run(run())


@contextmanager
def running(module: str, *options: str) -> Iterator[str]:
    """Run `python -m MODULE OPTIONS` for a while; yields the URL it prints."""
    command = [sys.executable, "-m", module, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own module)
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def milliseconds(text: str) -> float:
    """Read `30ms` as seconds, for an option."""
    found = re.fullmatch(r"(\d+)ms", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no time, such as 30ms")
    return int(found[1]) / 1000
