"""What a reader gets: HTML and text from one Markdown source."""

from __future__ import annotations

import html
import re

import pytest
from rendering.workshop import email, library, render, workspace

from engine.errors import UsageError
from engine.rendering import RenderError

ANA = {"customer": {"first_name": "Ana"}, "account": {"name": "Reef & Co", "boards": 8, "boards_done": 3}}


def words(document: str) -> str:
    """Return what HTML says, without its tags."""
    body = re.sub(r"<!--.*?-->|<[^>]*>", " ", document.partition("<body")[2])
    return " ".join(html.unescape(body).split())


def test_a_mail_has_all_its_parts() -> None:
    """Subject, preheader, HTML, text and language come of one file, with the layout around the body."""
    mail = render("Hi {{ customer.first_name }}.", ANA, subject="Dear {{ customer.first_name }}")
    assert (mail.subject, mail.preheader, mail.language) == ("Dear Ana", "Read this", "en")
    assert mail.text == "Hi Ana.\n\n--\nYou use Tide & Pool.\nTide & Pool AB\nStorgatan 1, Stockholm\n"
    assert "Hi <bdi>Ana</bdi>." in mail.html
    assert "<title>Dear Ana</title>" in mail.html
    assert "Tide &amp; Pool AB<br>Storgatan 1" in mail.html


BODIES = {
    "a paragraph": ("One *two* **three** `four`", "One two three four", "One two three four"),
    "a softly broken line": ("One\ntwo", "One two", "One two"),
    "a link": ("See [it](https://other.example/a).", "See it .", "See it (https://other.example/a)."),
    "a bare link": ("<https://other.example/a>", "https://other.example/a", "https://other.example/a"),
    "an address": ("[me](mailto:a@b.example)", "me", "me (a@b.example)"),
    "a heading": ("# One\n\ntwo", "One two", "One\n\ntwo"),
    "a list": ("- one\n- two", "one two", "- one\n- two"),
    "an ordered list": ("1. one\n2. two", "one two", "1. one\n2. two"),
    "lists in lists": ("1. one\n   - a\n   - b\n2. two", "one a b two", "1. one\n\n  - a\n  - b\n2. two"),
    "a quote": ("> one\n>\n> two", "one two", "> one\n>\n> two"),
    "a table": ("| a | b |\n|---|---|\n| 1 | 2 |", "a b 1 2", "a | b\n1 | 2"),
    "HTML is shown as it is written": ("a <b>c</b>", "a <b>c</b>", "a <b>c</b>"),
    "a false line leaves nothing": (
        "one\n\n{% if account.nope %}\ntwo\n{% endif %}\n\nthree",
        "one three",
        "one\n\nthree",
    ),
    "a true line": ("{% if account.name %}\ntwo\n{% else %}\nthree\n{% endif %}", "two", "two"),
    "a decision in a sentence": (
        "One{% if account.nope %} two{% else %} three{% endif %}.",
        "One three.",
        "One three.",
    ),
    "a decision that fills a paragraph": (
        "one\n\n{% if account.nope %}two{% endif %}\n\nthree",
        "one three",
        "one\n\nthree",
    ),
    "a loop over items": ("{% for x in ['a', 'b'] %}\n1. {{ x }}\n{% endfor %}\n1. c", "a b c", "1. a\n2. b\n3. c"),
    "a loop with its counter": (
        "{% for x in ['a', 'b'] %}\n- {{ loop.index }} {{ x }}\n{% endfor %}",
        "1 a 2 b",
        "- 1 a\n- 2 b",
    ),
    "a loop over rows": (
        "| a |\n|---|\n{% for x in ['1', '2'] %}\n| {{ x }} |\n{% endfor %}\n| 3 |", "a 1 2 3", "a\n1\n2\n3"
    ),
    "a loop over paragraphs": (
        "{% for x in ['a', 'b'] %}\n\nSee {{ x }}\n\n{% endfor %}",
        "See a See b",
        "See a\n\nSee b",
    ),
    "a decided list": ("{% if account.nope %}\n- a\n{% endif %}\n\nb", "b", "b"),
    "a comment": ("one{# not this #} two", "one two", "one two"),
    "braces that are no Jinja": ("a { b } { {", "a { b } { {", "a { b } { {"),
    "a part": ("::: button [Go](https://other.example/a)", "Go", "Go: https://other.example/a"),
    "a part in a decision": (
        "{% if account.nope %}\n::: button [Go](https://other.example/a)\n{% endif %}\n\nb",
        "b",
        "b",
    ),
    "a section part": ("a\n\n::: offer\nb\n:::\n\nc", "a b c", "a\n\nb\n\nc"),
    "a section part in a decision": (
        "a\n\n{% if account.nope %}\n::: offer\nb\n:::\n{% else %}\nd\n{% endif %}\nc",
        "a d c",
        "a\n\nd\n\nc",
    ),
    "parts in parts": (
        "::: offer\nb\n::: button [Go](https://other.example/a)\n:::", "b Go", "b\n\nGo: https://other.example/a"
    ),
    "an argument that changes": (
        '::: progress value={{ account.boards_done }} of={{ account.boards }} label="By {{ account.name }}"',
        "By Reef & Co", "By Reef & Co: 3 / 8",
    ),
    "a list part": ("::: ticks\n- one\n- *two*\n:::", "1 one 2 two", "- one\n- two"),
    "a list part with a loop": (
        "::: ticks\n{% for x in ['a', 'b'] %}\n- {{ x }}\n{% endfor %}\n:::", "1 a 1 b", "- a\n- b"
    ),
    "a part whose body is text": ("::: note\nSee *this*\n:::", "See this", "Note: See this"),
    "a word": ("{{ words.stop }}!", "Unsubscribe!", "Unsubscribe!"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "in_html", "in_text"), BODIES.values(), ids=BODIES)
