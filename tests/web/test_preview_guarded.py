"""What the preview's page keeps to itself: who is let in, and what a browser may do with what it gets."""

from __future__ import annotations

import re

import pytest
from web.serving import Page

PATHS = (
    "",
    "email/welcome",
    "email/nothing",
    "mail/nothing/light",
    "mail/nothing/pink",
    "people",
    "people?words=" + "a" * 300,
    "assets/page.css",
    "assets/page.js",
    "assets/mark.svg",
    "assets/nothing",
    "nothing",
    "docs",
    "openapi.json",
)


def test_every_answer_has_the_headers(page: Page) -> None:
    """Whatever is asked for, found or not, nothing runs in it that is not ours, and nobody keeps it."""
    for whole in (*(page.base + path for path in PATHS), "/", "/favicon.ico", "/wrong/"):
        headers = page.ask(whole).headers
        assert headers["content-security-policy"].startswith("default-src 'none'"), whole
        assert "unsafe-inline" not in headers["content-security-policy"], whole
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers


def test_the_page_has_no_script_or_style_of_its_own_in_it(page: Page) -> None:
    """Its policy would stop them anyway."""
    for path in ("", "email/welcome", "email/nothing"):
        text = page.get(path) if path != "email/nothing" else page.ask(page.base + path).text
        assert not re.search(r"<script(?! src=)|<style|\son\w+=|\sstyle=", text)


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1", "localhost", "localhost:1", "127.0.0.1.evil.test", ""])
def test_only_this_machines_own_names_are_answered(page: Page, host: str) -> None:
    """A foreign name that leads here (DNS rebinding) sees nothing, though it knows the secret."""
    answer = page.ask(page.base, host=host)
    assert answer.status in {400, 421}
    assert "Tidepool" not in answer.text
    assert page.ask(page.base, host=page.host.replace("127.0.0.1", "localhost")).status == 200


@pytest.mark.parametrize("path", ["/", "/email/welcome", "/wrong/", "/wrong/email/welcome", "//", "/\u00e9/"])
def test_without_the_secret_there_is_nothing(page: Page, path: str) -> None:
    """Other users of the machine see no customer."""
    answer = page.ask(path.encode("ascii", "backslashreplace").decode())
    assert (answer.status, answer.text) == (404, "Not Found")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"])
def test_nothing_can_be_changed(page: Page, method: str) -> None:
    """Only reading is answered."""
    assert page.ask(f"{page.base}email/welcome", method=method).status == 405


@pytest.mark.parametrize(
    "path",
    [
        "assets/../server.py",
        "assets/..%2Fserver.py",
        "assets/%2e%2e%2f%2e%2e%2fserver.py",
        "assets//etc/passwd",
        "email/..%2F..%2Flifecycle",
        "email/../../lifecycle.yaml",
        "mail/..%2f..%2f/light",
        "../lifecycle.yaml",
        "assets/page.css%00",
    ],
)
def test_no_path_leads_out(page: Page, path: str) -> None:
    """Names are looked up in tables, never in folders."""
    answer = page.ask(page.base + path)
    assert answer.status == 404
    assert "root:" not in answer.text
