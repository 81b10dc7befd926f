"""What SendGrid's description says in words: limits over several fields, and what must not stand together."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from engine.clock import EPOCH
from engine.testing.sendgrid.schema import MAIL_SEND
from engine.testing.sendgrid.shapes import Wrong, wrongs

LARGEST = 30 * 1024 * 1024
"""Bytes of one request."""
_MOST_RECIPIENTS = 1000
_LARGEST_ARGUMENTS = 10_000
_FARTHEST = timedelta(hours=72)
_SENDGRIDS_OWN = {"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"}
_RESERVED = frozenset(_SENDGRIDS_OWN | {"to", "from", "subject", "reply-to", "cc", "bcc"})
Body = Mapping[str, Any]


def judge(body: object, *, now: datetime) -> tuple[Wrong, ...]:
    """Return all that is wrong with a request's body; nothing for one that SendGrid takes."""
    if found := tuple(wrongs(body, MAIL_SEND)):
        return found
    assert isinstance(body, dict)
    return tuple(wrong for rule in _RULES for wrong in rule(body, now))


def _somebody(body: Body, _now: datetime) -> Iterator[Wrong]:
    if not body["personalizations"]:
        yield Wrong(field="personalizations", message="The personalizations field is required and must not be empty.")
    for field, each in _personalizations(body):
        if not each["to"]:
            yield Wrong(field=f"{field}.to", message="The to array is required for all personalization objects.")


def _once_each(body: Body, _now: datetime) -> Iterator[Wrong]:
    everybody = [box["email"].lower() for _, each in _personalizations(body) for box in _recipients(each)]
    if len(everybody) > _MOST_RECIPIENTS:
        yield Wrong(field="personalizations", message=f"at most {_MOST_RECIPIENTS} recipients in all")
    for address, count in Counter(everybody).items():
        if count > 1:
            message = f"Each email address should be unique between to, cc, and bcc; {address} is repeated."
            yield Wrong(field="personalizations", message=message)


def _a_subject(body: Body, _now: datetime) -> Iterator[Wrong]:
    without = [field for field, each in _personalizations(body) if "subject" not in each]
    if without and "subject" not in body and "template_id" not in body:
        yield Wrong(field="subject", message="The subject is required. You can get around it with a template.")


def _some_content(body: Body, _now: datetime) -> Iterator[Wrong]:
    kinds = [part["type"] for part in body.get("content", ())]
    if not kinds and "template_id" not in body:
        yield Wrong(
            field="content", message="Unless a valid template_id is provided, the content parameter is required."
        )
    order = [("text/plain", "text/html").index(kind) for kind in kinds if kind in {"text/plain", "text/html"}]
    if order != sorted(order) or len(set(order)) < len(order):
        yield Wrong(field="content", message="If present, text/plain must be first, followed by text/html, once each.")


def _no_reserved_header(body: Body, _now: datetime) -> Iterator[Wrong]:
    for field, each in (("", body), *_personalizations(body)):
        for name, value in each.get("headers", {}).items():
            where = f"{field}.headers.{name}".strip(".")
            if name.lower() in _RESERVED:
                yield Wrong(field=where, message=f"The header {name} is reserved and cannot be overridden.")
            if not isinstance(value, str) or set(value) & set("\r\n"):
                yield Wrong(field=where, message=f"The header {name} must be a text on one line.")


def _small_arguments(body: Body, _now: datetime) -> Iterator[Wrong]:
    for field, each in _personalizations(body):
        given = each.get("custom_args", {})
        if len(json.dumps(given).encode()) > _LARGEST_ARGUMENTS:
            message = f"custom_args must not exceed {_LARGEST_ARGUMENTS} bytes"
            yield Wrong(field=f"{field}.custom_args", message=message)
        if not all(isinstance(value, str) for value in given.values()):
            yield Wrong(field=f"{field}.custom_args", message="custom_args must be texts")


def _soon(body: Body, now: datetime) -> Iterator[Wrong]:
    for field, each in (("", body), *_personalizations(body)):
        if "send_at" in each and EPOCH + timedelta(seconds=each["send_at"]) > now + _FARTHEST:
            yield Wrong(field=f"{field}.send_at".strip("."), message="send_at must be within the next 72 hours")


def _not_together(body: Body, _now: datetime) -> Iterator[Wrong]:
    if "reply_to" in body and "reply_to_list" in body:
        yield Wrong(field="reply_to", message="reply_to and reply_to_list cannot be used together")
    switches = {name: each.get("enable") for name, each in body.get("mail_settings", {}).items()}
    others = any(on for name, on in switches.items() if name.startswith("bypass_") and "list" not in name)
    if switches.get("bypass_list_management") and others:
        message = "bypass_list_management cannot be combined with another bypass filter"
        yield Wrong(field="mail_settings.bypass_list_management", message=message)


_RULES: tuple[Callable[[Body, datetime], Iterator[Wrong]], ...] = (
    _somebody,
    _once_each,
    _a_subject,
    _some_content,
    _no_reserved_header,
    _small_arguments,
    _soon,
    _not_together,
)


def _personalizations(body: Body) -> Iterator[tuple[str, Body]]:
    return ((f"personalizations.{number}", each) for number, each in enumerate(body["personalizations"]))


def _recipients(each: Body) -> Iterator[Mapping[str, str]]:
    return (box for field in ("to", "cc", "bcc") for box in each.get(field, ()))
