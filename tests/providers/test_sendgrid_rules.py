"""The local SendGrid takes what SendGrid's published description allows, and refuses what it forbids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sending import NOW

from engine.clock import to_micros
from engine.providers.sendgrid_payload import payload
from engine.testing.envelopes import HOSTILE, an_envelope
from engine.testing.sendgrid.rules import judge
from engine.testing.sendgrid.schema import MAIL_SEND
from engine.testing.sendgrid.shapes import wrongs

DOCUMENT = Path(__file__).parents[2].parent / "shared" / "data" / "sendgrid" / "mail_send_openapi.json"
SECONDS = to_micros(NOW) // 1_000_000
ANA = {"email": "ana@example.com"}


def a_body(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    """Return the body of a good mail, with fields changed; None takes one away."""
    body = payload(an_envelope()) | changed
    return {name: value for name, value in body.items() if value is not None}


def to(**changed: Any) -> list[dict[str, Any]]:  # noqa: ANN401 (any JSON)
    """Return one personalization, with fields changed."""
    return [{"to": [ANA], **changed}]


BY_SHAPE: list[tuple[str, Mapping[str, Any]]] = [
    ("personalizations is required", a_body(personalizations=None)),
    ("from is required", a_body(**{"from": None})),
    ("personalizations.0.to is required", a_body(personalizations=[{"cc": [ANA]}])),
    ("personalizations.0.to.0.email is required", a_body(personalizations=[{"to": [{"name": "Ana"}]}])),
    ("from.email does not contain a valid address", a_body(**{"from": {"email": "Acme"}})),
    ("personalizations must hold at most 1000", a_body(personalizations=to() * 1001)),
    ("subject must have at least 1 characters", a_body(subject="")),
    ("subject is not of type string", a_body(subject=7)),
    ("content.0.value must have at least 1 characters", a_body(content=[{"type": "text/plain", "value": ""}])),
    ("categories must hold at most 10", a_body(categories=[str(number) for number in range(11)])),
    ("categories must not repeat itself", a_body(categories=["a", "a"])),
    ("categories.0 must have at most 255 characters", a_body(categories=["x" * 256])),
    ("custom_args is not of type string", a_body(custom_args={"a": "b"})),
    ("send_at is not of type integer", a_body(send_at="soon")),
    ("substitutions.a is not of type string", a_body(personalizations=to(substitutions={"a": 1}))),
    ("disposition must be one of", a_body(attachments=[{"content": "x", "filename": "f", "disposition": "odd"}])),
    ("enable is not of type boolean", a_body(tracking_settings={"open_tracking": {"enable": 1}})),
]
BY_WORDS: list[tuple[str, Mapping[str, Any]]] = [
    ("must not be empty", a_body(personalizations=[])),
    ("to array is required", a_body(personalizations=[{"to": []}])),
    ("should be unique", a_body(personalizations=to(cc=[{"email": "ANA@example.com"}]))),
    ("at most 1000 recipients", a_body(personalizations=to(to=[{"email": f"a{n}@x.test"} for n in range(1001)]))),
    ("subject is required", a_body(subject=None)),
    ("content parameter is required", a_body(content=None)),
    ("text/plain must be first", a_body(content=list(reversed(a_body()["content"])))),
    ("reserved", a_body(headers={"Reply-To": "x@example.com"})),
    ("reserved", a_body(personalizations=to(headers={"X-SG-ID": "1"}))),
    ("on one line", a_body(headers={"List-Id": "a\r\nBcc: b@example.com"})),
    ("must not exceed 10000 bytes", a_body(personalizations=to(custom_args={"a": "x" * 10_000}))),
    ("must be texts", a_body(personalizations=to(custom_args={"a": 1}))),
    ("within the next 72 hours", a_body(send_at=SECONDS + 72 * 3600 + 1)),
    ("cannot be used together", a_body(reply_to=ANA, reply_to_list=[ANA])),
    (
        "cannot be combined",
        a_body(mail_settings={f"bypass_{name}_management": {"enable": True} for name in ("list", "spam")}),
    ),
]


@pytest.mark.parametrize(("words", "body"), [*BY_SHAPE, *BY_WORDS])
def test_what_the_description_forbids_is_refused(words: str, body: Mapping[str, Any]) -> None:
    """Each rule refuses its one bad body, and says so in its words."""
    (wrong, *_) = judge(body, now=NOW)
    assert words in wrong.message


@pytest.mark.parametrize(
    "body",
    [
        a_body(),
        a_body(send_at=SECONDS + 72 * 3600),
        a_body(personalizations=to(custom_args={"a": "x" * 9_980})),
        a_body(categories=["x" * 255, *map(str, range(9))]),
        a_body(subject=None, content=None, template_id="d-1"),
        *(payload(an_envelope(number, subject=text, name=text)) for number, text in enumerate(HOSTILE)),
    ],
)
def test_what_the_description_allows_is_taken(body: Mapping[str, Any]) -> None:
    """Up to each limit a mail is taken, and so is every mail of ours."""
    assert judge(body, now=NOW) == ()


needs_document = pytest.mark.skipif(not DOCUMENT.exists(), reason="SendGrid's description is not beside this checkout")


@needs_document
def test_the_schema_is_the_published_one() -> None:
    """The shape we judge by is the published description's, word for word but for its explanations."""
    spec = json.loads(DOCUMENT.read_text())
    published = spec["components"]["requestBodies"]["PostMailSend"]["content"]["application/json"]["schema"]
    assert _bare(published, spec["components"]["schemas"]) == MAIL_SEND


def _bare(value: Any, named: Mapping[str, Any]) -> Any:  # noqa: ANN401 (any JSON)
    """Return a schema without its explanations, with what it refers to in its place."""
    if isinstance(value, list):
        return [_bare(each, named) for each in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _bare(named[value["$ref"].rpartition("/")[2]], named)
    kept = {name: each for name, each in value.items() if name not in _EXPLAIN}
    if isinstance(kept.get("properties"), dict):
        kept["properties"] = {name: _bare(each, named) for name, each in kept["properties"].items()}
    return {name: each if name == "properties" else _bare(each, named) for name, each in kept.items()}


_EXPLAIN = frozenset({"title", "description", "example", "examples", "default", "format_", "x-twilio", "deprecated"})


@needs_document
@pytest.mark.parametrize("body", [body for _, body in BY_SHAPE] + [a_body()])
def test_our_checker_agrees_with_a_validator(body: Mapping[str, Any]) -> None:
    """The few words of JSON Schema that we understand mean what a validator of the whole standard takes them for."""
    from openapi_schema_validator import OAS31Validator

    validator = OAS31Validator(MAIL_SEND, format_checker=OAS31Validator.FORMAT_CHECKER)
    assert bool(list(wrongs(body, MAIL_SEND))) is bool(list(validator.iter_errors(body)))
