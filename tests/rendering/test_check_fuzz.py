"""Random templates: what the prover lets pass never fails, whatever is missing and whatever the values are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import Template
from rendering.workshop import FACTS, use

from engine.rendering.checking.prover import Prover
from engine.rendering.checking.uses import vocabulary
from engine.rendering.checking.values import Scene
from engine.rendering.flat import Flat
from engine.rendering.grammar import ENVIRONMENT
from engine.rendering.links import Tracking
from engine.rendering.locales import reader_locale
from engine.rendering.marks import Marks
from engine.rendering.pieces import take_apart
from engine.rendering.places import Place, Source
from engine.rendering.statements import nest
from engine.rendering.text_flat import flatten_text

ROUNDS = 1500
BRAND = {"company": "Tide", "url": "https://tide.example"}
WORDS = vocabulary(use(), (use(),), FACTS, BRAND)
PATHS = (
    "customer.first_name", "customer.email", "account.name", "account.amount", "account.currency", "account.seats",
    "account.boards", "account.trial", "account.renews_on", "account.portal", "customer.signed_up_at", "days_left",
    "gift", "event.name", "event.at", "event.properties.a", "event.properties.a.b", "brand.company",
    "links.unsubscribe", "x", "x.y", "loop.index",
)  # fmt: skip
FILTERS = (
    "default('a')", "default(0)", "default([])", "money", "money('SEK')", "money(cents=false)", "date", "date('day')",
    "time", "number", "percent", "ordinal", "plural('a', 'b')", "upper", "capitalize", "truncate(3)", "join(', ')",
    "length",
)  # fmt: skip
OPERATORS = ("==", "!=", "<", ">=", "in", "not in", "and", "or", "+", "-", "*", "/", "//", "%", "~")
CONSTANTS = ("'a'", "''", "0", "1", "2.5", "true", "['a', 1]", "[]")
FITTING = (
    "{} | default('a')", "{} | default(1)", "{} or 'a'", "({} | default(2)) > 1", "{} is defined", "not {}",
    "{} and gift", "'b' if {} else gift", "{0} if {0} else 'a'", "{} | default(0) | number",
    "{} | default('a') | upper",
)  # fmt: skip
SHAPES = (
    "{{% if {0} %}}{1}{{% endif %}}", "{{% if {0} %}}{1}{{% else %}}{2}{{% endif %}}", "{1}{2}",
    "{{% if {0} %}}{1}{{% elif {3} %}}{2}{{% endif %}}", "{{% for x in {0} | default([]) %}}{1}{{% endfor %}}",
    "{{% for x in {0} %}}{1}{{% else %}}{2}{{% endfor %}}", "{{% if not {0} %}}{1}{{% else %}}{2}{{% endif %}}",
    "{{% if {0} and {3} %}}{1}{{% else %}}{2}{{% endif %}}", "{{% if {0} or {3} %}}{1}{{% else %}}{2}{{% endif %}}",
)  # fmt: skip


class Writer:
    """Writes random templates, most of which nearly make sense: few names, so that proofs meet what they prove."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 (nothing is secret here)
        self._paths = self._random.sample(PATHS, 3)

    def template(self, depth: int = 2) -> str:
        """Return a template of what is printed, decided and repeated."""
        if depth == 0 or self._random.random() < 0.2:
            shape = self._random.choice(("{{{{ {} }}}}", "{{{{ {} }}}}", "https://a.example/{{{{ {} }}}}"))
            return shape.format(self.expression())
        inner = [self.template(depth - 1) for _ in range(2)]
        return self._random.choice(SHAPES).format(self.test(), *inner, self.test())

    def test(self) -> str:
        """Return what is asked: mostly whether something is there."""
        asked = (
            *self._paths,
            *(f"{path} is defined" for path in self._paths),
            *(f"{path} is undefined" for path in self._paths),
        )
        return self._random.choice(asked) if self._random.random() < 0.75 else f"({self.expression()})"

    def expression(self, depth: int = 2) -> str:
        """Return an expression over a few names, and all filters and operators."""
        roll = self._random.random()
        if depth == 0 or roll < 0.5:
            return self._random.choice((*self._paths, *self._paths, self._random.choice(CONSTANTS)))
        if roll < 0.8:
            return self._random.choice(FITTING).format(self._random.choice(self._paths))
        one, other = self.expression(depth - 1), self.expression(depth - 1)
        if roll < 0.9:
            return f"({one}) | {self._random.choice(FILTERS)}"
        return f"({one}) {self._random.choice(OPERATORS)} ({other})"


