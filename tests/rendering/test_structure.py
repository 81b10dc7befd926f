"""Files that are not what they should be: heads, brands, parts, layouts, words and MJML."""

from __future__ import annotations

import pytest
from rendering.workshop import BRAND, LAYOUT, checked, email, found, workspace

from engine.rendering import compile_library

MAIL = email("a\n\n::: button [a](https://b.example)\n::: p\n")


def part(mjml: str, head: str = "text: ''") -> str:
    """Return a part; its MJML begins on line 4, or further down where the head has more lines."""
    return f"---\n{head}\n---\n{mjml}"


MJML = {
    "an unknown element": ("<mj-txt>a</mj-txt>", "4:1 T501"),
    "an unknown attribute": ('<mj-text colour="red">a</mj-text>', "4:10 T502"),
    "an element in the wrong place": ("<mj-section><mj-column></mj-column></mj-section>", "4:1 T503"),
    "an element inside text": ("<mj-text>\n  <mj-image alt='a' /></mj-text>", "5:3 T503"),
    "an open element": ("<mj-text>a", "4:1 T504"),
    "an open element inside text": ("<mj-text>a <b>c</mj-text>", "4:12 T504"),
    "an end of nothing": ("<mj-spacer /></mj-text>", "4:14 T505"),
    "crossing elements": ("<mj-text><b>a<i>b</b>c</i></mj-text>", "4:14 T504"),
    "an attribute without quotes": ("<mj-text align=left>a</mj-text>", "4:10 T506"),
    "an attribute without quotes inside text": ("<mj-text><a href=b>a</a></mj-text>", "4:13 T506"),
    "a stray sign": ("<mj-text>a < b</mj-text>", "4:12 T506"),
    "a value where MJML counts": (
        '<mj-image alt="a" src="https://a.example" width="{{ days_left }}px" />',
        "4:53 T507",
    ),
    "a value in a measure": ('<mj-spacer height="{{ days_left }}px" />', "4:23 T313"),
    "text in a column": ("hello", "4:1 T508"),
    "a value in a column": ("{{ gift }}", "4:1 T508"),
    "a value in a style": ('<mj-text><p style="color: {{ gift }}">a</p></mj-text>', "4:30 T313"),
    "a value in a colour": ('<mj-text color="{{ gift }}">a</mj-text>', "4:20 T313"),
    "a picture without words": ('<mj-image src="https://a.example/b.png" />', "4:1 T601"),
    "a picture without a width": ('<mj-text><img src="https://a.example/b.png" alt="" /></mj-text>', "4:10 T601"),
    "statements that cross elements": ("<mj-text>{% if gift %}<b>a{% endif %}</b></mj-text>", "4:30 T206"),
    "a statement in half an attribute": (
        '<mj-text><a href="https://a.example/{% if gift %}">a{% endif %}</a></mj-text>',
        "4:56 T206",
    ),
    "a statement between columns": (
        "<mj-section>{% if gift %}<mj-column></mj-column>{% endif %}</mj-section>",
        "5:16 T509",
        "level: section\ntext: ''",
    ),
    "an unknown parameter type": ("<mj-spacer />", "2:17 T105", "parameters: {a: txt}\ntext: ''"),
    "a parameter with a name of ours": ("<mj-spacer />", "2:14 T106", "parameters: {brand: text}\ntext: ''"),
    "an unknown key": ("<mj-spacer />", "2:1 T103", "txt: ''\ntext: ''"),
    "no text form": ("<mj-spacer />", "2:1 T104", "level: column"),
    "a level that is none": ("<mj-spacer />", "2:8 T105", "level: row\ntext: ''"),
    "a body that is not printed": ("<mj-spacer />", "1:1 T309", "body: markdown\ntext: '{{ body }}'"),
    "a body that is not in the text": ("<mj-text>{{ body }}</mj-text>", "1:1 T309", "body: markdown\ntext: ''"),
    "a default of another": ("<mj-spacer />", "2:41 T105", "parameters: {a: {type: number, default: a}}\ntext: ''"),
    "a choice without words": ("<mj-spacer />", "2:17 T105", "parameters: {a: choice}\ntext: ''"),
}  # fmt: skip


