"""Addresses: UTM parameters, percent-encoding, and facts that are whole addresses."""

from __future__ import annotations

import html
import re

import pytest
from rendering.workshop import render

from engine.rendering import RenderError

UTM = "utm_source=lifecycle&utm_medium=email&utm_campaign=mail"
LINKS = {
    "ours": ("{{ brand.url }}/a", f"https://tide.example/a?{UTM}"),
    "ours, written out": ("https://tide.example", f"https://tide.example?{UTM}"),
    "ours, with a query": ("{{ brand.url }}/a?b=c", f"https://tide.example/a?b=c&{UTM}"),
    "ours, with a fragment": ("{{ brand.url }}/a#b", f"https://tide.example/a?{UTM}#b"),
    "a parameter of its own": (
        "{{ brand.url }}/a?utm_campaign=x", "https://tide.example/a?utm_campaign=x&utm_source=lifecycle&utm_medium=email"),
    "another's": ("https://other.example/a", "https://other.example/a"),
    "one that looks like ours": ("https://tide.example.evil.example/a", "https://tide.example.evil.example/a"),
    "a telephone": ("tel:+46123", "tel:+46123"),
    "a value in the path": ("{{ brand.url }}/{{ account.name }}", f"https://tide.example/A%26B%2F%3F%20%C3%A9?{UTM}"),
    "a value in the query": (
        "{{ brand.url }}/?a={{ account.name }}&b=c",
        f"https://tide.example/?a=A%26B%2F%3F%20%C3%A9&b=c&{UTM}",
    ),
    "a number": ("{{ brand.url }}/{{ account.seats }}", f"https://tide.example/12?{UTM}"),
    "a whole address of ours": ("{{ account.portal }}", f"https://tide.example/p?q=1&{UTM}"),
    "an address that goes on": (
        "{{ account.portal }}&r={{ account.name }}",
        "https://tide.example/p?q=1&r=A%26B%2F%3F%20%C3%A9",
    ),
    "the way out": ("{{ links.unsubscribe }}", "https://tide.example/u?t=1"),
}  # fmt: skip
FACTS = {
    "account": {"name": "A&B/? é", "seats": 12, "portal": "https://tide.example/p?q=1"},
    "links": {"unsubscribe": "https://tide.example/u?t=1"},
}


@pytest.mark.parametrize(("written", "read"), LINKS.values(), ids=LINKS)
def test_links(written: str, read: str) -> None:
    """A link reads the same in HTML, in text and in a part, and nothing in a fact can leave its place."""
    for body in (f"[Go]({written})", f"::: button [Go]({written})"):
        mail = render(body, FACTS)
        address = re.search(r'href="([^"]*)"', mail.html.partition("<body")[2])
        assert address is not None
        assert html.unescape(address[1]) == read
        assert read in mail.text


@pytest.mark.parametrize("portal", ["javascript:alert(1)", " data:text/html,x", "//a.example", "x", "https://a\nb"])
def test_facts_that_are_no_addresses(portal: str) -> None:
    """A fact of type url that holds no web address stops the mail, and does not show what it held."""
    with pytest.raises(RenderError, match="does not hold a web address") as caught:
        render("[Go]({{ account.portal }})", {"account": {"portal": portal}})
    assert portal not in str(caught.value)


def test_an_address_in_the_text_of_a_layout_is_one_too() -> None:
    """Addresses that are only written, not linked, get the same parameters in the text part."""
    assert f"at https://tide.example/a?{UTM}." in render("Read on at {{ brand.url }}/a.").text
