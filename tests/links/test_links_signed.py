"""Links that need no login: what a token says, who can make one, and how keys are changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.hashing import address_hash
from engine.links import SAMPLE, Holder, one_click, preferences_url, read_token, token, unsubscribe_url
from engine.settings import Settings

SECRET = "a secret of tests"
HASH = address_hash("ana@example.com", SECRET)
ANA = Holder(customer_id="ana-7", address_hash=HASH, topic="tips")


def settings(*keys: str, secret: str = SECRET, public_url: str = "https://mail.acme.test") -> Settings:
    """Return settings with keys of links, the newest first."""
    return Settings(secret=secret, link_keys=keys, public_url=public_url)


def test_a_token_says_who_holds_it() -> None:
    """It names the customer, the address as a hash and the topic, and holds no address."""
    made = token(settings(), ANA)
    assert read_token(settings(), made) == ANA
    assert "ana@" not in made
    assert len(made) < 200
    assert made == token(settings(), ANA)


@pytest.mark.parametrize(
    ("before", "after", "good"),
    [
        ((), ("new",), True),
        (("old",), ("new", "old"), True),
        (("old",), ("new", "between", "old"), True),
        (("old",), ("new",), False),
        (("old",), (), False),
    ],
)
def test_keys_are_changed_without_breaking_links(
    before: tuple[str, ...], after: tuple[str, ...], *, good: bool
) -> None:
    """A link made by an earlier key is good as long as that key is listed; one made from `secret` always is."""
    made = token(settings(*before), ANA)
    assert (read_token(settings(*after), made) == ANA) is good


def test_the_newest_key_signs() -> None:
    """Once every host has the new key, links are made by it alone."""
    assert read_token(settings("new"), token(settings("new", "old"), ANA)) == ANA


def test_another_installation_cannot_read_it() -> None:
    """What another secret signed is nobody's."""
    assert read_token(settings(secret="other"), token(settings(), ANA)) is None


@given(st.one_of(st.text(), st.binary().map(lambda some: some.decode("latin-1")), st.just(SAMPLE)))
def test_whatever_else_is_written_is_nobodys(text: str) -> None:
    """Nothing that we did not sign is read, and nothing raises."""
    assert read_token(settings(), text) is None


@given(st.integers(min_value=0), st.characters())
def test_no_part_of_a_token_can_be_changed(place: int, sign: str) -> None:
    """One sign changed, and it never says anything else: the customer, the address and the topic are those we wrote."""
    made = token(settings(), ANA)
    at = place % len(made)
    changed = made[:at] + sign + made[at + 1 :]
    assert read_token(settings(), changed) in {None, ANA}


@given(st.text(), st.text(min_size=1))
def test_any_customer_and_topic_fit_into_an_address(customer_id: str, topic: str) -> None:
    """Whatever ids a product has, the link is one word of letters, digits and a few signs."""
    holder = Holder(customer_id=customer_id, address_hash=HASH, topic=topic)
    made = token(settings(), holder)
    assert made.isascii()
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    assert read_token(settings(), made) == holder


def test_where_links_lead() -> None:
    """Both stand below the public address, however it is written."""
    below = settings(public_url="https://acme.test/mail/")
    assert unsubscribe_url(below, "t") == "https://acme.test/mail/u/t"
    assert preferences_url(below, "t") == "https://acme.test/mail/p/t"


@pytest.mark.parametrize(
    ("public_url", "good"),
    [
        ("", False),
        ("https://mail.acme.test", True),
        ("http://mail.acme.test", False),
        ("http://localhost.acme.test", False),
        ("http://localhost:8025", True),
        ("http://127.0.0.1:8025/x", True),
        ("http://[::1]:8025", True),
    ],
)
def test_receivers_demand_https(public_url: str, *, good: bool) -> None:
    """One click needs an address over https; one's own machine is for trying."""
    assert one_click(settings(public_url=public_url)) is good