@pytest.mark.parametrize("case", MJML.values(), ids=MJML)
def test_parts(case: tuple[str, ...]) -> None:
    """What is wrong in a part is named where its designer wrote it."""
    mjml, expected, *head = case
    files = workspace(mail_md=MAIL, parts__p_mjml=part(mjml, *head))
    assert f"parts/p.mjml:{expected}" in found(checked(files))


BODIES = {
    "a section in a column": ("<mj-text>a</mj-text>\n::: offer\na\n:::", "7:5 T307"),
    "content between sections": ("<mj-section></mj-section>\n::: button [a](https://b.example)", "7:5 T307"),
    "an unknown part": ("<mj-text>a</mj-text>\n::: buton [a](https://b.example)", "7:5 T301"),
    "a wrong argument": ("<mj-text>a</mj-text>\n::: button tone=lowd [a](https://b.example)", "7:12 T304"),
    "a part that is not closed": ("<mj-section></mj-section>\n::: offer\na", "7:5 T305"),
    "a wrong element": ("::: button [a](https://b.example)\n<mj-txt />", "7:1 T501"),
    "a stray end": ("<mj-text>a</mj-text>\n:::", "7:1 T306"),
}


@pytest.mark.parametrize(("body", "expected"), BODIES.values(), ids=BODIES)
def test_mjml_bodies(body: str, expected: str) -> None:
    """What is wrong in an MJML body is named at its line and column."""
    assert f"mail.mjml:{expected}" in found(checked(workspace(mail_mjml=email(body))))


HEADS = {
    "no head": ("a", "1:1 T101"),
    "an open head": ("---\nsubject: a\n", "1:1 T102"),
    "a head that is no YAML": ("---\nsubject: [a\n---\n", "2:10 E106"),
    "a head that is a list": ("---\n- a\n---\n", "1:1 T105"),
    "an unknown key": ("---\nsubject: a\npreheder: b\n---\n", "3:1 T103"),
    "no subject": ("---\npreheader: a\n---\n", "2:1 T104"),
    "an empty subject": ("---\nsubject:\n---\n", "3:1 T105"),
    "no such layout": ("---\nsubject: a\nlayout: lettr\n---\n", "3:9 T310"),
    "no preheader": ("---\nsubject: a\n---\nb", "2:1 T804"),
}


@pytest.mark.parametrize(("mail", "expected"), HEADS.values(), ids=HEADS)
def test_heads(mail: str, expected: str) -> None:
    """What is wrong in a head is named at its line and column."""
    assert f"mail.md:{expected}" in found(checked(workspace(mail_md=mail)))


HTML = {
    "a tag": ("one\n\nIt is <b>now</b> or <i>never</i>.", ["6:7 T806"]),
    "a tag on a line of its own": ('a\n\n<div class="x">\n\nb\n\n</div>', ["6:1 T806", "10:1 T806"]),
    "a comment": ("a <!-- not yet -->", ["4:3 T806"]),
    "an address in angle brackets": ("<https://acme.test> and <help@acme.test>", []),
    "code": ("`<b>` and ``a ` <i>``\n\n```\n<table>\n```", []),
    "a sign in a comparison": ("{% if days_left < 3 and days_left > 1 %}soon{% endif %} 3 < 4 > 2", []),
    "an escaped sign": ("\\<b>", []),
}


@pytest.mark.parametrize(("body", "expected"), HTML.values(), ids=HTML)
def test_html_in_markdown_is_pointed_out(body: str, expected: list[str]) -> None:
    """Once a line, at its first tag; addresses, code and comparisons are none."""
    mail = f"---\nsubject: a\n---\n{body}\n"
    told = [problem for problem in found(checked(workspace(mail_md=mail))) if "T806" in problem]
    assert told == [f"mail.md:{place}" for place in expected]


