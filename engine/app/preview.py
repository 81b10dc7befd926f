"""One email as a reader would get it: with its sample, or with a stored customer's own facts."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.app.opened import opened
from engine.checking import uses
from engine.clock import SystemClock
from engine.db import reading
from engine.errors import ProblemsError, ProviderError, UsageError, did_you_mean
from engine.facts import known_facts
from engine.outbox.brakes import redirected
from engine.outbox.headers import From, headers, links, who_writes
from engine.policy import among, ascii_address
from engine.providers import Answer, Envelope, Mailbox, Outcome, Provider, make
from engine.providers.mime import compose
from engine.rendering import Content, Library, compile_library
from engine.rendering.checking.missing import INVENTED
from engine.rendering.kinds import Kind
from engine.rules.loader import load
from engine.rules.model import RuleSet, Send, Topic
from engine.settings import Settings
from engine.subjects import Known, context, find_customer
from engine.subjects import load as load_known
from engine.workspace import read_files

NOBODY = "reader@example.com"
FACTS = ("customer", "account", "links")


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A rendered email, whom it was rendered for, and the envelope it would leave in."""

    template: str
    reader: str
    content: Content
    envelope: Envelope


@dataclass(frozen=True, kw_only=True)
class _Files:
    """What the preview reads of the workspace."""

    rules: RuleSet
    library: Library

    def use(self, template: str) -> tuple[Send | None, Topic]:
        """Return the first rule's moment that sends a template, and its topic."""
        for rule in self.rules.rules.values():
            for send in rule.sends:
                if send.template == template and rule.topic in self.rules.topics:
                    return send, self.rules.topics[rule.topic]
        return None, Topic(name="preview", kind="transactional")

    def with_certain(self, sample: Mapping[str, Any], template: str) -> dict[str, Any]:
        """Return a sample with every fact that the rules of an email prove, invented by its type where it lacks."""
        facts, shown = known_facts(self.rules.traits), {name: sample.get(name, {}) for name in ("customer", "account")}
        for path in self._certain(template) & facts.keys():
            subject, _, name = path.partition(".")
            shown[subject] = {name: INVENTED[Kind(facts[path].type.value)], **shown[subject]}
        return {**sample, **shown}

    def require_certain(self, printed: Mapping[str, Any], template: str, customer: str) -> None:
        """Raise UsageError where a customer lacks a fact without which no rule would write this email to them."""
        for path in sorted(self._certain(template) & known_facts(self.rules.traits).keys()):
            subject, _, name = path.partition(".")
            if name not in printed.get(subject, {}):
                raise UsageError(f"{customer} has no {path}, without which no rule sends `{template}` to them")

    def _certain(self, template: str) -> frozenset[str]:
        found = [use.present for use in uses(self.rules).get(template, ())]
        return frozenset.intersection(*found) if found else frozenset()


def preview(settings: Settings, template: str, *, customer: str | None = None, language: str = "") -> Preview:
    """Render an email from the workspace's files; with `customer` (an id or address) with the facts stored now.

    What the trigger would add comes from the sample. Raises ProblemsError where the email is broken, UsageError for an
    unknown template, RenderError where a fact is missing.
    """
    files = _files(settings, template)
    sample = files.library.sample(template)
    send, topic = files.use(template)
    by = who_writes(topic, files.library.brand)
    if customer is None:
        shown = files.with_certain(sample, template)
        reader, printed = NOBODY, {**shown, **(send.values if send else {}), "links": links(topic, by)}
        chosen = language or str(sample.get("customer", {}).get("locale", settings.locale))
    else:
        known = _known(settings, files, customer)
        reader, chosen = known.person.address or NOBODY, language or known.language(settings.locale)
        printed = _printed(known, sample, send, links(topic, by), settings)
        files.require_certain(printed, template, customer)
    content = files.library.render(template, chosen, printed)
    return Preview(
        template=template, reader=reader, content=content, envelope=_envelope(template, topic, by, reader, content)
    )


def _files(settings: Settings, template: str) -> _Files:
    texts = read_files(settings.workspace).files
    library, problems = compile_library(texts)
    if template not in library.names:
        hint = did_you_mean(template, library.names) or f"there is {', '.join(sorted(library.names))}"
        raise UsageError(f"there is no email `{template}` in templates/; {hint}")
    own = tuple(problem for problem in problems if problem.path.startswith(f"templates/{template}."))
    broken = [problem for problem in own or problems if problem.severity == "error"]
    if broken and (own or template not in library.variants):
        raise ProblemsError(broken)
    return _Files(rules=load(texts, zone=settings.time_zone).rules, library=library)


def _known(settings: Settings, files: _Files, name: str) -> Known:
    with opened(settings) as app, reading(app.database) as connection:
        id_ = find_customer(connection, name)
        return load_known(connection, [id_], traits=files.rules.traits)[id_]


def _printed(
    known: Known, sample: Mapping[str, Any], send: Send | None, shown: Mapping[str, str], settings: Settings
) -> dict[str, Any]:
    added = {name: value for name, value in sample.items() if name not in FACTS}
    values = {**added, **(send.values if send else {})}
    zone = known.zone(settings.time_zone)
    return context(known, values=values, links=shown, zone=zone)


def _envelope(template: str, topic: Topic, by: From, reader: str, content: Content) -> Envelope:
    send_id = str(uuid.uuid4())
    return Envelope(
        send_id=send_id,
        sender=by.sender,
        recipient=Mailbox(address=reader),
        reply_to=by.reply_to,
        subject=content.subject,
        text=content.text,
        html=content.html,
        date=SystemClock().now(),
        headers=headers(topic, by, send_id=send_id, template=template),
        topic=topic.name,
        template=template,
    )


def write(shown: Preview, folder: Path) -> tuple[Path, ...]:
    """Write the HTML, the text and the .eml of a preview into a folder; returns their paths. Raises UsageError."""
    stem = folder / f"{shown.template}.{shown.content.language}"
    paths = tuple(stem.with_name(f"{stem.name}{suffix}") for suffix in (".html", ".txt", ".eml"))
    text = f"Subject: {shown.content.subject}\n\n{shown.content.text}"
    contents = (shown.content.html.encode(), text.encode(), compose(shown.envelope))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{error.filename or folder} cannot be written: {(error.strerror or '').lower()}") from None
    return paths


def send(settings: Settings, shown: Preview, to: str) -> str:
    """Send a preview to one address by the provider of settings; returns what became of it.

    Raises UsageError for what is no address or is not in ONLY_TO, ProviderError where the provider does not take it.
    """
    address = ascii_address(to)
    if address is None:
        raise UsageError(f"{to} is not an email address")
    if settings.only_to and not among(address, settings.only_to):
        raise UsageError(f"{to} is not in ONLY_TO ({', '.join(settings.only_to)}), so nothing was sent")
    provider = make(settings)
    envelope = redirected(_to(shown.envelope, address), settings.redirect_to)
    answer = asyncio.run(_handed_over(provider, envelope))
    if answer.outcome is not Outcome.ACCEPTED:
        raise ProviderError(
            f"{provider.name} did not take the mail ({answer.outcome}): {answer.words or 'no reason given'}"
        )
    return f"Sent to {envelope.recipient.address} by {provider.name}."


def _to(envelope: Envelope, address: str) -> Envelope:
    return replace(envelope, recipient=Mailbox(address=address))


async def _handed_over(provider: Provider, envelope: Envelope) -> Answer:
    await provider.open()
    try:
        return await provider.send(envelope)
    finally:
        await provider.close()
