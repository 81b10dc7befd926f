"""Addresses in emails: UTM parameters, percent-encoding, and facts that are whole addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from jinja2 import Undefined, pass_context
from jinja2.runtime import Context

_SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel"})


class UnsafeAddressError(ValueError):
    """A fact of type url holds something that is no web address."""


@dataclass(frozen=True, kw_only=True)
class Tracking:
    """Which links are ours, and what is added to them."""

    host: str
    campaign: str

    def tagged(self, url: str) -> str:
        """Return an address with its UTM parameters, where it is one of ours; those already there stay."""
        try:
            parts = urlsplit(url)
        except ValueError:  # such as `https://[`, which is no address of ours
            return url
        if parts.scheme not in {"http", "https"} or parts.netloc.lower() != self.host:
            return url
        there = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
        added = urlencode([pair for pair in self._parameters() if pair[0] not in there])
        return parts._replace(query="&".join(filter(None, (parts.query, added)))).geturl()

    def _parameters(self) -> tuple[tuple[str, str], ...]:
        return ("utm_source", "lifecycle"), ("utm_medium", "email"), ("utm_campaign", self.campaign)


def _encode(value: Any) -> str:  # noqa: ANN401 (values of events have no declared type)
    return quote(str(value), safe="")


def _address(value: Any) -> str:  # noqa: ANN401 (as above)
    if isinstance(value, Undefined):
        str(value)
    url = str(value).strip()
    scheme = url.partition(":")[0].lower() if ":" in url else ""
    if scheme not in _SAFE_SCHEMES or any(sign.isspace() or ord(sign) < ord(" ") for sign in url):
        raise UnsafeAddressError("a fact of type url does not hold a web address")
    return url


@pass_context
def _link(context: Context, value: Any) -> str:  # noqa: ANN401 (as above)
    tracking: Tracking = context["_tracking"]
    return tracking.tagged(_address(value))


INTERNAL_FILTERS = {"_encode": _encode, "_address": _address, "_link": _link}
