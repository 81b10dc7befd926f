"""All that can be known beforehand about emails and the rules that send them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine.errors import Problem, did_you_mean
from engine.facts import Fact, FactType
from engine.rendering.checking.prover import Prover
from engine.rendering.checking.rendered import Trial
from engine.rendering.checking.uses import Use, Vocabulary, value_kind, vocabulary
from engine.rendering.checking.values import Scene
from engine.rendering.codes import CODES
from engine.rendering.compiled import Variant
from engine.rendering.grammar import ENVIRONMENT
from engine.rendering.kinds import Kind
from engine.rendering.library import Library
from engine.rendering.places import Place
from engine.rendering.progress import Begin, quietly
from engine.rendering.reading import paths_read


def check(
    library: Library,
    uses: Mapping[str, Sequence[Use]],
    facts: Mapping[str, Fact],
    *,
    begin: Begin = quietly,
    skipped: Collection[str] = (),
) -> tuple[Problem, ...]:
    """Return everything wrong with the emails that rules send, and with those that none sends.

    `uses` has for each template the rules that send it; `facts` are those of customers and accounts by path. Emails
    that could not be compiled are left out: `compile_library` has named their problems. `begin` is told the path of
    each email before it is looked at; those at `skipped` paths are not.
    """
    problems: set[Problem] = set(_unknown_templates(library, uses))
    for template, variants in library.variants.items():
        known = tuple(uses.get(template, ()))
        if uses and not known:
            problems.add(CODES["T802"].at(next(iter(variants.values())).email.place))
        for variant in variants.values():
            if variant.email.source.path not in skipped:
                begin(variant.email.source.path)
                problems |= set(_variant(library, variant, known, facts))
        problems |= set(_differences(library, variants))
    return tuple(sorted(problems))


def _unknown_templates(library: Library, uses: Mapping[str, Sequence[Use]]) -> Iterator[Problem]:
    for template, known in uses.items():
        for use in known if template not in library.names else ():
            place = Place(path=use.path or f"rules/{use.rule}.yaml", line=use.line, column=use.column)
            hint = did_you_mean(template, library.names)
            yield CODES["T609"].at(place, name=template, rule=f"the rule `{use.rule}`", hint=hint)


def _variant(library: Library, variant: Variant, uses: Sequence[Use], facts: Mapping[str, Fact]) -> Iterator[Problem]:
    yield from _sample_types(library, variant, facts)
    for use in uses or (_unused(library, variant),):
        words = vocabulary(use, uses, facts, library.brand.values)
        found = set(_proven(variant, words))
        yield from found
        if not found:
            yield from Trial(library=library, variant=variant, use=use, vocabulary=words).problems()


def _proven(variant: Variant, words: Vocabulary) -> Iterator[Problem]:
    for one in variant.compiled.values():
        prover = Prover(one.flat, words, variant.email.place)
        prover.body(ENVIRONMENT.parse(one.flat.source).body, Scene())
        yield from prover.problems


def _unused(library: Library, variant: Variant) -> Use:
    """Return a use for an email that no rule sends: its variables are those of its sample."""
    sample = library.samples.get(variant.email.source.path, {})
    given = {name: FactType(kind.value) for name, kind in _kinds(sample) if kind.value in set(FactType)}
    tables = {name for name, kind in _kinds(sample) if kind is Kind.TABLE} - {"customer", "account"}
    anything = {f"{name}.*": FactType.TEXT for name in tables | {"event", "event.properties"}}
    return Use(rule="", marketing=False, facts={**anything, **given})


def _kinds(sample: Mapping[str, Any]) -> list[tuple[str, Kind]]:
    return [(name, value_kind(value)) for name, value in sample.items()]


def _sample_types(library: Library, variant: Variant, facts: Mapping[str, Fact]) -> Iterator[Problem]:
    sample = library.samples.get(variant.email.source.path, {})
    node = variant.email.sample
    place = variant.email.place if node is None else Place(path=node.path, line=node.line, column=node.column)
    for subject in ("customer", "account"):
        for name, value in sample.get(subject, {}).items():
            fact = facts.get(f"{subject}.{name}")
            if fact is not None and value_kind(value) not in _FITTING[fact.type]:
                yield CODES["T702"].at(place, name=fact.path, what=Kind(fact.type.value).english)


_FITTING = {
    FactType.TEXT: {Kind.TEXT, Kind.URL, Kind.NUMBER},
    FactType.NUMBER: {Kind.NUMBER},
    FactType.MONEY: {Kind.NUMBER},
    FactType.BOOLEAN: {Kind.BOOLEAN},
    FactType.DATE: {Kind.DATE},
    FactType.TIME: {Kind.TIME, Kind.DATE},
    FactType.URL: {Kind.URL},
}


def _differences(library: Library, variants: Mapping[str, Variant]) -> Iterator[Problem]:
    """Yield what language variants do not have in common with the email they translate."""
    base = variants.get(library.brand.language)
    for variant in variants.values() if base is not None else ():
        assert base is not None
        yield from _difference(variant, variant.parts, base.parts, "part")
        yield from _difference(variant, paths_read(variant), paths_read(base), "fact")


def _difference(variant: Variant, here: Iterable[str], there: Iterable[str], what: str) -> Iterator[Problem]:
    for verb, names in (("lacks", set(there) - set(here)), ("alone has", set(here) - set(there))):
        if names:
            listed = ", ".join(f"`{name}`" for name in sorted(names))
            words = f"{verb} the {what}{'s' if len(names) > 1 else ''} {listed}"
            yield CODES["T803"].at(variant.email.place, language=variant.language, what=words)
