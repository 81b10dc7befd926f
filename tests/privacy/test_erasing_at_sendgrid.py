"""SendGrid's part of an erasure: told the addresses before they are forgotten here, and again until it answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import web
from sending import claim
from someone import ADDRESS, ID, OLD, an_app, move_in

from engine.app import App, erasing
from engine.db import reading
from engine.errors import LifecycleError
from engine.models.tables import erased
from engine.providers import sendgrid_erasure
from engine.testing.background import Background


@dataclass
class EraseJobs:
    """The route of SendGrid that takes erase jobs: it answers as it is told, and keeps what it was sent."""

    status: int = 202
    seen: list[Any] = field(default_factory=list)
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        """Answer one order."""
        assert request.headers["Authorization"] == "Bearer SG.test"
        self.seen.append(await request.json())
        body = {"job_id": f"job-{len(self.seen)}"} if self.status == 202 else {"errors": [{"message": "no"}]}
        return web.json_response(body, status=self.status)


@pytest.fixture
def sendgrid() -> Iterator[EraseJobs]:
    """A local SendGrid that takes erase jobs."""
    jobs, background = EraseJobs(), Background()
    application = web.Application()
    application.router.add_post("/v3/recipients/erasejob", jobs.take)
    runner = web.AppRunner(application)

    async def listen() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()

    background.run(listen())
    jobs.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield jobs
    background.run(runner.cleanup())
    background.stop()


def a_sender(database: sa.Engine, folder: Path, url: str) -> App:
    """Return a workspace whose mail SendGrid carries."""
    return an_app(database, folder, provider="sendgrid", sendgrid_api_key="SG.test", sendgrid_url=url)


def left(database: sa.Engine) -> list[Any]:
    """Return what erasures under way still hold in clear."""
    with reading(database) as connection:
        return [each for each in connection.scalars(sa.select(erased.c.left)) if each is not None]


def test_sendgrid_erases_every_address(database: sa.Engine, tmp_path: Path, sendgrid: EraseJobs) -> None:
    """Addresses of now and before are named in one order, and the ids of its jobs are told."""
    move_in(database)
    app = a_sender(database, tmp_path, sendgrid.url)
    done = erasing.erase(app, erasing.plan(app, ID))
    assert (done.jobs, done.problem) == (("job-1",), None)
    assert sendgrid.seen == [{"email_addresses": [OLD, ADDRESS]}]
    assert left(database) == []


@pytest.mark.parametrize("status", [401, 429, 500])
def test_what_sendgrid_refuses_is_asked_again(
    database: sa.Engine, tmp_path: Path, sendgrid: EraseJobs, status: int
) -> None:
    """The customer is erased here, no mail leaves, and the addresses are kept until SendGrid has taken them."""
    move_in(database)
    app = a_sender(database, tmp_path, sendgrid.url)
    sendgrid.status = status
    done = erasing.erase(app, erasing.plan(app, ID))
    assert f"SendGrid refused to erase: {status}" in str(done.problem)
    assert claim(database) == ()
    assert [each["addresses"] for each in left(database)] == [[OLD, ADDRESS]]
    sendgrid.status = 202
    again = erasing.erase(app, erasing.plan(app, ADDRESS))
    assert (again.jobs, again.problem) == (("job-2",), None)
    assert left(database) == []


def test_sendgrid_that_cannot_be_reached_is_said(database: sa.Engine, tmp_path: Path) -> None:
    """One sentence says so; without the provider the erasure then comes to its end."""
    move_in(database)
    app = a_sender(database, tmp_path, "http://127.0.0.1:9")
    done = erasing.erase(app, erasing.plan(app, ID))
    assert "SendGrid cannot be reached" in str(done.problem)
    done = erasing.erase(app, erasing.plan(app, ID, provider=False), provider=False)
    assert (done.jobs, done.problem) == ((), None)
    with pytest.raises(LifecycleError, match="was erased"):
        erasing.plan(app, ID)


def test_no_order_is_longer_than_sendgrid_takes() -> None:
    """At most 5,000 addresses and 256 KB an order, and each address in exactly one."""
    addresses = [f"somebody.with.a.long.name.{n:06}@a-long-domain-of-many-words.example.com" for n in range(12_000)]
    orders = sendgrid_erasure.bodies(addresses)
    named = [json.loads(order)["email_addresses"] for order in orders]
    assert [address for order in named for address in order] == addresses
    assert max(map(len, named)) <= 5_000
    assert max(map(len, orders)) <= 256 * 1024
