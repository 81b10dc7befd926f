"""`/p/{token}`: the preference centre, where a customer says yes or no to each marketing topic, or no to all."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from engine.app.choices import choose, leave_all
from engine.app.opened import App
from engine.links import PREFERENCES
from engine.rules.model import Topic
from engine.web.serve.forms import BadFormError, Form, read_form
from engine.web.serve.front import Front, Visit
from engine.web.serve.wording import Words

SOURCE = "preference centre"


def register(site: FastAPI, app: App) -> None:
    """Add the room."""
    room = _Room(app)
    path = f"{PREFERENCES}{{token}}"
    site.add_api_route(path, room.show, methods=["GET", "HEAD"], include_in_schema=False)
    site.add_api_route(path, room.save, methods=["POST"], include_in_schema=False)


class _Room:
    def __init__(self, app: App) -> None:
        self._app = app
        self._front = Front(app)

    def show(self, request: Request, token: str) -> Response:
        """Show what the holder gets."""
        return _shown(self._front.visit(request, token))

    async def save(self, request: Request, token: str) -> Response:
        """Write down what was chosen, and show what holds now."""
        try:
            form = await read_form(request)
        except BadFormError as error:
            return Response(status_code=error.status)
        return await run_in_threadpool(self._save, request, token, form)

    def _save(self, request: Request, token: str, form: Form) -> Response:
        asked = next(iter(form.get("save", ())), "")
        if asked not in {"choice", "none"}:
            return Response(status_code=400)
        language = next(iter(form.get("language", ())), "")
        visit = self._front.visit(request, token, language)
        if visit.holder is None or visit.choices is None:
            return visit.unknown()
        topics, words = visit.streams.topics.values(), visit.words
        if asked == "none":
            wording = _none_wording(words, topics=[each.topic for each in visit.choices.marketing])
            leave_all(self._app, topics, visit.holder, source=SOURCE, wording=wording)
            return _shown(self._front.visit(request, token, language), note="none_saved")
        chosen = set(form.get("chosen", ()))
        wanted = {name: name in chosen for name in form.get("offered", ())}
        choose(
            self._app,
            topics,
            visit.holder,
            wanted,
            source=SOURCE,
            wording=lambda topic, yes: _wording(words, topic, yes=yes),
        )
        return _after(self._front.visit(request, token, language), wanted)


def _after(visit: Visit, wanted: dict[str, bool]) -> Response:
    """Show what holds; say so where a yes could not be kept, because something else stops the mail."""
    chosen = visit.choices.chosen if visit.choices else frozenset()
    kept = all(name in chosen for name, yes in wanted.items() if yes and name in visit.streams.topics)
    return _shown(visit, note="saved" if kept else "not_allowed", warning=not kept)


def _shown(visit: Visit, *, note: str = "", warning: bool = False) -> Response:
    if visit.choices is None:
        return visit.unknown()
    return visit.page("centre.html", choices=visit.choices, note=note, warning=warning)


def _wording(words: Words, topic: Topic, *, yes: bool) -> str:
    """Return the words in which a topic was offered, and what was answered."""
    offer = " / ".join(filter(None, (words.say("choose_lead"), words.title(topic), words.description(topic))))
    return f"{offer}: {words.say('yes' if yes else 'no')}"


def _none_wording(words: Words, topics: list[Topic]) -> str:
    return (
        f"{words.say('choose_lead')} {', '.join(words.title(topic) for topic in topics)} / {words.say('choose_none')}"
    )
