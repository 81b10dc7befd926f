"""The public address, under which recipients reach `lifecycle serve`."""

from __future__ import annotations

import http.client
import json
import urllib.request
from collections.abc import Iterator
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from engine.app.doctor.finding import Finding, ok, problem, warning
from engine.settings import Settings

_PATIENCE = 10.0
_HERE = {"localhost", "127.0.0.1", "::1"}


def the_public_url(settings: Settings) -> Iterator[Finding]:
    """Ask the public address whether this engine answers there."""
    url = settings.public_url
    if not url:
        yield warning("public url", "public_url is not set", "marketing mail needs it: see docs/consent.md")
        return
    if urlsplit(url).scheme != "https" and urlsplit(url).hostname not in _HERE:
        yield problem("public url", f"{url} is not https, which one-click unsubscribe demands", "put TLS before it")
    yield _asked(f"{url}/healthz")


def _asked(url: str) -> Finding:
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as response:  # noqa: S310 (https or http, checked by settings)
            ours = json.loads(response.read(1000)).get("engine") == "lifecycle"
    except HTTPError as error:
        return problem("public url", f"{url} answers {error.code}", "is it `lifecycle serve` that answers there?")
    except (URLError, OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        return problem("public url", f"{url} cannot be reached ({reason})", "start `lifecycle serve` behind it")
    except (ValueError, AttributeError):
        ours = False
    if ours:
        return ok("public url", f"{url.removesuffix('/healthz')} is answered by this engine")
    return problem("public url", f"something else answers at {url}", "start `lifecycle serve` behind it")
