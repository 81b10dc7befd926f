"""`/u/{token}`: one click of a mail program (RFC 8058), or a page with a button. Only a POST changes anything."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from engine.app.choices import leave
from engine.app.opened import App
from engine.links import UNSUBSCRIBE
from engine.rules.model import Topic
from engine.web.serve.forms import BadFormError, Form, read_form
from engine.web.serve.front import Front, Visit

FIELD, CLICK = "List-Unsubscribe", "One-Click"
BUTTON = "unsubscribe"
BY_CLICK, BY_PAGE = "one-click", "unsubscribe page"


def register(site: FastAPI, app: App) -> None:
    """Add the room."""
    room = _Room(app)
    path = f"{UNSUBSCRIBE}{{token}}"
    site.add_api_route(path, room.ask, methods=["GET", "HEAD"], include_in_schema=False)
    site.add_api_route(path, room.leave, methods=["POST"], include_in_schema=False)


class _Room:
    def __init__(self, app: App) -> None:
        self._app = app
        self._front = Front(app)

    def ask(self, request: Request, token: str) -> Response:
        """Ask a person whether they want to leave; programs that open every link change nothing."""
        visit = self._front.visit(request, token)
        if visit.holder is None:
            return visit.unknown()
        topic = _topic(visit)
        return visit.page("ask.html", title=visit.words.title(topic), about=visit.words.description(topic))

    async def leave(self, request: Request, token: str) -> Response:
        """Unsubscribe, and answer once that is durable; whoever posts a link that is not ours is told the same."""
        try:
            form = await read_form(request)
        except BadFormError as error:
            return Response(status_code=error.status)
        return await run_in_threadpool(self._leave, request, token, form)

    def _leave(self, request: Request, token: str, form: Form) -> Response:
        clicked = CLICK in form.get(FIELD, ())
        if not clicked and BUTTON not in form:
            return Response(status_code=400)
        visit = self._front.visit(request, token, next(iter(form.get("language", ())), ""))
        title = visit.words.title(_topic(visit)) if visit.holder else ""
        if visit.holder:
            wording = f"{FIELD}={CLICK}" if clicked else _wording(visit, title)
            leave(self._app, visit.holder, source=BY_CLICK if clicked else BY_PAGE, wording=wording)
        if clicked:
            return Response(status_code=200)
        return visit.page("done.html", title=title) if visit.holder else visit.unknown()


def _topic(visit: Visit) -> Topic:
    """Return the topic of the link; one that is no more still can be left, by its name."""
    assert visit.holder is not None
    name = visit.holder.topic
    return visit.streams.topics.get(name) or Topic(name=name, kind="marketing", title=name)


def _wording(visit: Visit, title: str) -> str:
    """Return the words that stood beside the button."""
    said = (visit.words.say(f"stop_{part}", topic=title) for part in ("title", "lead", "button"))
    return " / ".join(said)