def test_bodies(body: str, in_html: str, in_text: str) -> None:
    """Each way to write a body reads the same in HTML and in text."""
    mail = render(body, ANA)
    assert mail.text == f"{in_text}\n\n--\nYou use Tide & Pool.\nTide & Pool AB\nStorgatan 1, Stockholm\n"
    assert words(mail.html).partition("You use")[0].partition("Read this ")[2].strip() == in_html


def test_the_list_of_a_loop_is_one_list() -> None:
    """Lists and the statement lines they touch are one list in HTML, so that it counts on."""
    mail = render("{% for x in ['a', 'b'] %}\n1. {{ x }}\n{% endfor %}\n1. c", ANA)
    assert mail.html.count("<ol") == 1
    assert mail.html.count("<li") == 3


def test_what_is_known_beforehand_decides_beforehand() -> None:
    """A part's choice becomes a colour, where a value per customer could not stand."""
    loud = render("::: button [Go](https://other.example)").html
    quiet = render("::: button tone=quiet [Go](https://other.example)").html
    assert 'bgcolor="#1557d6"' in loud
    assert 'bgcolor="#eeeeee"' in quiet


def test_facts_are_escaped_for_where_they_stand() -> None:
    """Markup in a fact is text in HTML, and plain in the text part and the subject."""
    mail = render("Hi {{ account.name }}", {"account": {"name": "<b>&\"'"}}, subject="{{ account.name }}")
    assert "<bdi>&lt;b&gt;&amp;&#34;&#39;</bdi>" in mail.html
    assert mail.text.startswith("Hi <b>&\"'\n")
    assert mail.subject == "<b>&\"'"


def test_jinja_in_a_fact_is_only_text() -> None:
    """A fact that looks like Jinja, or like one of our marks, is printed as it is."""
    for name in ("{{ 7 * 7 }}", "{% if x %}", "{# x #}", "Qj0000000000000pz", "\x01\x02"):
        mail = render("Hi {{ account.name }}!", {"account": {"name": name}})
        assert html.escape(name) in mail.html
        assert name.strip("\x01\x02") in mail.text


