"""SendGrid's erasure of recipients: what it keeps of mail to an address, deleted on its side."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence

import aiohttp

from engine.errors import ProviderError

PATH = "/v3/recipients/erasejob"
MOST_ADDRESSES = 5_000
MOST_BYTES = 256 * 1024
_ACCEPTED = 202
_LONGEST_WORDS = 300
_ADDRESS = re.compile(r"[^\s\"'<>]+@[^\s\"'<>]+")
"""What is left out of SendGrid's words, which go to logs too."""


def erase(addresses: Sequence[str], *, api_key: str, base_url: str, timeout: float) -> tuple[str, ...]:
    """Ask SendGrid to erase what it knows of these addresses; returns the ids of its jobs. `timeout` is in seconds.

    Asking again does no harm. Raises ProviderError in one sentence where it does not take the order.
    """
    return asyncio.run(_erase(addresses, api_key, base_url.rstrip("/") + PATH, timeout))


async def _erase(addresses: Sequence[str], api_key: str, url: str, timeout: float) -> tuple[str, ...]:  # noqa: ASYNC109 (aiohttp's)
    headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
    limit = aiohttp.ClientTimeout(total=timeout)
    try:
        async with aiohttp.ClientSession(headers=headers, timeout=limit) as session:
            return tuple([await _order(session, url, body) for body in bodies(addresses)])
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise ProviderError(f"SendGrid cannot be reached ({str(error) or type(error).__name__})") from None


async def _order(session: aiohttp.ClientSession, url: str, body: bytes) -> str:
    async with session.post(url, data=body, allow_redirects=False) as response:
        text = (await response.content.read(65536)).decode("utf-8", "replace")
        if response.status != _ACCEPTED:
            words = _ADDRESS.sub("…", text).strip()[:_LONGEST_WORDS]
            raise ProviderError(f"SendGrid refused to erase: {response.status} {words}".strip())
        try:
            return str(json.loads(text)["job_id"])
        except (ValueError, LookupError, TypeError):
            return "unnamed"


def bodies(addresses: Sequence[str]) -> list[bytes]:
    """Return the bodies of the requests that name all these addresses, none longer than SendGrid takes."""
    made: list[bytes] = []
    some: list[str] = []
    size = 0
    for address in addresses:
        length = len(json.dumps(address)) + 2
        if some and (len(some) == MOST_ADDRESSES or size + length > MOST_BYTES - 64):
            made.append(_body(some))
            some, size = [], 0
        some.append(address)
        size += length
    return [*made, _body(some)] if some else made


def _body(addresses: Sequence[str]) -> bytes:
    return json.dumps({"email_addresses": list(addresses)}).encode()
