"""The child process: reads requests from its standard input, and answers each on its standard output.

Before it touches a template it says so (`at`), so that whoever waits knows which one it was if no answer comes.
"""

from __future__ import annotations

import os
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, BinaryIO

from engine.confined.limits import LIMITS, begin, confine, end
from engine.confined.wire import dumped, loaded
from engine.errors import LifecycleError, Problem
from engine.facts import Fact, FactType
from engine.rendering import Content, Library, RenderError, Use, check
from engine.rendering.compiling import Key, Made, compile_files
from engine.rendering.library import render_variant

KEPT = 4
"""How many libraries are remembered: what is being edited, and what was a moment ago."""
Request = Mapping[str, Any]
Answer = dict[str, Any]


class Child:
    """Compiled libraries by their key, and what can be asked of them."""

    def __init__(self, say: Callable[[Answer], None]) -> None:
        self._say = say
        self._libraries: OrderedDict[str, tuple[Library, Answer]] = OrderedDict()
        self._made: dict[Key, Made] = {}

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request; never raises for what templates do, short of being killed."""
        try:
            return self._asked(request)
        except MemoryError:
            return {"fell": "memory"}
        except RenderError as error:
            return {"refused": error.what, "place": asdict(error.place)}
        except LifecycleError as error:
            return {"unknown": str(error)}
        except Exception as error:  # noqa: BLE001 (whatever a template sets off is that template's problem)
            return {"fell": type(error).__name__}
        finally:
            end()

    def _asked(self, request: Request) -> Answer:
        if request["ask"] == "compile":
            return self._compile(request)
        if request["key"] not in self._libraries:
            return {"forgotten": True}
        library, _ = self._libraries[request["key"]]
        return _QUESTIONS[request["ask"]](self, library, request)

    def _begin(self, path: str) -> None:
        self._say({"at": path})
        begin(LIMITS)

    def _compile(self, request: Request) -> Answer:
        key = request["key"]
        if key not in self._libraries:
            library, problems = compile_files(request["files"], begin=self._begin, made=self._made)
            self._libraries[key] = library, _described(library, problems)
        self._libraries.move_to_end(key)
        while len(self._libraries) > KEPT:
            self._libraries.popitem(last=False)
        return self._libraries[key][1]

    def check(self, library: Library, request: Request) -> Answer:
        """Return what is wrong with the emails in the uses that rules make of them."""
        uses = {template: [_use(row) for row in rows] for template, rows in request["uses"].items()}
        facts = {path: _fact(row) for path, row in request["facts"].items()}
        problems = check(library, uses, facts, begin=self._begin, skipped=request["skipped"])
        return {"problems": [asdict(problem) for problem in problems]}

    def sample(self, library: Library, request: Request) -> Answer:
        """Return the context of an email's sample, or of the facts given in its place."""
        variant = library.variant(request["template"], request["language"])
        self._begin(variant.email.source.path)
        return {"sample": library.sample(request["template"], request["language"], request["given"])}

    def render(self, library: Library, request: Request) -> Answer:
        """Return an email rendered for one reader."""
        variant = library.variant(request["template"], request["language"])
        self._begin(variant.email.source.path)
        content = render_variant(variant, request["language"], request["context"])
        return {"content": asdict(content)} if _size(content) <= LIMITS.output else {"fell": "output"}


_QUESTIONS: Mapping[str, Callable[[Child, Library, Request], Answer]] = {
    "check": Child.check,
    "sample": Child.sample,
    "render": Child.render,
}


def _described(library: Library, problems: tuple[Problem, ...]) -> Answer:
    return {
        "problems": [asdict(problem) for problem in problems],
        "names": sorted(library.names),
        "languages": {template: list(variants) for template, variants in library.variants.items()},
    }


def _use(row: Mapping[str, Any]) -> Use:
    facts = {path: _kind(each) for path, each in row["facts"].items()}
    return Use(**{**row, "facts": facts, "present": frozenset(row["present"])})


def _kind(row: Any) -> Fact | FactType:  # noqa: ANN401 (one or the other)
    return FactType(row) if isinstance(row, str) else _fact(row)


def _fact(row: Mapping[str, Any]) -> Fact:
    return Fact(**{**row, "type": FactType(row["type"])})


def _size(content: Content) -> int:
    return sum(len(text.encode()) for text in (content.html, content.text))


def main() -> None:
    """Answer requests until there are no more; whatever else prints is kept out of the answers."""
    answers: BinaryIO = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    confine()

    def say(message: Answer) -> None:
        answers.write(dumped(message))
        answers.flush()

    say({"ready": True})
    child = Child(say)
    for line in sys.stdin.buffer:
        say(child.answer(loaded(line)))


if __name__ == "__main__":
    main()
