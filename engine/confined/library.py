"""A workspace's emails, compiled where they can do no harm: what `engine.rendering.Library` is, at arm's length."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from engine.confined.limits import LIMITS, MB
from engine.confined.worker import FellError, worker
from engine.errors import LifecycleError, Problem, UsageError
from engine.facts import Fact
from engine.rendering import Content, RenderError, Use
from engine.rendering.brand import Brand, read_brand
from engine.rendering.codes import CODES
from engine.rendering.definitions import ROOT
from engine.rendering.places import Place

_FOLLOWS = frozenset({"T107", "T109", "T310", "T312", "T410", "T701"})
"""What is said where a file is missing that was only left out here, because it cannot be compiled."""
Message = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ConfinedLibrary:
    """All emails of a workspace; `names` holds also those that are too broken to be compiled.

    `languages` are those of each email that was compiled.
    """

    files: Mapping[str, str]
    brand: Brand = field(default_factory=Brand)
    names: frozenset[str] = frozenset()
    languages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def check(
        self, uses: Mapping[str, Sequence[Use]], facts: Mapping[str, Fact], *, skipped: Collection[str] = ()
    ) -> tuple[Problem, ...]:
        """Return everything wrong with the emails in these uses, as `engine.rendering.check` does."""
        question = {
            "ask": "check",
            "uses": {template: [asdict(use) for use in rows] for template, rows in uses.items()},
            "facts": {path: asdict(fact) for path, fact in facts.items()},
        }
        blamed: dict[str, Problem] = {}
        while True:
            try:
                answer = self._ask({**question, "skipped": [*skipped, *blamed]})
            except FellError as fell:
                blamed[_blamed(fell, self.files.keys() - blamed.keys())] = _problem(fell)
                continue
            return tuple(sorted({*_problems(answer), *blamed.values()}))

    def sample(self, template: str, language: str = "", given: Message | None = None) -> dict[str, Any]:
        """Return the context of an email's own sample, or of another that is given; what it lacks is invented.

        Raises UsageError for an unknown template, RenderError where it takes too much.
        """
        question = {"ask": "sample", "template": template, "language": language, "given": given}
        return dict(self._shown(question)["sample"])

    def render(self, template: str, language: str, context: Message) -> Content:
        """Render an email for one reader, in the language nearest to theirs.

        Raises UsageError for an unknown template, RenderError where a fact is missing or it takes too much.
        """
        question = {"ask": "render", "template": template, "language": language, "context": context}
        return Content(**self._shown(question)["content"])

    def _shown(self, question: Message) -> Message:
        try:
            answer = self._ask(question)
        except FellError as fell:
            problem = _problem(fell)
            raise RenderError(problem.message, Place(path=problem.path)) from None
        if "unknown" in answer:
            raise UsageError(str(answer["unknown"]))
        if "refused" in answer:
            raise RenderError(str(answer["refused"]), Place(**answer["place"]))
        return answer

    def _ask(self, question: Message) -> Message:
        """Return an answer; a process that is new is told the files first."""
        key = _key(self.files)
        answer = worker().ask({**question, "key": key})
        if "forgotten" in answer:
            worker().ask({"ask": "compile", "key": key, "files": self.files})
            answer = worker().ask({**question, "key": key})
        return answer


def compile_confined(files: Mapping[str, str]) -> tuple[ConfinedLibrary, tuple[Problem, ...]]:
    """Compile every email under `templates/`; what is broken, or takes more than its limits, is left out and named.

    Never raises for content.
    """
    texts = {path: text for path, text in files.items() if path.startswith(ROOT)}
    blamed: dict[str, Problem] = {}
    while True:
        try:
            answer = worker().ask({"ask": "compile", "key": _key(texts), "files": texts})
        except FellError as fell:
            path = _blamed(fell, texts.keys() - blamed.keys())
            blamed[path], texts[path] = _problem(fell), ""
            continue
        found = {each for each in _problems(answer) if not (blamed and (each.path in blamed or each.code in _FOLLOWS))}
        return _library(texts, answer, blamed.keys()), tuple(sorted({*found, *blamed.values()}))


def _library(texts: Mapping[str, str], answer: Message, left_out: Collection[str]) -> ConfinedLibrary:
    emails = (path.removeprefix(ROOT) for path in left_out)
    return ConfinedLibrary(
        files=texts,
        brand=read_brand(texts)[0],
        names=frozenset(answer["names"]) | {name.partition(".")[0] for name in emails if "/" not in name},
        languages={template: tuple(languages) for template, languages in answer["languages"].items()},
    )


def _key(texts: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(sorted(texts.items())).encode()).hexdigest()


def _problems(answer: Message) -> list[Problem]:
    return [Problem(**each) for each in answer["problems"]]


def _blamed(fell: FellError, candidates: Collection[str]) -> str:
    """Return the file that was being worked on; raises LifecycleError where it was none of the candidates."""
    if fell.at not in candidates:
        raise LifecycleError(f"the templates cannot be compiled: {_problem(fell).message}")
    return fell.at


def _problem(fell: FellError) -> Problem:
    code, words = _FALLS.get(fell.how, ("T904", {"how": fell.how}))
    return CODES[code].at(Place(path=fell.at or ROOT), **words)


_FALLS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "time": ("T901", {"seconds": LIMITS.seconds}),
    "memory": ("T902", {"size": LIMITS.memory // MB}),
    "output": ("T903", {"size": LIMITS.output // MB}),
}
