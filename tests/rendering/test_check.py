"""What check finds, and where; what it lets pass."""

from __future__ import annotations

import pytest
from rendering.workshop import FACTS, LAYOUT, SAMPLES, checked, email, found, use, workspace

from engine.facts import FactType
from engine.rendering import Use, check, compile_library

GOOD = {
    "a fact that is always there": "{{ customer.email }}",
    "a default": "{{ customer.first_name | default('you') }}",
    "or": "{{ customer.first_name or 'you' }}",
    "if": "{% if customer.first_name %}{{ customer.first_name }}{% endif %}",
    "if defined": "{% if customer.first_name is defined %}{{ customer.first_name }}{% endif %}",
    "if not, else": "{% if not customer.first_name %}a{% else %}{{ customer.first_name }}{% endif %}",
    "if undefined, else": "{% if customer.first_name is undefined %}a{% else %}{{ customer.first_name }}{% endif %}",
    "and": "{% if account.name and account.plan %}{{ account.name }} {{ account.plan }}{% endif %}",
    "and, used at once": "{% if account.seats and account.seats > 3 %}a{% endif %}",
    "or, used at once": "{% if not account.seats or account.seats > 3 %}a{% endif %}",
    "neither, elif": "{% if not account.name or not account.plan %}a{% elif gift %}{{ account.plan }}{% endif %}",
    "both sides of or": "{% if (account.name and account.plan) or account.name %}{{ account.name }}{% endif %}",
    "elif": "{% if account.name %}a{% elif account.plan %}{{ account.plan }}{% endif %}",
    "one or the other": "{{ account.name if account.name else 'you' }}",
    "a loop": "{% for x in event.properties.items | default([]) %}{{ x.name | default('a') }}{% endfor %}",
    "guarded": "{% if event.properties.b %}{% for x in event.properties.b %}{{ x.a or 1 }}{% endfor %}{% endif %}",
    "a loop's counter": "{% for x in ['a'] %}{{ loop.index }}{% if not loop.last %},{% endif %}{% endfor %}",
    "money": "{% if account.amount %}{{ account.amount | money }}{% endif %}",
    "money counted with": "{% if account.amount %}{{ (account.amount / 12) | money }}{% endif %}",
    "a date": "{% if account.renews_on %}{{ account.renews_on | date('day') }}{% endif %}",
    "a time": "{{ event.at | date }} {{ event.at | time }}",
    "a number": "{{ days_left }} {{ days_left | plural('day', 'days') }} {{ days_left | ordinal }}",
    "a wild property": "{{ event.properties.anything | default('a') }}",
    "a filter after a default": "{{ account.plan | default('free') | upper }}",
    "division by what is not 0": "{% if account.boards %}{{ 100 * days_left / account.boards }}{% endif %}",
    "a comparison with 0": "{% if account.boards and account.boards > 0 %}{{ 1 / account.boards }}{% endif %}",
    "like kinds": "{% if gift == 'pro' or days_left in [1, 2] or customer.email in 'a' %}a{% endif %}",
    "joined": "{{ 'a' ~ gift }}",
    "an address of type url": "{% if account.portal %}[a]({{ account.portal }}){% endif %}",
    "in an address": "[a]({{ brand.url }}/x?y={{ customer.email }}&z={{ days_left }})",
    "a link that may be missing": "{% if links.unsubscribe %}[a]({{ links.unsubscribe }}){% endif %}",
}  # fmt: skip

