"""The mails of the pipeline by hand: bare Jinja over the same flat templates."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from benchmarks.sending_company import LAST_SEEN, MAILS, NOW, runtime
from jinja2 import Environment, Template

from engine.rendering.compiled import Variant
from engine.rendering.environment import make_environment
from engine.rendering.links import Tracking
from engine.rendering.locales import reader_locale, zone_of

_SENDER = "hello@tidepool.test"


class Writer:
    """Renders subject, text and HTML of a row of the outbox with its facts."""

    def __init__(self, mails: str) -> None:
        (known,) = (each for each in MAILS if each == mails)
        library = runtime(known).library
        escaping, plain = Environment(autoescape=True), Environment()  # noqa: S701 (of texts and subjects)
        for environment in (escaping, plain):
            environment.filters |= make_environment().filters
        self._templates: dict[str, tuple[Template, Template, Template]] = {}
        self._globals: dict[str, dict[str, Any]] = {}
        for name, variants in library.variants.items():
            variant: Variant = variants["en"]
            sources = (variant.subject, variant.text, variant.html)
            made = (plain, plain, escaping)
            subject, text, html = (
                environment.from_string(each.flat.source) for environment, each in zip(made, sources, strict=True)
            )
            self._templates[name] = (subject, text, html)
            self._globals[name] = {
                "brand": library.brand.values,
                "language": "en",
                "_tracking": Tracking(host=library.brand.host, campaign=name),
                "_locale": reader_locale("en", "en"),
                "event": {},
                "links": {},
                "days_left": 7,
                "days_silent": (NOW - LAST_SEEN).days,
                "since": LAST_SEEN,
            }

    def name(self, number: int) -> str:
        """Return the template of a mail by its number: all take turns."""
        return sorted(self._templates)[number % len(self._templates)]

    def write(self, row: Sequence[Any], traits: Mapping[str, Any]) -> dict[str, Any]:
        """Return one mail."""
        send_id, template, attempt, hashed, id_, email, first, last, zone, locale, company, status, plan, card, _ = row
        values = {
            **self._globals[template],
            "_zone": zone_of(zone or "UTC"),
            "customer": {"id": id_, "first_name": first, "last_name": last, "email": email, "locale": locale},
            "account": {
                "name": company,
                "status": status,
                "plan": plan,
                **traits,
                "card_expires_on": date.fromisoformat(card) if card else None,
            },
        }
        subject, text, html = (each.render(values) for each in self._templates[template])
        headers = {
            "Message-ID": f"<{send_id}@tidepool.test>",
            "List-Id": "<tips.tidepool.test>",
            "Feedback-ID": f"{template}:tips:lifecycle:tidepooltest",
            "Auto-Submitted": "auto-generated",
        }
        return {
            "send_id": send_id,
            "attempt": attempt + 1,
            "address_hash": hashed,
            "template": template,
            "from": _SENDER,
            "from_name": "Tidepool",
            "sender": f"Tidepool <{_SENDER}>",
            "to": email,
            "to_name": f"{first} {last}",
            "subject": subject,
            "text": text,
            "html": html,
            "headers": headers,
            "headers_json": json.dumps(headers),
        }