def test_a_subject_is_one_line() -> None:
    """Line breaks and control characters in a fact cannot add a header."""
    mail = render("x", {"account": {"name": "a\r\nBcc: b@c.example\x01\u2028d"}}, subject="Hi {{ account.name }}")
    assert mail.subject == "Hi a Bcc: b@c.example d"


def test_a_missing_fact_is_false_and_never_printed() -> None:
    """In a test it is false; printed, compared or repeated it is an error at its author's place, in words."""
    assert render("{% if customer.first_name %}a{% else %}b{% endif %}").text.startswith("b")
    assert render("{{ customer.first_name | default('there') }}").text.startswith("there")
    for body in ("x {{ customer.first_name }}", "x {% if customer.first_name == 'a' %}a{% endif %}"):
        with pytest.raises(RenderError) as caught:
            render(body)
        assert (caught.value.place.path, caught.value.place.line) == ("templates/mail.md", 6)
        assert "first_name" in str(caught.value)


def test_an_empty_text_counts_as_missing_for_default() -> None:
    """Nobody is greeted with "Hi ,"."""
    assert render("{{ customer.first_name | default('there') }}", {"customer": {"first_name": " "}}).text[:5] == "there"


def test_mjml_emails_make_their_own_text() -> None:
    """The text part of an MJML email is what its HTML says, decisions and loops included."""
    body = (
        "<mj-text><p>Hi {{ customer.first_name }}{% if account.name %}, {{ account.name }}{% endif %}</p></mj-text>\n"
        '<mj-button href="{{ brand.url }}/a">Go</mj-button>'
    )
    mails = library(workspace(mail_mjml=email(body)))
    full, less = mails.render("mail", "en", ANA), mails.render("mail", "en", {"customer": {"first_name": "Ana"}})
    tagged = "https://tide.example/a?utm_source=lifecycle&utm_medium=email&utm_campaign=mail"
    assert full.text.startswith(f"Hi Ana, Reef & Co\n\nGo: {tagged}\n")
    assert less.text.startswith(f"Hi Ana\n\nGo: {tagged}\n")
    assert "Hi <bdi>Ana</bdi><" in less.html


def test_an_mjml_email_may_be_its_own_layout() -> None:
    """A designer's whole page needs no layout."""
    column = "<mj-column><mj-text>Hi {{ gift }}</mj-text></mj-column>"
    body = f"<mjml><mj-body><mj-section>{column}</mj-section></mj-body></mjml>"
    mail = library(workspace(mail_mjml=email(body))).render("mail", "en", {"gift": "a tea"})
    assert mail.text == "Hi a tea\n"


def test_mjml_emails_call_parts() -> None:
    """A line that calls a part stands in MJML as it does in Markdown, where the part can stand."""
    body = (
        "<mj-section><mj-column>\n  <mj-text>a</mj-text>\n  {% if gift %}\n"
        "  ::: button [Go {{ gift }}](https://other.example/a)\n  {% endif %}\n</mj-column></mj-section>\n"
        "::: offer\n## Take\n:::\n"
    )
    mails = library(workspace(mail_mjml=email(body)))
    assert words(mails.render("mail", "en", {"gift": "x"}).html).endswith(
        "> Read this a Go x Take You use Tide & Pool. Tide & Pool AB Storgatan 1, Stockholm"
    )
    assert words(mails.render("mail", "en", {}).html).partition("> ")[2].startswith("Read this a Take You use")
    whole = "<mjml><mj-body>\n::: offer\n::: button [Go](https://other.example/a)\n:::\n</mj-body></mjml>"
    mail = library(workspace(mail_mjml=email(whole))).render("mail", "en", {})
    assert mail.text == "Go: https://other.example/a\n"


def test_an_unknown_template_is_named() -> None:
    """Asking for an email that does not exist says which one is near."""
    with pytest.raises(UsageError, match="there is no email `mali`; did you mean `mail`"):
        library(workspace(mail_md=email("x"))).render("mali", "en", {})
