"""What the rooms for recipients share: whom a link belongs to, the words for them, and pages that tell no more."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match, Route

from engine.app.choices import Choices, choices
from engine.app.opened import App
from engine.app.streams import LiveStreams, Streams
from engine.links import Holder, read_token
from engine.web.serve.look import page
from engine.web.serve.wording import Words, accepted, words_for


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A request by a link: what is live, the holder where the link is ours, and the words to answer in."""

    token: str
    streams: Streams
    holder: Holder | None
    choices: Choices | None
    words: Words

    def page(self, file: str, *, status: int = 200, **shown: object) -> Response:
        """Return a page for this visitor."""
        return page(file, self.streams, self.words, status=status, token=self.token, **shown)

    def unknown(self) -> Response:
        """Return what is said of every link that opens nothing: one that is not ours, or whose holder is gone."""
        return self.page("sentence.html", status=404, name="unknown")


def try_again(request: Request, _error: Exception) -> Response:
    """Return what is said when something broke; nothing was changed, since all or nothing of a request is written."""
    nothing = Streams()
    words = words_for(nothing, accepted(request.headers.get("accept-language", "")))
    answer = page("sentence.html", nothing, words, status=503, name="again")
    answer.headers["Retry-After"] = "60"
    return answer


def refused(request: Request, error: Exception) -> Response:
    """Return what is said where there is nothing: of a link that was cut off, the same as of one that opens nothing."""
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.NOT_FOUND:
        nothing = Streams()
        words = words_for(nothing, accepted(request.headers.get("accept-language", "")))
        return page("sentence.html", nothing, words, status=error.status_code, name="unknown")
    headers = {"Allow": _allowed(request)} if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else error.headers
    return PlainTextResponse(error.detail, error.status_code, headers)


def _allowed(request: Request) -> str:
    """Return the methods of all routes of a path; each route by itself would name its own."""
    routes = (route for route in request.app.routes if isinstance(route, Route))
    matching = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    return ", ".join(sorted({method for route in matching for method in route.methods or ()}))


class Front:
    """Receives visitors over an open workspace."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._live = LiveStreams(app=app)

    def visit(self, request: Request, token: str, language: str = "") -> Visit:
        """Return who comes by a token; `language` is the one they have read in, else their own is taken."""
        streams = self._live.now()
        holder = read_token(self.app.settings, token)
        found = choices(self.app, streams.topics.values(), holder) if holder else None
        own = found.language if found else ""
        wanted = [*accepted(language), own, *accepted(request.headers.get("accept-language", ""))]
        words = words_for(streams, filter(None, wanted))
        return Visit(token=token, streams=streams, holder=holder, choices=found, words=words)
