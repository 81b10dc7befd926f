"""What monitoring asks, answered beside another command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.app import App
    from engine.daemon import Watcher


@contextmanager
def watched(app: App, port: int) -> Iterator[Watcher]:
    """Answer /healthz, /readyz and /metrics at a port while the block runs, where it is not 0; yields who counts."""
    from engine.daemon import unwatched

    if not port:
        yield unwatched
        return
    import structlog

    from engine.web.health import Meter, beside

    meter = Meter(app)
    with beside(app, meter, host=app.settings.health_host, port=port) as address:
        structlog.get_logger("lifecycle").info("answering monitoring", address=address)
        yield meter.watch
