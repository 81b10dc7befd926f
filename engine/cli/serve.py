"""`lifecycle serve`: the public site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.monitoring import watched
from engine.cli.shell import Shell, command

if TYPE_CHECKING:
    from engine.web.serve.server import Served

HOST, PORT = "127.0.0.1", 8025


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "serve")(serve)


def serve(
    shell: Shell,
    *,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 is every one of this machine.")] = HOST,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 is any that is free.")] = PORT,
    health_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Answer /healthz, /readyz and /metrics at this port, too; 0: not.")
    ] = 0,
) -> None:
    """Serve what recipients reach from their mail.

    One-click unsubscribe and the preference centre, at the addresses that mails name by `public_url`.
    Let a server with https pass requests on to it. SIGTERM and Ctrl-C end it when what came in is answered.
    """
    import structlog

    from engine import logs
    from engine.web.serve.server import serve as serve_site

    logs.configure(shell.settings.log_format)
    log = structlog.get_logger("lifecycle")
    public_url = shell.settings.public_url

    def ready(served: Served) -> None:
        log.info("serving", here=served.url, public_url=public_url or "not set")
        if not public_url:
            log.warning("public_url is not set: mails have no link that leads here")

    with shell.app() as app, watched(app, health_port):
        serve_site(app, host=host, port=port, ready=ready)
    log.info("stopped")
