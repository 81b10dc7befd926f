"""All emails of a workspace compiled at once, with every mistake of every file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping
from functools import lru_cache

from engine.errors import Problem
from engine.rendering.brand import PATH as BRAND
from engine.rendering.brand import read_brand
from engine.rendering.codes import CODES
from engine.rendering.compiled import Variant
from engine.rendering.definitions import ROOT, Definitions, read_definitions
from engine.rendering.emails import Email, read_emails
from engine.rendering.environment import make_environment
from engine.rendering.library import Library
from engine.rendering.lints import lints
from engine.rendering.marks import nonce
from engine.rendering.mjml_lint import lint_mjml
from engine.rendering.places import read_source
from engine.rendering.progress import Begin, quietly
from engine.rendering.samples import PATH as SAMPLES
from engine.rendering.samples import read_samples, sample_of
from engine.rendering.variant import Surroundings, VariantCompiler

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NOT_IN_BRAND = "T410"
"""What cannot be said of a name while the brand itself is broken, or one typo there would be told in every mail."""


def compile_library(files: Mapping[str, str]) -> tuple[Library, tuple[Problem, ...]]:
    """Compile every email under `templates/`; what is broken is left out and named.

    `files` maps workspace-relative paths to texts; the same texts are compiled once a process. Never raises for
    content.
    """
    return _compiled(tuple(sorted((path, text) for path, text in files.items() if path.startswith(ROOT))))


@lru_cache(maxsize=4)
def _compiled(texts: tuple[tuple[str, str], ...]) -> tuple[Library, tuple[Problem, ...]]:
    return compile_files(dict(texts))


Made = tuple[Variant | None, tuple[Problem, ...]]
Key = tuple[str, ...]


def compile_files(
    files: Mapping[str, str], *, begin: Begin = quietly, made: MutableMapping[Key, Made] | None = None
) -> tuple[Library, tuple[Problem, ...]]:
    """Compile every email under `templates/` as `compile_library` does, and say before each file that it begins.

    What is in `made` is not compiled again; afterwards it holds what these files made, and nothing else.
    """
    begin(BRAND)
    brand, found = read_brand(files)
    begin(SAMPLES)
    samples, wrong = read_samples(files)
    definitions = read_definitions(files, begin)
    problems = [*found, *wrong, *definitions.problems, *_mjml_problems(definitions)]
    around = Surroundings(
        definitions=definitions,
        brand=brand,
        environment=make_environment(),
        nonce=nonce(text for path, text in files.items() if path.startswith(ROOT)),
    )
    emails = tuple(read_emails(files, brand.language, problems, begin))
    problems.extend(lints(definitions, emails, brand.language))
    before, made = dict(made or {}), {} if made is None else made
    made.clear()
    shared = _surroundings(files)
    for email in emails:
        key = (shared, email.source.path, email.source.text)
        made[key] = before.get(key) or _made(email, around, begin)
        problems.extend(made[key][1])
    variants = [variant for variant, _ in made.values() if variant]
    written = {email.source.path: sample_of(email, samples, problems) for email in emails}
    library = Library(
        brand=brand,
        variants=_by_template(variants),
        names=frozenset(email.template for email in emails),
        samples=written,
    )
    problems += _hidden(files, told={problem.path for problem in problems if problem.code == "E111"})
    return library, tuple(sorted({problem for problem in problems if not found or problem.code != _NOT_IN_BRAND}))


def _hidden(files: Mapping[str, str], told: Collection[str]) -> Iterator[Problem]:
    """Yield control characters, which nobody sees and no mail may carry; those of a head are told already."""
    for path, text in files.items():
        source = read_source(path, text)
        if path.endswith((".md", ".mjml")) and path not in told and (match := _CONTROL.search(source.text)):
            yield CODES["T110"].at(source.place(match.start()), number=f"{ord(match[0]):04X}")


def _made(email: Email, around: Surroundings, begin: Begin) -> Made:
    begin(email.source.path)
    compiler = VariantCompiler(email, around)
    return compiler.compile(), tuple(compiler.problems)


def _surroundings(files: Mapping[str, str]) -> str:
    """Return a digest of what all emails are made with: the files in folders, and the brand."""
    shared = sorted((path, text) for path, text in files.items() if "/" in path.removeprefix(ROOT) or path == BRAND)
    return hashlib.sha256(repr(shared).encode()).hexdigest()


def _by_template(variants: Iterable[Variant]) -> dict[str, dict[str, Variant]]:
    by_template: dict[str, dict[str, Variant]] = {}
    for variant in variants:
        by_template.setdefault(variant.email.template, {})[variant.language] = variant
    return by_template


def _mjml_problems(definitions: Definitions) -> Iterator[Problem]:
    for part in definitions.parts.values():
        yield from lint_mjml(part.source, part.start, "mj-column" if part.level == "column" else "mj-body")
    for layout in definitions.layouts.values():
        yield from lint_mjml(layout.source, layout.start, "")
