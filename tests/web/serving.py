"""The preview's page on a free port, as a browser would ask it."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from urllib.parse import urlsplit

from engine.web.preview import Served, serve
from engine.workspace import load_settings

SECONDS = 60
FRAME = re.compile(r'<iframe (?P<flags>[^>]*?) ?title="[^"]*" src="(?P<src>[^"]+)"')


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str


class Page:
    """Asks the server; `get` takes what comes behind the secret."""

    def __init__(self, served: Served) -> None:
        parts = urlsplit(served.url)
        self.host, self.base = parts.netloc, parts.path

    def ask(self, path: str, *, method: str = "GET", host: str | None = None) -> Answer:
        """Ask for a whole path, as it stands."""
        connection = http.client.HTTPConnection(self.host, timeout=SECONDS)
        try:
            connection.putrequest(method, path, skip_host=True)
            connection.putheader("Host", self.host if host is None else host)
            connection.endheaders()
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(status=answer.status, headers=headers, text=answer.read().decode())
        finally:
            connection.close()

    def get(self, path: str = "") -> str:
        """Return a page that has to be there."""
        answer = self.ask(self.base + path)
        assert answer.status == 200, answer
        return answer.text

    @contextmanager
    def changes(self) -> Iterator[Iterator[str]]:
        """Yield the names of events as they come, after the first that says that we are heard."""
        connection = http.client.HTTPConnection(self.host, timeout=SECONDS)
        connection.request("GET", f"{self.base}changes")
        answer = connection.getresponse()
        lines = (line.decode().strip() for line in answer)
        names = (line.removeprefix("event: ") for line in lines if line.startswith("event: "))
        try:
            assert next(names) == "listening"
            yield names
        finally:
            answer.close()
            connection.close()


@contextmanager
def serving(folder: Path, **variables: str) -> Iterator[Page]:
    """Serve a workspace while a test asks; `variables` are those of its environment."""
    settings = load_settings(
        folder, environment={f"LIFECYCLE_{name.upper()}": text for name, text in variables.items()}
    )
    ready: Queue[Served] = Queue()
    thread = threading.Thread(target=serve, args=(settings,), kwargs={"port": 0, "ready": ready.put})
    thread.start()
    served = ready.get(timeout=SECONDS)
    try:
        yield Page(served)
    finally:
        served.stop()
        thread.join()


def saved(page: Page, path: Path, text: str) -> None:
    """Save a file, and wait until the page has heard of it."""
    with page.changes() as changes:
        path.write_text(text)
        assert next(changes) == "changed"