BAD = {
    "an unknown variable": ("a {{ days_lft }}", "6:6 T401"),
    "an unknown fact": ("a\n\n{{ customer.frist_name }}", "8:4 T401"),
    "an unknown fact in a test": ("{% if account.naem %}a{% endif %}", "6:7 T401"),
    "an unknown filter": ("{{ gift | uper }}", "6:11 T402"),
    "an unknown test": ("{% if gift is lovely %}a{% endif %}", "6:15 T403"),
    "a filter on the wrong type": ("{{ gift | money }}", "6:11 T404"),
    "a date filter on a number": ("{{ days_left | date }}", "6:16 T404"),
    "a filter without its argument": ("{{ gift | default }}", "6:11 T405"),
    "a style that does not exist": ("{{ event.at | date('ling') }}", "6:15 T405"),
    "an argument of the wrong type": ("{{ gift | truncate('a') }}", "6:11 T405"),
    "money as stored": ("{% if account.amount %}{{ account.amount }}{% endif %}", "6:27 T406"),
    "a date as stored": ("{% if account.renews_on %}{{ account.renews_on }}{% endif %}", "6:30 T406"),
    "truth as stored": ("{% if account.trial %}{{ account.trial }}{% endif %}", "6:26 T406"),
    "a date joined as stored": ("{{ 'a' ~ event.at }}", "6:10 T406"),
    "a table of facts": ("{{ customer }}", "6:4 T406"),
    "money that a default lets through": ("{{ account.amount | default(0) }}", "6:4 T406"),
    "a missing fact": ("{{ customer.first_name }}", "6:4 T407"),
    "a missing fact after another": ("{% if account.name %}{{ account.plan }}{% endif %}", "6:25 T407"),
    "a missing fact in else": ("{% if account.name %}a{% else %}{{ account.name }}{% endif %}", "6:36 T407"),
    "a missing fact after its if": ("{% if account.name %}a{% endif %}{{ account.name }}", "6:37 T407"),
    "one of two": ("{% if account.name or account.plan %}{{ account.name }}{% endif %}", "6:41 T407"),
    "not both": ("{% if not (account.name and account.plan) %}a{% else %}b{% endif %}{{ account.plan }}", "6:71 T407"),
    "a comparison with what is missing": ("{% if account.seats > 3 %}a{% endif %}", "6:7 T407"),
    "a filter on what is missing": ("{{ account.plan | upper }}", "6:4 T407"),
    "if without else": ("{{ account.name if account.name }}", "6:4 T407"),
    "a default that may be missing": ("{{ account.name | default(account.plan) }}", "6:27 T407"),
    "a loop over what is missing": ("{% for x in event.properties.a %}{{ x }}{% endfor %}", "6:13 T407"),
    "an item's fact that is missing": (
        "{% for x in event.properties.a | default([]) %}{{ x.b }}{% endfor %}",
        "6:51 T407",
    ),
    "a loop variable that hides a proof": (
        "{% if account.name %}{% for account in event.properties.a or [] %}{{ account.name }}{% endfor %}{% endif %}",
        "6:70 T407",
    ),
    "a missing fact in an address": ("[a]({{ brand.url }}/{{ account.id }})", "6:24 T407"),
    "an order of texts": ("{% if gift > 'a' %}a{% endif %}", "6:4 T408"),
    "equal things of unlike kinds": ("{% if gift == 3 %}a{% endif %}", "6:4 T408"),
    "counting with a text": ("{{ gift + 1 }}", "6:4 T408"),
    "counting with what has no type": (
        "{% if event.properties.a %}{{ event.properties.a * 2 }}{% endif %}",
        "6:31 T408",
    ),
    "a link that is a text": ("[a]({{ gift }})", "6:8 T409"),
    "an address that begins with a text": ("[a]({{ gift }}/x)", "6:8 T409"),
    "an unknown brand value": ("{{ brand.compny }}", "6:4 T410"),
    "repeating a number": ("{% for x in days_left %}a{% endfor %}", "6:13 T411"),
    "division by what may be 0": ("{{ 1 / days_left }}", "6:8 T412"),
    "an unknown word": ("{{ words.stopp }}", "6:4 T312"),
    "an unknown part": ("a\n\n::: buton [a](https://b.example)", "8:5 T301"),
    "an unknown parameter": ("::: button colour=red [a](https://b.example)", "6:12 T302"),
    "a missing argument": ("::: button label=a", "6:5 T303"),
    "an argument of another type": ("::: progress value=many of=3", "6:14 T304"),
    "a choice that is none": ("::: button tone=lowd [a](https://b.example)", "6:12 T304"),
    "a choice that changes": ("::: button tone={{ gift }} [a](https://b.example)", "6:12 T304"),
    "a relative address": ("::: button [a](/b)", "6:16 T304"),
    "an unclosed part": ("a\n\n::: offer\nb", "8:5 T305"),
    "a stray end": ("a\n\n:::\n\nb", "8:1 T306"),
    "a part in a list": ("- a\n\n  ::: button [a](https://b.example)", "8:7 T307"),
    "a section in a part": ("::: offer\n::: offer\na\n:::\n:::", "7:5 T307"),
    "a part in a text": ("::: note\n::: button [a](https://b.example)\n:::", "7:5 T307"),
    "no argument": ("::: button label [a](https://b.example)", "6:12 T308"),
    "no list in a list part": ("::: ticks\na\n:::", "6:5 T309"),
    "an argument twice": ("::: button label=a [a](https://b.example)", "6:12 T314"),
    "an if that is never ended": ("a {% if gift %} b", "6:6 T204"),
    "an end that ends nothing": ("a {% endif %} b", "6:6 T205"),
    "an else after an else": ("{% if gift %}a{% else %}b{% else %}c{% endif %}", "6:29 T205"),
    "a statement across paragraphs": ("a {% if gift %} b\n\nc {% endif %} d", "8:6 T206"),
    "a statement across emphasis": ("a **{% if gift %} b** {% endif %} d", "6:26 T206"),
    "a statement across an address": ("[a{% if gift %}](https://b.example/{% endif %})", "6:39 T205"),
    "a broken expression": ("{{ gift | }}", "6:4 T201"),
    "an open expression": ("a {{ gift ", "6:3 T201"),
    "set": ("{% set a = 1 %}", "6:4 T202"),
    "include": ("{% include 'a' %}", "6:4 T202"),
    "raw": ("{% raw %}{{ a }}{% endraw %}", "6:10 T202"),
    "a call": ("{{ gift.upper() }}", "6:4 T202"),
    "none": ("{% if gift == none %}a{% endif %}", "6:15 T202"),
    "a sign that eats blanks": ("a {%- if gift %}b{% endif %}", "6:3 T203"),
    "a bomb": ("{{ 'x' * 1000000000 }}", "6:4 T208"),
    "a link with a blank": ("[a] (b) [a](b c)", "2:1 T602"),
    "a picture without a width": ("![a](https://b.example/c.png)", "6:1 T601"),
}  # fmt: skip


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_good(body: str) -> None:
    """What cannot fail passes."""
    assert found(checked(workspace(mail_md=email(body)))) == []


