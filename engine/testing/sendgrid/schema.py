"""The shape of a request, as SendGrid's published OpenAPI description has it (Twilio, MIT), without its words.

Where that document is at hand, a test compares the two. What the description says in words alone stands in `rules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_TEXT: Schema = {"type": "string"}
_SOME_TEXT: Schema = {"type": "string", "minLength": 1}
_WHOLE: Schema = {"type": "integer"}
_YES_OR_NO: Schema = {"type": "boolean"}
_ANYTHING: Schema = {"type": "object"}


def _object(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties} | ({"required": [*required]} if required else {})


def _list(items: Schema, **limits: object) -> Schema:
    return {"type": "array", "items": items, **limits}


_MAILBOX = _object(("email",), email={"type": "string", "format": "email"}, name=_TEXT)
_SWITCH = _object(enable=_YES_OR_NO)

_PERSONALIZATION = _object(
    ("to",),
    **{"from": _MAILBOX},
    to=_list(_MAILBOX),
    cc=_list(_MAILBOX, maxItems=1000),
    bcc=_list(_MAILBOX, maxItems=1000),
    subject=_SOME_TEXT,
    headers=_ANYTHING,
    substitutions={"type": "object", "maxProperties": 10000, "additionalProperties": _TEXT},
    dynamic_template_data=_ANYTHING,
    custom_args={"type": "object", "maxProperties": 10000},
    send_at=_WHOLE,
)

_ATTACHMENT = _object(
    ("content", "filename"),
    content=_SOME_TEXT,
    type=_SOME_TEXT,
    filename=_TEXT,
    disposition={"type": "string", "enum": ["inline", "attachment"]},
    content_id=_TEXT,
)

_MAIL_SETTINGS = _object(
    bypass_list_management=_SWITCH,
    bypass_spam_management=_SWITCH,
    bypass_bounce_management=_SWITCH,
    bypass_unsubscribe_management=_SWITCH,
    footer=_object(enable=_YES_OR_NO, text=_TEXT, html=_TEXT),
    sandbox_mode=_SWITCH,
)

_TRACKING_SETTINGS = _object(
    click_tracking=_object(enable=_YES_OR_NO, enable_text=_YES_OR_NO),
    open_tracking=_object(enable=_YES_OR_NO, substitution_tag=_TEXT),
    subscription_tracking=_object(enable=_YES_OR_NO, text=_TEXT, html=_TEXT, substitution_tag=_TEXT),
    ganalytics=_object(
        enable=_YES_OR_NO, utm_source=_TEXT, utm_medium=_TEXT, utm_term=_TEXT, utm_content=_TEXT, utm_campaign=_TEXT
    ),
)

MAIL_SEND = _object(
    ("personalizations", "from"),
    personalizations=_list(_PERSONALIZATION, uniqueItems=False, maxItems=1000),
    **{"from": _MAILBOX},
    reply_to=_MAILBOX,
    reply_to_list=_list(_MAILBOX, uniqueItems=True, maxItems=1000),
    subject=_SOME_TEXT,
    content=_list(_object(("type", "value"), type=_SOME_TEXT, value=_SOME_TEXT)),
    attachments=_list(_ATTACHMENT),
    template_id=_TEXT,
    headers=_ANYTHING,
    categories=_list({"type": "string", "maxLength": 255}, uniqueItems=True, maxItems=10),
    custom_args=_TEXT,
    send_at=_WHOLE,
    batch_id=_TEXT,
    asm=_object(("group_id",), group_id=_WHOLE, groups_to_display=_list(_WHOLE, maxItems=25)),
    ip_pool_name={"type": "string", "minLength": 2, "maxLength": 64},
    mail_settings=_MAIL_SETTINGS,
    tracking_settings=_TRACKING_SETTINGS,
)
"""What `POST /v3/mail/send` takes."""
