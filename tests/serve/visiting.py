"""The public site on a free port over a company's database, as mail programs and browsers ask it."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Queue
from typing import Any
from urllib.parse import urlencode, urlsplit

import sqlalchemy as sa
from sending import FILES, NOW, a_clock

from engine import consent, suppression
from engine.app import App
from engine.db import reading
from engine.hashing import address_hash
from engine.links import Holder, token
from engine.releases.apply import Origin, make_live
from engine.runtime import build
from engine.settings import Settings
from engine.web.serve.server import Served, serve

SECONDS = 60
SECRET = "test"
ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TOPICS = (
    "account: {kind: transactional, title: Your account}\n"
    "billing: transactional\n"
    "sure: transactional\n"
    "tips: {kind: marketing, title: 'Tips & tricks', description: One short note a week.}\n"
    "news: {kind: marketing, title: News, consent: opt-in}\n"
)
WORDS = "stop: Stop\n"
COMPANY: Mapping[str, str] = {
    **FILES,
    "rules/topics.yaml": TOPICS,
    "rules/tip-too.yaml": FILES["rules/tip.yaml"],
    "templates/words/en.yaml": WORDS,
}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass(frozen=True, kw_only=True)
class Site:
    """The site, and what its company knows."""

    app: App
    host: str

    def ask(
        self, method: str, path: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask for a path, as it stands."""
        connection = http.client.HTTPConnection(self.host, timeout=SECONDS)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(status=answer.status, headers=told, text=answer.read().decode())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        """Open a page."""
        return self.ask("GET", path, headers=headers)

    def click(self, path: str, body: str = ONE_CLICK) -> Answer:
        """Post what a mail program posts for a reader who unsubscribes in one click."""
        return self.ask("POST", path, body, FORM)

    def post(self, path: str, **fields: str | list[str]) -> Answer:
        """Post a form as a browser does."""
        return self.ask("POST", path, urlencode(fields, doseq=True), FORM)

    def token(self, customer_id: str = "ana", topic: str = "tips", address: str | None = None) -> str:
        """Return the token of a link in a mail to a customer."""
        hashed = address_hash(address or f"{customer_id}@example.com", SECRET)
        return token(self.app.settings, Holder(customer_id=customer_id, address_hash=hashed, topic=topic))

    def said(self, customer_id: str = "ana") -> dict[str, tuple[str, str]]:
        """Return what a customer said last, by topic: the state and where."""
        with reading(self.app.database) as connection:
            last = consent.latest(connection, [customer_id]).get(customer_id, {})
        return {topic: (each.state, each.source) for topic, each in last.items()}

    def wording(self, topic: str, customer_id: str = "ana") -> str | None:
        """Return the words in which a customer was asked last."""
        with reading(self.app.database) as connection:
            return consent.latest(connection, [customer_id])[customer_id][topic].wording

    def suppressed(self, address: str = "ana@example.com") -> set[str]:
        """Return what an address is suppressed for."""
        key = address_hash(address, SECRET)
        return {each.scope for each in suppression.list_all(self.app.database) if each.address_hash == key}

    def rows(self) -> int:
        """Return how many rows could have been changed by a request."""
        tables = ("consent", "suppression", "audit", "recipient")
        with reading(self.app.database) as connection:
            return sum(connection.execute(sa.text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables)


@contextmanager
def open_site(database: sa.Engine, files: Mapping[str, str] = COMPANY, **settings: Any) -> Iterator[Site]:  # noqa: ANN401 (any setting)
    """Serve the site while a test asks."""
    told = Settings(**{"secret": SECRET, "public_url": "https://mail.acme.test", "provider": "memory", **settings})
    make_live(database, build(files, release_id=1, settings=told), files, origin=Origin(author="eva"), now=NOW)
    app = App(settings=told, database=database, clock=a_clock())
    ready: Queue[Served] = Queue()
    there = {"host": "127.0.0.1", "port": 0, "ready": ready.put}
    thread = threading.Thread(target=serve, args=(app,), kwargs=there)
    thread.start()
    served = ready.get(timeout=SECONDS)
    try:
        yield Site(app=app, host=urlsplit(served.url).netloc)
    finally:
        served.stop()
        thread.join()
