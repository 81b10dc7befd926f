"""What the public site keeps to itself, and how it bears whatever is thrown at it."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Iterator
from contextlib import redirect_stderr
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi import FastAPI, Request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sending import add_customer
from serve.visiting import COMPANY, FORM, ONE_CLICK, Site, open_site
from starlette.types import Message

from engine import logs, schema
from engine.db import connect, writing
from engine.web.serve.guard import Guard

LOGO = "logo: {light: 'https://cdn.acme.test/l.png', dark: 'https://dark.acme.test/d.png', width: 120, alt: Acme}\n"
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def test_every_answer_has_the_headers(site: Site) -> None:
    """Found or not, nothing runs, nothing foreign is loaded, no cookie is set, nobody keeps it or is told of it."""
    asked = [("GET", f"/{room}/{each}") for room in ("u", "p") for each in (site.token(), "nobody")]
    asked += [("GET", "/"), ("GET", "/docs"), ("GET", "/openapi.json"), ("PUT", "/u/x"), ("POST", f"/u/{site.token()}")]
    for method, path in asked:
        headers = site.ask(method, path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'"), path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-robots-tag"] == "noindex, nofollow"
        assert not {"set-cookie", "server", "access-control-allow-origin"} & headers.keys()


def test_pages_load_nothing(site: Site) -> None:
    """No script, no address but relative ones, and no style but the one that the policy names."""
    for path in (f"/u/{site.token()}", f"/p/{site.token()}", "/u/nobody"):
        text = site.get(path).text
        assert not re.search(r"<script|\son\w+=|\sstyle=|https?://|url\(", text)
        assert text.count("<style>") == 1


def test_the_logo_is_the_only_picture(database: sa.Engine) -> None:
    """The policy names where the brand's own pictures come from, and the page shows them."""
    add_customer(database, "ana")
    brand = COMPANY["templates/brand.yaml"] + LOGO
    with open_site(database, {**COMPANY, "templates/brand.yaml": brand}) as site:
        page = site.get(f"/u/{site.token()}")
    assert "img-src data: https://cdn.acme.test https://dark.acme.test;" in page.headers["content-security-policy"]
    assert page.text.count("<img") == 2


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    """Who opens a request and falls silent is told so, and lets go of the connection."""
    site, sent = FastAPI(), list[Message]()

    @site.post("/u/x")
    async def posted(request: Request) -> bytes:
        return await request.body()

    async def silent() -> Message:
        return await asyncio.Future()

    async def sending(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/u/x", "raw_path": b"/u/x", "query_string": b"", "headers": []}
    asyncio.run(Guard(site, rooms={"u"}, patience=0)(scope, silent, sending))
    assert [message.get("status") for message in sent] == [408, None]


def test_why_the_site_is_not_ready_is_not_told_to_everybody(site: Site, database: sa.Engine) -> None:
    """The balancer learns that it is not; hosts and paths are nobody's business."""
    with writing(database) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    answer = site.get("/readyz")
    assert (answer.status, answer.text) == (503, '{"ready":false}')
    with writing(database) as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{schema.head()}'")


def test_large_bodies_are_cut_off(site: Site) -> None:
    """Nobody fills the memory."""
    path = f"/u/{site.token()}"
    assert site.click(path, ONE_CLICK + "&x=" + "y" * 20_000).status == 413
    part = '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n' + "y" * 20_000 + "\r\n--b--\r\n"
    assert site.ask("POST", path, part, {"Content-Type": "multipart/form-data; boundary=b"}).status == 413
    assert site.ask("POST", path, "{}", {"Content-Type": "application/json"}).status == 415
    assert site.said() == {}


def test_the_log_holds_no_token(database: sa.Engine) -> None:
    """Whoever reads the log cannot unsubscribe anybody."""
    add_customer(database, "ana")
    written = io.StringIO()
    with redirect_stderr(written), open_site(database) as site:
        logs.configure("json")
        token = site.token()
        for path in (f"/u/{token}", f"/p/{token}?x={token}", f"/{token}", f"/nothing/{token}"):
            site.get(path)
        site.click(f"/u/{token}")
    assert written.getvalue().count('"request"') == 5
    assert token not in written.getvalue()
    assert "/u/..." in written.getvalue()


def test_a_database_that_fails_is_no_success(database: sa.Engine) -> None:
    """The receiver is asked to come again, and a person to try again; nobody sees a trace."""
    add_customer(database, "ana")
    with open_site(database) as site:
        path = f"/u/{site.token()}"
        with writing(database) as connection:
            connection.execute(sa.text("ALTER TABLE consent RENAME TO gone"))
        try:
            answer = site.click(path)
        finally:
            with writing(database) as connection:
                connection.execute(sa.text("ALTER TABLE gone RENAME TO consent"))
        assert answer.status == 503
        assert "Nothing was changed" in answer.text
        assert "retry-after" in answer.headers
        assert "Traceback" not in answer.text
        assert site.click(path).status == 200


BODIES = st.one_of(
    st.binary(max_size=300),
    st.sampled_from([b"unsubscribe", b"save=none", b"save=choice&offered=tips", b"offered=tips&chosen=tips", b"%"]),
)
KINDS = st.sampled_from(
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=b",
        "multipart/form-data; boundary=" + "b" * 100,
        "text/plain",
        "application/x-www-form-urlencoded; charset=utf-16",
        "",
    ]
)
PATHS = st.one_of(
    st.text("abcdefABCDEF0123456789-_.~/%?&=;:@", max_size=60).map(lambda text: f"/{text}"),
    st.sampled_from(["/u/", "/p/", "/u", "/u//", "/p/../u/x", "/u/x/y", "/%2e%2e/u/x", "/u/%00", "/u/%ff", "//u/x"]),
)


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    """A site that many requests are thrown at, over SQLite."""
    path = tmp_path_factory.mktemp("lite") / "lifecycle.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = connect(f"sqlite:///{path}")
    add_customer(engine, "ana")
    with open_site(engine) as site:
        yield site
    engine.dispose()


@given(verb=st.sampled_from(VERBS), path=PATHS, body=BODIES, kind=KINDS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_thrown_at_it(lite: Site, verb: str, path: str, body: bytes, kind: str) -> None:
    """Without a token nothing is ever changed, and no answer is a failure of ours."""
    before = lite.rows()
    answer = lite.ask(verb, path, body, {"Content-Type": kind} if kind else {})
    assert answer.status < 500
    assert "content-security-policy" in answer.headers or answer.status == 400
    assert lite.rows() == before


@given(verb=st.sampled_from(VERBS), room=st.sampled_from("up"), body=BODIES, kind=KINDS)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_with_a_token_only_a_post_changes_anything(lite: Site, verb: str, room: str, body: bytes, kind: str) -> None:
    """Whatever is thrown at a link that works, it answers, and every other verb leaves all as it is."""
    before = lite.rows()
    answer = lite.ask(verb, f"/{room}/{lite.token()}", body, {"Content-Type": kind} if kind else FORM)
    assert answer.status < 500
    assert verb == "POST" or lite.rows() == before