TEXTS = st.sampled_from(["", "a", "Ana", "<b>", "%"])
NUMBERS = st.sampled_from([0, 1, 2, 12, 3.5])
ANYTHING = st.recursive(
    TEXTS | NUMBERS | st.booleans() | st.just(date(2026, 1, 2)),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "y"]), inner, max_size=2),
    max_leaves=4,
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "number": NUMBERS,
    "money": st.sampled_from([0, 4900]),
    "boolean": st.booleans(),
    "date": st.just(date(2026, 2, 28)),
    "time": st.just(datetime(2026, 2, 28, 23, 30, tzinfo=UTC)),
    "url": st.just("https://portal.example/x"),
}


@st.composite
def contexts(draw: st.DrawFn) -> dict[str, Any]:
    """Return contexts in which each fact that may be missing may be missing."""
    context: dict[str, Any] = {"customer": {}, "account": {}, "links": {}, "event": {}}
    for path, known in WORDS.names.items():
        table, _, name = path.rpartition(".")
        if known.kind.value in VALUES and table != "brand" and (known.always or draw(st.booleans())):
            (context[table] if table else context)[name] = draw(VALUES[known.kind.value])
    if draw(st.booleans()):
        context["event"]["properties"] = draw(st.dictionaries(st.sampled_from(["a", "b"]), ANYTHING, max_size=2))
    return context


def flat(source: str) -> Flat | None:
    """Return a template as emails have it; None where its grammar is refused."""
    taken = take_apart(source, Source("fuzz.md", source).place)
    marks = Marks("Qjfuzz")
    problems = [*taken.problems, *nest(taken.pieces).problems]
    made = flatten_text(marks.put_all(taken.pieces, str), marks, Tracking(host="a.example", campaign="c"), problems)
    return None if problems else made


def passes(made: Flat) -> bool:
    """Tell whether the prover lets a template pass."""
    prover = Prover(made, WORDS, Place(path="fuzz.md"))
    prover.body(ENVIRONMENT.parse(made.source).body, Scene())
    return not prover.problems


KNOWN = (
    "{% if account.name %}{% for account in event.properties.a or [] %}{{ account.name }}{% endfor %}{% endif %}",
    "{% for x in event.properties.a %}{{ x }}{% else %}{{ x }}{% endfor %}",
    "{{ (account.name or 'a') | upper }}",
    "{{ (account.name and gift) | upper }}",
    "{{ ('a' if account.name) | default('b') }}",
)


def renders(made: Flat, context: dict[str, Any]) -> bool:
    """Tell that a template renders with a context; raises where it does not."""
    code = ENVIRONMENT.compile(made.source, "fuzz.txt", "fuzz.txt")
    template = Template.from_code(ENVIRONMENT, code, {"brand": BRAND, "language": "en", "_tracking": None})
    return isinstance(template.render({**context, "_locale": reader_locale("en", "en"), "_zone": UTC}), str)


@settings(max_examples=ROUNDS, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.integers(0, 10**9).map(lambda seed: Writer(seed).template()) | st.sampled_from(KNOWN), contexts())
def test_what_passes_does_not_fail(source: str, context: dict[str, Any]) -> None:
    """A template that passes renders with any facts missing and any values."""
    made = flat(source)
    if made is not None and passes(made):
        assert renders(made, context), source


def test_the_fuzz_reaches_what_it_is_for() -> None:
    """Enough of the random templates pass, or the test above would prove nothing."""
    made = [flat(Writer(seed).template()) for seed in range(400)]
    passing = [one.source for one in made if one is not None and passes(one)]
    assert len(passing) > 40
    assert any("if" in source and "else" in source for source in passing)
