"""A small workspace of our own, in which tests put one email, part or layout at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import Problem
from engine.facts import BUILT_IN, Fact, FactType, Trait, known_facts
from engine.rendering import Content, Library, Use, check, compile_library

BRAND = """\
company: Tide & Pool
url: https://tide.example
address: |
  Tide & Pool AB
  Storgatan 1, Stockholm
sender: {name: Tide, address: hello@tide.example}
language: en
currency: EUR
light: {page: "#ffffff", accent: "#1557d6"}
dark: {page: "#000000", accent: "#8ab4ff"}
"""
LAYOUT = """\
---
text: |
  {{ body }}

  --
  {{ words.why }}
  {{ brand.address }}
  {% if links.unsubscribe %}{{ words.stop }}: {{ links.unsubscribe }}{% endif %}
---
<mjml lang="{{ language }}">
  <mj-head>
    <mj-title>{{ subject }}</mj-title>
    <mj-preview>{{ preheader }}</mj-preview>
    <mj-style inline="inline">.body p { margin: 0; }</mj-style>
  </mj-head>
  <mj-body background-color="{{ brand.light.page }}">
    <mj-section css-class="card" padding="0 40px"><mj-column>{{ body }}</mj-column></mj-section>
    <mj-section><mj-column><mj-text>
      {{ words.why }} {{ brand.address }}
      {% if links.unsubscribe %}<a href="{{ links.unsubscribe }}">{{ words.stop }}</a>{% endif %}
    </mj-text></mj-column></mj-section>
  </mj-body>
</mjml>
"""
PARTS = {
    "button": """\
---
parameters:
  label: text
  url: url
  tone: {type: choice, of: [loud, quiet], default: loud}
text: "{{ label }}: {{ url }}"
---
<mj-button href="{{ url }}" background-color="{{ brand.light.accent if tone == 'loud' else '#eeeeee' }}">
  {{ label }}
</mj-button>
""",
    "offer": """\
---
level: section
body: markdown
text: "{{ body }}"
---
<mj-section css-class="offer"><mj-column>{{ body }}</mj-column></mj-section>
""",
    "progress": """\
---
parameters: {value: number, of: number, label: {type: text, default: Done}}
text: "{{ label }}: {{ value }} / {{ of }}"
---
<mj-table><tr><td width="{{ 100 * value / of }}%">{{ label }}</td></tr></mj-table>
""",
    "ticks": """\
---
body: list
text: "{{ body }}"
---
<mj-table>{% for item in body %}<tr><td>{{ item.number }}</td><td>{{ item }}</td></tr>{% endfor %}</mj-table>
""",
    "note": """\
---
body: markdown
text: "Note: {{ body }}"
---
<mj-text css-class="note">{{ body }}</mj-text>
""",
}
WORDS = {
    "en": "why: You use {{ brand.company }}.\nstop: Unsubscribe\n",
    "sv": "why: Du använder {{ brand.company }}.\nstop: Avsluta\n",
}
SAMPLES = """\
sara:
  customer: {first_name: Sara, email: sara@example.com, signed_up_at: 2026-01-05 09:00}
  account: {name: Blue Reef, amount: 4900, currency: EUR, seats: 12, renews_on: 2026-05-01}
  days_left: 7
"""
TRAITS = (
    Trait(subject="account", name="boards", type=FactType.NUMBER),
    Trait(subject="account", name="boards_done", type=FactType.NUMBER),
    Trait(subject="account", name="portal", type=FactType.URL),
    Trait(subject="account", name="trial", type=FactType.BOOLEAN),
    Trait(subject="customer", name="nickname", type=FactType.TEXT),
)
FACTS: Mapping[str, Fact] = known_facts(TRAITS)
assert BUILT_IN.items() <= FACTS.items()
TRIGGER: Mapping[str, FactType | Fact] = {
    "days_left": FactType.NUMBER,
    "gift": FactType.TEXT,
    "event.name": FactType.TEXT,
    "event.at": FactType.TIME,
    "event.properties.*": Fact(path="event.properties.*", type=FactType.TEXT, english="", always=False),
}


def workspace(**more: str) -> dict[str, str]:
    """Return the files of a workspace; `more` are files below templates/, `__` for `/` and a last `_` for the dot."""
    files = {
        "templates/brand.yaml": BRAND,
        "templates/samples.yaml": SAMPLES,
        "templates/layouts/letter.mjml": LAYOUT,
        **{f"templates/parts/{name}.mjml": text for name, text in PARTS.items()},
        **{f"templates/words/{name}.yaml": text for name, text in WORDS.items()},
    }
    return files | {f"templates/{_path(name)}": text for name, text in more.items()}


def _path(name: str) -> str:
    stem, _, suffix = name.replace("__", "/").rpartition("_")
    return f"{stem}.{suffix}"


def email(body: str, *, subject: str = "Hello", head: str = "") -> str:
    """Return an email; its body begins on line 6, or further down where `head` adds lines."""
    return f"---\nsubject: {subject!r}\npreheader: Read this\nsample: sara\n{head}---\n{body}"


def library(files: Mapping[str, str]) -> Library:
    """Return the compiled library of files without a mistake; lint may be meant."""
    compiled, problems = compile_library(files)
    assert [problem for problem in problems if problem.severity == "error"] == []
    return compiled


def render(body: str, context: Mapping[str, Any] | None = None, *, language: str = "en", **options: str) -> Content:
    """Return one Markdown email, rendered."""
    mail = email(body, **options)
    return library(workspace(mail_md=mail)).render("mail", language, context or {})


def use(*, marketing: bool = False, present: Sequence[str] = (), **facts: FactType | Fact) -> Use:
    """Return a use by a rule that gives the usual variables and some more."""
    return Use(rule="a-rule", marketing=marketing, facts={**TRIGGER, **facts}, present=frozenset(present))


def checked(files: Mapping[str, str], *uses: Use, template: str = "mail") -> tuple[Problem, ...]:
    """Return all problems of a workspace whose one email is sent by rules."""
    compiled, problems = compile_library(files)
    return tuple(sorted({*problems, *check(compiled, {template: uses or (use(),)}, FACTS)}))


def found(problems: Sequence[Problem]) -> list[str]:
    """Return problems as `file:line:col code`, the file without its folder and suffix."""
    return [
        f"{problem.path.removeprefix('templates/')}:{problem.line}:{problem.column} {problem.code}"
        for problem in problems
    ]