@pytest.mark.parametrize(("body", "expected"), BAD.values(), ids=BAD)
def test_bad(body: str, expected: str) -> None:
    """What could fail is named, once, at its author's line and column."""
    assert f"mail.md:{expected}" in found(checked(workspace(mail_md=email(body))))


def test_every_mistake_at_once() -> None:
    """The mistakes of one file hide neither each other nor those of other files."""
    files = workspace(
        mail_md=email("{{ a_b }} {{ gift | uper }}\n\n::: nope\n\n{% if gift %}", subject="{{ nobody }}"),
        other_md="no head",
        parts__worse_mjml="---\ntext: ''\n---\n<mj-txt>a</mj-txt>",
        words__de_yaml="a: [",
    )
    codes = {problem.code for problem in checked(files)}
    assert codes >= {"T402", "T301", "T204", "T101", "T501", "E101"}


def test_did_you_mean() -> None:
    """A near name is offered."""
    (problem,) = checked(workspace(mail_md=email("{{ customer.frist_name | default('a') }}")))
    assert str(problem) == (
        "templates/mail.md:6:4: T401 there is no variable `customer.frist_name`; did you mean `customer.first_name`?"
    )


def test_mistakes_in_heads_layouts_parts_and_words() -> None:
    """A mistake is placed in the file whose author can mend it."""
    part = "---\nparameters: {a: text}\ntext: '{{ a }} {{ gft }}'\n---\n<mj-text>\n  {{ a }} {{ gft }}\n</mj-text>"
    files = workspace(
        mail_md=email("::: p a={{ customer.first_name }}", subject="{{ giift }}"),
        parts__p_mjml=part,
        words__en_yaml="why: You use {{ brand.compny }}.\nstop: Stop, {{ gift }} {{ naem }}\n",
    )
    assert found(checked(files)) == ["words/en.yaml:1:17 T410"]
    files["templates/words/en.yaml"] = "why: Because.\nstop: Stop, {{ gift }} {{ naem }}\n"
    assert found(checked(files)) == [
        "mail.md:2:14 T401",
        "mail.md:6:12 T407",
        "parts/p.mjml:3:19 T401",
        "parts/p.mjml:6:14 T401",
        "words/en.yaml:2:27 T401",
    ]


