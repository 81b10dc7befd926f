"""The public site over an open workspace, with all its rooms."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from engine.app.opened import App
from engine.web.health import room as health
from engine.web.serve import centre, unsubscribe, webhooks
from engine.web.serve.front import refused, try_again
from engine.web.serve.guard import Guard

ROOMS = (unsubscribe, centre, webhooks, health)
"""The modules with a `register(site, app)`; what stands under a path without a room is not there."""


def make_site(app: App) -> ASGIApp:
    """Return the site, guarded; raises SettingsError where a room lacks a setting."""
    site = FastAPI(title="Lifecycle", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    site.add_exception_handler(HTTPException, refused)
    site.add_exception_handler(Exception, try_again)
    for room in ROOMS:
        room.register(site, app)
    paths = (getattr(route, "path", "") for route in site.routes)
    return Guard(site, rooms={path.removeprefix("/").partition("/")[0] for path in paths})
