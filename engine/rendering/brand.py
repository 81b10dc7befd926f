"""The brand: who writes, and how it looks; every value is known when templates are compiled."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from engine.errors import Problem
from engine.rendering.codes import CODES
from engine.rendering.head import unknown_keys
from engine.rendering.locales import canonical, is_language
from engine.yaml_text import MapNode, Node, Scalar, read, to_python

PATH = "templates/brand.yaml"
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
_COLOUR = re.compile(r"#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?")


@dataclass(frozen=True, kw_only=True)
class Brand:
    """Who writes; `values` is what templates see as `brand`."""

    values: Mapping[str, Any] = field(default_factory=dict)
    language: str = "en"

    @property
    def company(self) -> str:
        """The company's name."""
        return str(self.values.get("company", ""))

    @property
    def url(self) -> str:
        """The public address, without a slash at its end."""
        return str(self.values.get("url", ""))

    @property
    def host(self) -> str:
        """The host whose links get UTM parameters."""
        return urlsplit(self.url).netloc.lower()

    @property
    def address(self) -> str:
        """The postal address, lines as written."""
        return str(self.values.get("address", ""))

    @property
    def sender(self) -> tuple[str, str]:
        """The name and address mail comes from, where a topic names no other."""
        sender = self.values.get("sender", {})
        return str(sender.get("name", "")), str(sender.get("address", ""))

    @property
    def reply_to(self) -> str | None:
        """Where answers go, where it is not the sender."""
        value = self.values.get("reply_to")
        return None if value is None else str(value)


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key of the brand: what it must be, and how to tell."""

    what: str
    sound: Callable[[Node], bool]
    required: bool = True


def read_brand(files: Mapping[str, str]) -> tuple[Brand, tuple[Problem, ...]]:
    """Return the brand, and every mistake in its file."""
    if PATH not in files:
        return Brand(), (Problem(path=PATH, code="T107", message=f"`{PATH}` is missing"),)
    found = read(files[PATH], path=PATH)
    if not isinstance(found.node, MapNode):
        start = Problem(path=PATH, code="", message="")
        return Brand(), found.problems or (CODES["T105"].at(start, key="brand", what="a table of `key: value`"),)
    return _brand(found.node), (*found.problems, *_mistakes(found.node))


def _brand(node: MapNode) -> Brand:
    values = to_python(node)
    assert isinstance(values, dict)
    sound: dict[str, Any] = {
        name: value for name, value in values.items() if name not in KEYS or KEYS[name].sound(_of(node, name))
    }
    language = canonical(str(sound.get("language", "en")))
    return Brand(values={**sound, "url": str(sound.get("url", "")).rstrip("/")}, language=language)


def _of(node: MapNode, name: str) -> Node:
    value = node.get(name)
    assert value is not None
    return value


def _mistakes(node: MapNode) -> Iterator[Problem]:
    yield from unknown_keys(node, KEYS, "the brand")
    for name, key in KEYS.items():
        value = node.get(name)
        if value is None:
            if key.required:
                yield CODES["T104"].at(node, key=name, what="the brand", hint=f"write {key.what}")
        elif not key.sound(value):
            yield CODES["T105"].at(value, key=name, what=key.what)
    yield from _unequal_colours(node)


def _unequal_colours(node: MapNode) -> Iterator[Problem]:
    light, dark = node.get("light"), node.get("dark")
    if not isinstance(light, MapNode) or not isinstance(dark, MapNode):
        return
    for one, other, name in ((light, dark, "dark"), (dark, light, "light")):
        for entry in one:
            if other.get(entry.key.text) is None:
                yield CODES["T104"].at(other, key=entry.key.text, what=f"the brand's {name} colours")


def _text(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.empty and bool(node.text.strip())


def _line(node: Node) -> bool:
    return isinstance(node, Scalar) and _text(node) and "\n" not in node.text.strip()


def _mailbox(node: Node) -> bool:
    return isinstance(node, Scalar) and _ADDRESS.fullmatch(node.text) is not None


def _url(node: Node | None) -> bool:
    if not isinstance(node, Scalar) or re.search(r"[\s<>\"'`{}\\]", node.text):
        return False
    parts = urlsplit(node.text) if "[" not in node.text else None
    return parts is not None and parts.scheme in {"http", "https"} and bool(parts.netloc)


def _sender(node: Node) -> bool:
    if not isinstance(node, MapNode) or {entry.key.text for entry in node} != {"name", "address"}:
        return False
    return _line(_of(node, "name")) and _mailbox(_of(node, "address"))


def _language(node: Node) -> bool:
    return isinstance(node, Scalar) and is_language(canonical(node.text))


def _currency(node: Node) -> bool:
    return isinstance(node, Scalar) and re.fullmatch(r"[A-Z]{3}", node.text) is not None


def _colours(node: Node) -> bool:
    if not isinstance(node, MapNode) or not node.entries:
        return False
    return all(isinstance(entry.value, Scalar) and _COLOUR.fullmatch(entry.value.text) for entry in node)


def _logo(node: Node) -> bool:
    if not isinstance(node, MapNode) or not {entry.key.text for entry in node} <= {"light", "dark", "width", "alt"}:
        return False
    width, alt = node.get("width"), node.get("alt")
    measured = isinstance(width, Scalar) and width.text.isdigit() and isinstance(alt, Scalar)
    return measured and _url(node.get("light")) and (node.get("dark") is None or _url(node.get("dark")))


def _addresses(node: Node) -> bool:
    return isinstance(node, MapNode) and all(_url(entry.value) for entry in node)


KEYS: dict[str, Key] = {
    "company": Key(what="the company's name, in one line", sound=_line),
    "url": Key(what="the public address, such as https://tidepool.example", sound=_url),
    "address": Key(what="the postal address", sound=_text),
    "sender": Key(what="{name: …, address: …}", sound=_sender),
    "light": Key(what="colours such as {accent: '#1557d6'}", sound=_colours),
    "dark": Key(what="colours such as {accent: '#8ab4ff'}", sound=_colours),
    "reply_to": Key(what="an email address", sound=_mailbox, required=False),
    "language": Key(what="a language tag such as en or pt-BR", sound=_language, required=False),
    "currency": Key(what="a currency code such as EUR", sound=_currency, required=False),
    "logo": Key(what="{light: https://…, dark: https://…, width: 120, alt: …}", sound=_logo, required=False),
    "social": Key(what="names and addresses", sound=_addresses, required=False),
}