def test_facts_that_a_rule_proves() -> None:
    """What a rule's conditions prove needs no default in its mail, and is missed in another rule's."""
    files = workspace(mail_md=email("{{ account.name }}"))
    sure = use(present=["account.name"])
    assert found(checked(files, sure)) == []
    assert found(checked(files, sure, use())) == ["mail.md:6:4 T407"]


def test_variables_that_only_another_rule_gives() -> None:
    """A variable of one rule may be missing in the mail of another."""
    one, other = Use(rule="one", marketing=False, facts={"years": FactType.NUMBER}), Use(rule="other", marketing=False)
    assert found(checked(workspace(mail_md=email("{{ years }}")), one)) == []
    assert found(checked(workspace(mail_md=email("{{ years }}")), one, other)) == ["mail.md:6:4 T407"]
    assert found(checked(workspace(mail_md=email("{{ years | default(1) }}")), one, other)) == []


def test_marketing_needs_a_way_out_and_an_address() -> None:
    """Mail of a marketing topic prints the unsubscribe link and the postal address, in HTML and in text."""
    bare = LAYOUT.replace("{{ brand.address }}", "").replace("{% if links.unsubscribe %}", "{% if gift == 'x' %}")
    files = workspace(mail_md=email("a", head="layout: letter\n"), layouts__letter_mjml=bare)
    assert found(checked(files)) == ["layouts/letter.mjml:8:44 T407", "layouts/letter.mjml:20:39 T407"]
    bare = bare.replace("{{ links.unsubscribe }}", "https://a.example")
    files["templates/layouts/letter.mjml"] = bare
    assert found(checked(files)) == []
    assert found(checked(files, use(marketing=True))) == ["mail.md:5:9 T605", "mail.md:5:9 T606"]
    assert found(checked(workspace(mail_md=email("a")), use(marketing=True))) == []


def test_a_mail_must_not_be_cut() -> None:
    """HTML beyond 102 KB is refused."""
    (problem,) = checked(workspace(mail_md=email("word " * 25_000)))
    assert problem.code == "T603"


def test_a_subject_must_not_be_empty() -> None:
    """A subject that is empty for some readers is refused, and says for which."""
    (problem,) = checked(workspace(mail_md=email("a", subject="{% if customer.first_name %}Hi{% endif %}")))
    assert (problem.code, problem.message) == ("T608", "the subject is empty where `customer.first_name` is missing")


def test_templates_that_do_not_exist() -> None:
    """A rule that sends an email that is not there is told which one is near, at the place where it names it."""
    library, _ = compile_library(workspace(mail_md=email("a")))
    wrong = Use(rule="a", marketing=False, path="rules/a.yaml", line=4, column=7)
    problems = check(library, {"mail": (use(),), "mial": (wrong,)}, FACTS)
    assert [str(problem) for problem in problems] == [
        "rules/a.yaml:4:7: T609 there is no template `mial`, which the rule `a` sends; did you mean `mail`?"
    ]


def test_an_email_that_nobody_sends_is_checked_with_its_sample() -> None:
    """It is only a lint that no rule sends it; its mistakes are found all the same."""
    library, _ = compile_library(workspace(mail_md=email("a"), spare_md=email("{{ days_left }} {{ days_lft }}")))
    problems = check(library, {"mail": (use(),)}, FACTS)
    assert [(problem.code, problem.severity) for problem in problems] == [("T802", "lint"), ("T401", "error")]


def test_variants_have_the_same_parts_and_facts() -> None:
    """A translation that lost a part or a fact is pointed out."""
    files = workspace(
        mail_md=email("{{ gift }}\n\n::: button [a](https://b.example)"),
        mail_sv_md=email("a"),
    )
    files["templates/mail.sv.md"] = files.pop("templates/mail_sv.md")
    problems = checked(files)
    assert [(problem.code, problem.message) for problem in problems] == [
        ("T803", "the sv variant lacks the fact `gift`"),
        ("T803", "the sv variant lacks the part `button`"),
    ]


def test_samples_fit_the_facts() -> None:
    """A sample that names a reader who is not there, or holds a value of another type, is refused."""
    missing = email("a").replace("sample: sara", "sample: sarah")
    assert found(checked(workspace(mail_md=missing))) == ["mail.md:4:9 T701"]
    wrong = SAMPLES.replace("seats: 12", "seats: many")
    assert found(checked(workspace(mail_md=email("a"), samples_yaml=wrong))) == ["mail.md:4:9 T702"]