LAYOUTS = {
    "no body": (LAYOUT.replace("<mj-column>{{ body }}</mj-column>", "<mj-column></mj-column>"), "T311"),
    "the body twice": (LAYOUT.replace("<mj-column>{{ body }}<", "<mj-column>{{ body }}{{ body }}<"), "T311"),
    "the body beside other things": (
        LAYOUT.replace("<mj-column>{{ body }}<", "<mj-column><mj-spacer />{{ body }}<"),
        "T311",
    ),
    "the body in a text": (
        LAYOUT.replace("<mj-column>{{ body }}<", "<mj-column><mj-text>{{ body }}</mj-text><"),
        "T311",
    ),
    "no body in the text": (LAYOUT.replace("  {{ body }}\n", "", 1), "T311"),
    "no preheader": (LAYOUT.replace("{{ preheader }}", "a"), "T805"),
    "an unknown word": (LAYOUT.replace("words.stop", "words.halt"), "T312"),
    "a large style": (
        LAYOUT.replace("<mj-style inline", "<mj-style>" + ".a{color:red} " * 700 + "</mj-style><mj-style inline"),
        "T604",
    ),
    "a value in a style": (LAYOUT.replace("margin: 0", "margin: {{ days_left }}"), "T313"),
    "an include": (LAYOUT.replace("<mj-preview>", "<mj-include path='/etc/passwd' /><mj-preview>"), "T501"),
}  # fmt: skip


@pytest.mark.parametrize(("layout", "code"), LAYOUTS.values(), ids=LAYOUTS)
def test_layouts(layout: str, code: str) -> None:
    """What is wrong in a layout is named."""
    assert code in [problem.code for problem in checked(workspace(mail_md=email("a"), layouts__letter_mjml=layout))]


BRANDS = {
    "no company": (BRAND.replace("company: Tide & Pool\n", ""), "1:1 T104"),
    "an unknown key": (BRAND + "colour: red\n", "11:1 T103"),
    "no address of the web": (BRAND.replace("https://tide.example", "tide.example"), "2:6 T105"),
    "no address of mail": (BRAND.replace("hello@tide.example", "hello"), "6:9 T105"),
    "no colour": (BRAND.replace("#1557d6", "blue"), "9:8 T105"),
    "a colour without a dark one": (BRAND.replace(', accent: "#8ab4ff"', ""), "10:7 T104"),
    "no language": (BRAND.replace("language: en", "language: english"), "7:11 T105"),
    "no currency": (BRAND.replace("EUR", "euro"), "8:11 T105"),
    "a list": ("- a\n", "1:1 T105"),
}


@pytest.mark.parametrize(("brand", "expected"), BRANDS.values(), ids=BRANDS)
def test_brands(brand: str, expected: str) -> None:
    """What is wrong in the brand is named at its line and column."""
    _, problems = compile_library(workspace(brand_yaml=brand))
    assert f"brand.yaml:{expected}" in found(problems)


def test_a_workspace_without_a_brand() -> None:
    """The one file every workspace needs is asked for."""
    _, problems = compile_library({})
    assert found(problems) == ["brand.yaml:1:1 T107"]


def test_other_files_are_no_emails() -> None:
    """A README explains, folders hold what they hold, and a name that is none is refused."""
    files = workspace(README_md="a", drafts__a_md="b", **{"Big name_md": email("a")})
    _, problems = compile_library(files)
    assert found(problems) == ["Big name.md:1:1 T106"]


def test_languages_that_lack_something() -> None:
    """A word that is not translated and a translation without an original are pointed out."""
    files = workspace(mail_md=email("a"), words__sv_yaml="why: Du.\n", words__svenska_yaml="why: Du.\n")
    files["templates/other.sv.md"] = email("a")
    _, problems = compile_library(files)
    assert found(problems) == ["other.sv.md:2:1 T109", "words/sv.yaml:1:1 T801", "words/svenska.yaml:1:1 T108"]


def test_a_broken_part_is_not_also_unknown() -> None:
    """An email that uses a part that cannot be read is not told that the part does not exist."""
    files = workspace(mail_md=email("::: button [a](https://b.example)"), parts__button_mjml="no head")
    assert found(checked(files)) == ["parts/button.mjml:1:1 T101"]


def test_unix_and_windows_line_ends() -> None:
    """Line ends do not move places."""
    files = workspace(mail_md=email("a\n\n{{ customer.first_name }}").replace("\n", "\r\n"))
    assert found(checked(files)) == ["mail.md:8:4 T407"]
