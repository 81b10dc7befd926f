"""Parameters of parts: their types, and what may be written for each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from engine.rendering.kinds import Kind

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_URL = re.compile(r"(https?://|mailto:|tel:)\S+")
PARAMETERS = {
    "text": ('`label="Open {{ account.name }}"`, `label=Open`', "words, values among them"),
    "number": ("`of=12`, `of={{ account.boards }}`", "a number, or one expression"),
    "money": ("`amount=4900`, `amount={{ account.amount }}`", "minor units, or one expression"),
    "boolean": ("`wide=true`", "`true`, `false`, or one expression"),
    "date": ("`until={{ account.renews_on }}`", "one expression"),
    "time": ("`at={{ event.at }}`", "one expression"),
    "url": ("`[label](https://…)`, `url={{ account.portal }}`", "an address, values in it percent-encoded"),
    "choice": ("`tone=quiet`", "one of the words of `of`, always written out: it decides how the mail is built"),
}


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A typed parameter of a part; `of` are the words of a choice, `default` is None where it is required."""

    name: str
    type: str
    default: str | None = None
    of: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """What kind of value it holds."""
        return Kind.TEXT if self.type == "choice" else Kind(self.type)


NOTHING = {kind: "0" if kind in {Kind.NUMBER, Kind.MONEY} else "" for kind in Kind} | {Kind.BOOLEAN: "false"}


def mismatch(parameter: Parameter, value: str) -> str:
    """Return what a value written out must be, where it is not."""
    return _CONSTANTS[parameter.type](parameter, value)


def one_of(parameter: Parameter) -> str:
    """Return the words of a choice."""
    return "one of " + ", ".join(f"`{word}`" for word in parameter.of)


def _like(pattern: re.Pattern[str], what: str) -> Callable[[Parameter, str], str]:
    return lambda _, value: "" if pattern.fullmatch(value) else what


_CONSTANTS: dict[str, Callable[[Parameter, str], str]] = {
    "text": lambda _parameter, _value: "",
    "number": _like(_NUMBER, "a number"),
    "money": _like(re.compile(r"-?\d+"), "minor units such as 4900, or `{{ … }}`"),
    "boolean": _like(re.compile("true|false"), "`true` or `false`"),
    "date": lambda _parameter, _value: "`{{ … }}` with a date",
    "time": lambda _parameter, _value: "`{{ … }}` with a time",
    "url": _like(_URL, "an address that starts with https://, or `{{ … }}`"),
    "choice": lambda parameter, value: "" if value in parameter.of else one_of(parameter),
}
