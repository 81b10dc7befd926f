"""The arguments of a part, read from its line and held against its parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from engine.errors import Problem, did_you_mean
from engine.rendering.codes import CODES
from engine.rendering.definitions import Part
from engine.rendering.expand import Argument
from engine.rendering.marks import Marks
from engine.rendering.parameters import NOTHING, Parameter, mismatch, one_of
from engine.rendering.pieces import Constant
from engine.rendering.places import Place

_ARGUMENT = re.compile(
    r"\s*(?:(?P<name>[A-Za-z_]\w*)=(?:\"(?P<quoted>[^\"]*)\"|(?P<bare>[^\s\"\[\]]+))|\[(?P<label>[^\]]*)\]\((?P<url>[^)]*)\))"
)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A part's line as it was read: its arguments by name, and what is wrong with them."""

    arguments: Mapping[str, Argument]
    problems: tuple[Problem, ...]


class CallReader:
    """Reads the arguments of one part's line; `place_of` finds the first of some words on that line."""

    def __init__(self, part: Part, marks: Marks, place_of: Callable[..., Place]) -> None:
        self._part = part
        self._marks = marks
        self._place_of = place_of
        self._problems: list[Problem] = []

    def read(self, text: str) -> Call:
        """Return the arguments, defaults filled in."""
        arguments: dict[str, Argument] = {}
        for name, value in self._pairs(text):
            if name in arguments:
                self._refuse("T314", name, argument=name)
            elif name not in self._part.parameters:
                hint = did_you_mean(name, self._part.parameters)
                self._refuse("T302", name, hint=hint, name=self._part.name, argument=name)
            else:
                arguments[name] = self._argument(self._part.parameters[name], value)
        return Call(arguments={**arguments, **dict(self._defaults(arguments))}, problems=tuple(self._problems))

    def _pairs(self, text: str) -> Iterator[tuple[str, str]]:
        position = 0
        while text[position:].strip():
            match = _ARGUMENT.match(text, position)
            if match is None:
                rest = self._marks.pattern.sub("{{ … }}", text[position:].strip())
                self._refuse("T308", rest.split()[0], text=rest)
                return
            if match["name"]:
                yield match["name"], match["quoted"] if match["quoted"] is not None else match["bare"]
            else:
                yield "label", match["label"]
                yield "url", match["url"].strip()
            position = match.end()

    def _argument(self, parameter: Parameter, value: str) -> Argument:
        argument = Argument(pieces=self._marks.pieces(value), kind=parameter.kind)
        if what := _mismatch(parameter, argument, value):
            self._refuse("T304", f"{parameter.name}=", value, argument=parameter.name, what=what)
            return _nothing(parameter)
        return argument

    def _defaults(self, given: Mapping[str, Argument]) -> Iterator[tuple[str, Argument]]:
        for name, parameter in self._part.parameters.items():
            if name in given:
                continue
            if parameter.default is None:
                self._refuse("T303", self._part.name, name=self._part.name, argument=name)
            yield name, _default(parameter)

    def _refuse(self, code: str, *looked_for: str, hint: str = "", **words: str) -> None:
        self._problems.append(CODES[code].at(self._place_of(*looked_for), hint=hint, **words))


def _default(parameter: Parameter) -> Argument:
    if not parameter.default or mismatch(parameter, parameter.default):
        return _nothing(parameter)
    return Argument(pieces=(Constant(text=parameter.default),), kind=parameter.kind)


def _nothing(parameter: Parameter) -> Argument:
    return Argument(pieces=(Constant(text=NOTHING[parameter.kind]),), kind=parameter.kind)


def _mismatch(parameter: Parameter, argument: Argument, value: str) -> str:
    """Return what an argument must be, where it is not."""
    if argument.codes:
        if parameter.type == "choice":
            return f"written out, as {one_of(parameter)}: it decides how the mail is built"
        alone = len(argument.pieces) == 1
        return "" if alone or parameter.type in {"text", "url"} else f"one `{{{{ … }}}}` or {parameter.kind.english}"
    return mismatch(parameter, value)
