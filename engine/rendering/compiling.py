"""All emails of a workspace compiled at once, with every mistake of every file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from engine.errors import Problem
from engine.rendering.brand import read_brand
from engine.rendering.definitions import ROOT, Definitions, read_definitions
from engine.rendering.emails import read_emails
from engine.rendering.environment import make_environment
from engine.rendering.inventing import with_invented
from engine.rendering.library import Library, Variant
from engine.rendering.marks import nonce
from engine.rendering.mjml_lint import lint_mjml
from engine.rendering.samples import Sample, read_samples, sample_of
from engine.rendering.variant import Surroundings, VariantCompiler


def compile_library(files: Mapping[str, str]) -> tuple[Library, tuple[Problem, ...]]:
    """Compile every email under `templates/`; what is broken is left out and named.

    `files` maps workspace-relative paths to texts; the same texts are compiled once a process. Never raises for
    content.
    """
    return _compiled(tuple(sorted((path, text) for path, text in files.items() if path.startswith(ROOT))))


@lru_cache(maxsize=4)
def _compiled(texts: tuple[tuple[str, str], ...]) -> tuple[Library, tuple[Problem, ...]]:
    files = dict(texts)
    brand, found = read_brand(files)
    samples, wrong = read_samples(files)
    definitions = read_definitions(files)
    problems = [*found, *wrong, *definitions.problems, *_mjml_problems(definitions)]
    around = Surroundings(
        definitions=definitions,
        brand=brand,
        environment=make_environment(),
        nonce=nonce(text for path, text in files.items() if path.startswith(ROOT)),
    )
    variants: dict[str, dict[str, Variant]] = {}
    contexts: dict[str, Sample] = {}
    shown: dict[str, Sample] = {}
    names: set[str] = set()
    for email in read_emails(files, brand.language, problems):
        names.add(email.template)
        compiler = VariantCompiler(email, around)
        variant = compiler.compile()
        problems.extend(compiler.problems)
        sample = sample_of(email, samples, problems)
        if variant is not None:
            shown[email.source.path] = with_invented(variant, sample)
            contexts[email.source.path] = sample
            variants.setdefault(email.template, {})[email.language] = variant
    library = Library(brand=brand, variants=variants, names=frozenset(names), samples=contexts, shown=shown)
    return library, tuple(sorted(set(problems)))


def _mjml_problems(definitions: Definitions) -> Iterator[Problem]:
    for part in definitions.parts.values():
        yield from lint_mjml(part.source, part.start, "mj-column" if part.level == "column" else "mj-body")
    for layout in definitions.layouts.values():
        yield from lint_mjml(layout.source, layout.start, "")
