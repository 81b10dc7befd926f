"""The addresses of the preview and what each answers; all of them only read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from importlib.resources import files
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse

from engine.app.preview import Wish
from engine.errors import LifecycleError, UsageError
from engine.web.preview.guard import MAIL_POLICY
from engine.web.preview.mail import as_shown
from engine.web.preview.studio import Studio
from engine.web.preview.watching import Watch

ASSETS = {"page.css": "text/css", "page.js": "text/javascript", "mark.svg": "image/svg+xml"}
Word = Annotated[str, Query(max_length=200)]


def make_site(studio: Studio, watch: Watch, *, base: str) -> FastAPI:
    """Return the app; `base` is the path under which its readers see it, with slashes around."""
    site = FastAPI(title="Preview", openapi_url=None, lifespan=_watching(watch))
    pages = _Pages(studio, base)
    site.get("/")(pages.index)
    site.get("/email/{template}")(pages.email)
    site.get("/mail/{name}/{scheme}")(pages.mail)
    site.get("/people")(pages.people)
    site.get("/assets/{name}")(pages.asset)

    @site.get("/changes")
    async def changes() -> Response:
        return StreamingResponse(watch.events(), media_type="text/event-stream")

    return site


def _watching(watch: Watch) -> Any:  # noqa: ANN401 (what FastAPI takes)
    @asynccontextmanager
    async def lifespan(_site: FastAPI) -> AsyncIterator[None]:
        watched = asyncio.create_task(watch.run())
        yield
        watch.end()
        await watched

    return lifespan


class _Pages:
    def __init__(self, studio: Studio, base: str) -> None:
        self._studio = studio
        self._pages = Environment(
            loader=PackageLoader("engine.web.preview", "pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._pages.globals |= {"base": base}

    def index(self) -> Response:
        """Answer with the list of emails."""
        return self._page("index.html", lines=self._studio.lines(), problems=self._studio.desk.problems)

    def email(
        self, template: str, sample: Word = "", customer: Word = "", language: Word = "", moment: Word = ""
    ) -> Response:
        """Answer with one email, for whom and as it is wished."""
        wish = Wish(template=template, sample=sample, customer=customer, language=language, moment=moment)
        try:
            look = self._studio.look(wish)
        except UsageError as error:
            return self._page("missing.html", status=404, sentence=str(error))
        return self._page("email.html", look=look, wish=wish, samples=self._studio.choices())

    def mail(self, name: str, scheme: Literal["light", "dark"]) -> Response:
        """Answer with a mail's HTML for a frame."""
        shown = self._studio.framed(name)
        if shown is None:
            return PlainTextResponse("This mail was shown too long ago; load the page again.", 404)
        return HTMLResponse(as_shown(shown.content.html, scheme), headers={"Content-Security-Policy": MAIL_POLICY})

    def people(self, words: Word = "") -> Response:
        """Answer with customers that a few letters may mean."""
        try:
            return JSONResponse([asdict(each) for each in self._studio.people(words)])
        except LifecycleError:
            return JSONResponse([])

    def asset(self, name: str) -> Response:
        """Answer with the page's own style or script."""
        if name not in ASSETS:
            return PlainTextResponse("Not Found", 404)
        text = files("engine.web.preview").joinpath("assets", name).read_text(encoding="utf-8")
        return Response(text, media_type=ASSETS[name])

    def _page(self, name: str, *, status: int = 200, **shown: object) -> Response:
        studio = self._studio
        around = {
            "workspace": studio.workspace,
            "templates": studio.templates,
            "without_customers": studio.without_customers(),
        }
        return HTMLResponse(self._pages.get_template(name).render(**around, **shown), status)
