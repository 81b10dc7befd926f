"""One email rendered for one reader."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.app.opened import App, opened
from engine.app.preview.desk import NO_RULE, Desk, Moment, lay_out
from engine.app.preview.facts import at_moment, of_customer, of_sample, require_certain
from engine.clock import SystemClock
from engine.db import reading
from engine.errors import ProblemsError, UsageError, did_you_mean
from engine.outbox.headers import From, headers, links, who_writes
from engine.providers import Envelope, Mailbox
from engine.rendering import Content
from engine.rules.model import Topic
from engine.settings import Settings
from engine.subjects import Known, context, find_customer
from engine.subjects import load as load_known

NOBODY = "reader@example.com"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What to show: an email for its own sample, another sample or a customer (an id or address).

    `language` is a tag such as `sv`, else the reader's own; `moment` is the name of one, else the first that sends it.
    """

    template: str
    sample: str = ""
    customer: str = ""
    language: str = ""
    moment: str = ""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A rendered email, whom it was rendered for, and the envelope it would leave in; `note` is what to know of it."""

    template: str
    reader: str
    content: Content
    envelope: Envelope
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class _Printed:
    """What is printed, to whom and in which language."""

    reader: str
    language: str
    context: Mapping[str, Any]
    note: str = ""


def preview(
    settings: Settings, template: str, *, customer: str | None = None, language: str = "", sample: str = ""
) -> Preview:
    """Render an email from the workspace's files; with `customer` (an id or address) with the facts stored now.

    What the trigger would add is the customer's next moment's, else their last one's, else the sample's. Raises
    ProblemsError where the email is broken, UsageError for an unknown template, sample or customer, RenderError where
    a fact is missing.
    """
    desk = lay_out(settings)
    wish = Wish(template=template, sample=sample, customer=customer or "", language=language)
    desk.require(template)
    if not customer:
        return show(desk, wish)
    with opened(settings) as app:
        return show(desk, wish, app)


def show(desk: Desk, wish: Wish, app: App | None = None) -> Preview:
    """Render what is wished; for a customer an open workspace is needed. Raises as `preview` does."""
    desk.require(wish.template)
    broken = [problem for problem in desk.of(wish.template) if problem.severity == "error"]
    if broken:
        raise ProblemsError(broken)
    moment = _moment(desk, wish)
    topic = moment.topic if moment else NO_RULE
    by = who_writes(topic, desk.library.brand)
    shown = links(topic, by, desk.settings)
    if app is not None and wish.customer:
        printed = _of_customer(app, desk, wish, moment, shown)
    else:
        printed = _of_sample(desk, wish, moment, shown)
    content = desk.library.render(wish.template, printed.language, printed.context)
    return Preview(
        template=wish.template,
        reader=printed.reader,
        content=content,
        envelope=_envelope(wish.template, topic, by, printed=printed, content=content, shown=shown),
        note=printed.note,
    )


def _moment(desk: Desk, wish: Wish) -> Moment | None:
    """Return the moment that is wished for, else the first that sends the email."""
    moments = {moment.name: moment for moment in desk.moments(wish.template)}
    if wish.moment and wish.moment not in moments:
        hint = did_you_mean(wish.moment, moments) or f"there is {', '.join(moments) or 'none'}"
        raise UsageError(f"`{wish.template}` is not sent by `{wish.moment}`; {hint}")
    return moments[wish.moment] if wish.moment else next(iter(moments.values()), None)


def _of_sample(desk: Desk, wish: Wish, moment: Moment | None, shown: Mapping[str, str]) -> _Printed:
    if wish.sample and wish.sample not in desk.samples:
        hint = did_you_mean(wish.sample, desk.samples) or f"there is {', '.join(desk.samples) or 'none'}"
        raise UsageError(f"there is no sample `{wish.sample}` in templates/samples.yaml; {hint}")
    given = desk.samples[wish.sample] if wish.sample else None
    sample = desk.library.sample(wish.template, wish.language, given)
    printed = of_sample(desk, sample, wish.template, moment)
    if moment and wish.moment:
        printed = at_moment(printed, moment)
    language = wish.language or str(sample.get("customer", {}).get("locale", desk.settings.locale))
    reader = str(sample.get("customer", {}).get("email") or NOBODY) if wish.sample else NOBODY
    return _Printed(reader=reader, language=language, context={**printed, "links": shown})


def _of_customer(app: App, desk: Desk, wish: Wish, moment: Moment | None, shown: Mapping[str, str]) -> _Printed:
    with reading(app.database) as connection:
        known = _known(connection, desk, wish.customer)
        language = wish.language or known.language(desk.settings.locale)
        sample = desk.library.sample(wish.template, language)
        added = of_customer(connection, desk, known, sample, moment, now=app.clock.now())
    zone = known.zone(desk.settings.time_zone)
    printed = context(known, values=added.values, links=shown, zone=zone)
    require_certain(desk, printed, wish.template, wish.customer)
    return _Printed(reader=known.person.address or NOBODY, language=language, context=printed, note=added.note)


def _known(connection: sa.Connection, desk: Desk, name: str) -> Known:
    id_ = find_customer(connection, name)
    return load_known(connection, [id_], traits=desk.rules.traits)[id_]


def _envelope(
    template: str, topic: Topic, by: From, *, printed: _Printed, content: Content, shown: Mapping[str, str]
) -> Envelope:
    send_id = str(uuid.uuid4())
    return Envelope(
        send_id=send_id,
        sender=by.sender,
        recipient=Mailbox(address=printed.reader),
        reply_to=by.reply_to,
        subject=content.subject,
        text=content.text,
        html=content.html,
        date=SystemClock().now(),
        headers=headers(topic, by, shown, send_id=send_id, template=template),
        topic=topic.name,
        template=template,
    )
