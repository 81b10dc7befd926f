"""The secret that keys hashes of addresses and signs links."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from engine.app.doctor.finding import Finding, ok, problem, warning
from engine.settings import Settings

_SHORTEST = 32


def the_secrets(settings: Settings) -> Iterator[Finding]:
    """Look at the secret, and at who may read the file it stands in."""
    secret = settings.secret.get_secret_value()
    if not secret:
        yield problem("secret", "LIFECYCLE_SECRET is not set", "`lifecycle init` writes one into .env")
    elif len(secret) < _SHORTEST:
        yield warning("secret", f"the secret has {len(secret)} characters", f"take {_SHORTEST} or more, at random")
    else:
        yield ok("secret", "the secret is set; keep it with your backups")
    path = settings.workspace / ".env"
    if path.exists() and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        yield warning("secret", ".env can be read by other users of this machine", "run `chmod 600 .env`")
