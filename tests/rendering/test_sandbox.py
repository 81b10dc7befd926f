"""What a template cannot do: reach files, attributes or processes, or use up memory and time."""

from __future__ import annotations

import pytest
from rendering.workshop import checked, email, render, workspace

from engine.rendering import RenderError

ATTEMPTS = (
    "{{ ''.__class__.__mro__ }}",
    "{{ customer.__class__ }}",
    "{{ customer['__class__'] }}",
    "{{ (customer | default('a')).__init__.__globals__ }}",
    "{{ self }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__['os'] }}",
    "{{ range(999999999) }}",
    "{{ namespace(a=1) }}",
    "{{ dict(a=1) }}",
    "{% for x in range(10) %}a{% endfor %}",
    "{{ gift.format(a=1) }}",
    "{{ '%999999999d' % 1 }}",
    "{{ 'x' * 10**9 }}",
    "{{ 9**9**9 }}",
    "{{ ['a'] * 1000000 }}",
    "{{ gift * 1000000000 }}",
    "{{ gift | attr('__class__') }}",
    "{{ gift | map('upper') }}",
    "{{ gift | safe }}",
    "{{ _context }}",
    "{{ brand._secret }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% extends 'a' %}",
    "{% macro a() %}{% endmacro %}",
    "{% set a = 1 %}",
    "{% filter upper %}a{% endfilter %}",
    "{% autoescape false %}a{% endautoescape %}",
    "{% with %}a{% endwith %}",
    "{% do 1 %}",
    "{% for a in [1] recursive %}a{% endfor %}",
    "{% for a in [1] %}{% for b in [1] %}{% for c in [1] %}x{% endfor %}{% endfor %}{% endfor %}",
    "{{ [" + "1," * 200 + "] | join }}",
    "{{ '" + "x" * 3000 + "' }}",
)


@pytest.mark.parametrize("body", ATTEMPTS)
def test_attempts(body: str) -> None:
    """Whatever is not a fact, a filter or a plain expression is refused by check."""
    problems = checked(workspace(mail_md=email(body)))
    assert any(problem.severity == "error" for problem in problems)


@pytest.mark.parametrize("head", ATTEMPTS[:12])
def test_attempts_in_heads(head: str) -> None:
    """The subject is no way around it."""
    assert checked(workspace(mail_md=email("a", subject=head)))


def test_facts_are_tables_alone() -> None:
    """A fact named like a method of Python's tables is the fact, and one that is missing is missing."""
    assert render("{{ account.items }}", {"account": {"items": 3}}).text.startswith("3\n")
    with pytest.raises(RenderError):
        render("{{ account.keys }}", {"account": {}})


def test_even_unchecked_templates_cannot_repeat_texts() -> None:
    """Counting with a text fails at once instead of filling the memory."""
    with pytest.raises(RenderError, match="counts with numbers only"):
        render("{{ gift * 1000000000 }}", {"gift": "x"})
