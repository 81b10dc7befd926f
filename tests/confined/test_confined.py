"""Templates at arm's length: what takes too much, or escapes, is one problem of its file, and everything goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from rendering.workshop import email, workspace

from engine.checking import check_files
from engine.confined.library import ConfinedLibrary, compile_confined
from engine.confined.limits import LIMITS
from engine.confined.process import LateError, Process, SilentError
from engine.confined.wire import dumped, loaded
from engine.confined.worker import worker
from engine.errors import Problem
from engine.rendering import RenderError, compile_library
from engine.settings import Settings

GOOD = email("Hi {{ customer.first_name | default('you') }}")
LOOP = "{% for a in event.properties.many | default([]) %}{% for b in event.properties.many | default([]) %}"
ENDS = "{% endfor %}{% endfor %}"


def sampled(body: str, items: int) -> str:
    """An email whose sample has a list of so many items."""
    sample = f"sample: {{event: {{properties: {{many: [{', '.join('1' * items)}]}}}}}}"
    return email(body).replace("sample: sara", sample)


SLOW = sampled(f"{LOOP}{'{% if a == 3 %}x{% endif %}' * 20}{ENDS}", 3000)
FAT = sampled(f"{LOOP}{'x' * 1500}{ENDS}", 1000)
LARGE = sampled(f"{LOOP}{'x' * 300}{ENDS}", 100)
DEEP = email("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}")
WIDE = email("\n".join(f"{{{{ event.properties.a{number} | default('') }}}}" for number in range(700)))


def checked(mails: Mapping[str, str]) -> dict[str, list[str]]:
    """What is wrong with each of these emails and a good one, by file: the codes of errors."""
    files = {**workspace(), **{f"templates/{name}.md": text for name, text in mails.items()}, "templates/good.md": GOOD}
    found: dict[str, list[str]] = {}
    for problem in check_files(files, Settings(provider="files")).problems:
        if problem.severity == "error" and problem.path.startswith("templates/"):
            found.setdefault(problem.path, []).append(problem.code)
    return found


@pytest.mark.parametrize(
    ("text", "code"),
    [(SLOW, "T901"), (WIDE, "T901"), (FAT, "T902"), (DEEP, "T904")],
    ids=["slow to render", "slow to check", "fat", "deep"],
)
def test_a_bomb_is_one_problem_of_its_file(text: str, code: str) -> None:
    """The emails before and behind it are checked all the same."""
    found = checked({"bomb": text, "bad": email("{{ nothing }}"), "zz": email("{% if %}")})
    assert found == {"templates/bomb.md": [code], "templates/bad.md": ["T401"], "templates/zz.md": ["T201"]}


def test_several_bombs_are_told_each_by_itself() -> None:
    """And no variant of theirs, nor a rule that sends them, is told anything that only follows from them."""
    found = checked({"one": DEEP, "one.sv": GOOD, "two": SLOW, "three": DEEP})
    expected = {"one": "T904", "three": "T904", "two": "T901"}
    assert found == {f"templates/{name}.md": [code] for name, code in expected.items()}


def test_a_bomb_in_a_part_is_one_problem_of_the_part() -> None:
    """Emails that call it are not blamed for it."""
    part = "---\ntext: a\n---\n<mj-text>{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}</mj-text>\n"
    files = {**workspace(), "templates/parts/deep.mjml": part, "templates/a.md": email("::: deep")}
    found = [problem for problem in compile_confined(files)[1] if problem.severity == "error"]
    assert [(problem.path, problem.code) for problem in found] == [("templates/parts/deep.mjml", "T904")]


@pytest.mark.parametrize(("text", "what"), [(SLOW, "seconds"), (FAT, "memory"), (LARGE, "a mail of more than 1 MB")])
def test_what_takes_too_much_is_not_shown(text: str, what: str) -> None:
    """It is refused in a sentence with its file, and the next email is rendered."""
    library, _ = compile_confined({**workspace(), "templates/bomb.md": text, "templates/good.md": GOOD})
    with pytest.raises(RenderError, match=what) as refused:
        library.render("bomb", "en", library.sample("bomb"))
    assert refused.value.place.path == "templates/bomb.md"
    assert "Hi you" in library.render("good", "en", {}).text


PAYLOADS = (
    "{{ self.__init__.__globals__.__builtins__.__import__('os').popen('touch {spot}').read() }}",
    "{{ self._TemplateReference__context.cycler.__init__.__globals__.os.popen('touch {spot}').read() }}",
    "{{ cycler.__init__.__globals__.os.popen('touch {spot}').read() }}",
    "{{ lipsum.__globals__['os'].popen('touch {spot}').read() }}",
    "{{ joiner.__init__.__globals__.os.popen('touch {spot}').read() }}",
    "{{ namespace.__init__.__globals__.os.popen('touch {spot}').read() }}",
    "{{ ''.__class__.__mro__[1].__subclasses__()[132].__init__.__globals__['popen']('touch {spot}').read() }}",
    "{{ ''['__class__']['__base__']['__subclasses__']() }}",
    "{{ request|attr('application')|attr('__globals__') }}",
    "{{ ''|attr('format')('{0.__class__}') }}",
    "{% set x = '{0.__class__.__init__.__globals__}'.format %}{{ x(customer) }}",
    "{{ '%s'|format(customer) }}",
    "{{ [customer]|map(attribute='__class__')|list }}",
    "{{ customer|string|xmlattr }}",
    "{% for c in ().__class__.__base__.__subclasses__() %}{{ c }}{% endfor %}",
    "{{ config.items() }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ url_for.__globals__ }}",
    "{% import 'os' as os %}{{ os.system('touch {spot}') }}",
    "{% include '/etc/passwd' %}",
    "{% from 'os' import system %}{{ system('touch {spot}') }}",
    "{{ 'x' * 10**9 }}",
    "{{ range(10**9) | list }}",
    "{{ 'x' | center(10**9) }}",
    "{{ 10**10**10 }}",
)
"""Published ways out of Jinja, and ways to use up a machine."""


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_published_payload_gets_anywhere(payload: str, tmp_path: Path) -> None:
    """Each is an error with its place, in body and subject, and has done nothing."""
    text = payload.replace("{spot}", str(tmp_path / "spot"))
    found = checked({"body": email(text), "subject": email("a", subject=text.replace('"', "'"))})
    assert set(found) == {"templates/body.md", "templates/subject.md"}
    assert list(tmp_path.iterdir()) == []


def test_what_the_child_makes_is_what_this_process_makes() -> None:
    """The same mails, samples and problems, so that nothing changes but where it happens."""
    files = {**workspace(), "templates/a.md": GOOD, "templates/b.md": email("{{ nothing | default(1) }}{% if %}")}
    here, problems = compile_library(files)
    there, found = compile_confined(files)
    assert found == problems
    assert there.names == here.names
    assert there.brand == here.brand
    assert there.sample("a") == here.sample("a")
    context: dict[str, Any] = {"customer": {"first_name": "Zoë", "signed_up_at": datetime(2026, 5, 1, 9, tzinfo=UTC)}}
    assert there.render("a", "en", context) == here.render("a", "en", context)


def test_a_child_that_was_killed_is_replaced(library: ConfinedLibrary) -> None:
    """By another that learns the files anew; who asks does not notice."""
    before = library.render("good", "en", {})
    worker().stop()
    assert library.render("good", "en", {}) == before


@pytest.fixture
def library() -> ConfinedLibrary:
    """A library of one good email."""
    return compile_confined({**workspace(), "templates/good.md": GOOD})[0]


def test_a_child_that_ends_while_it_works_is_a_problem_of_what_it_worked_on(
    library: ConfinedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ended it: its pipe is broken, and the signal is named."""
    line = Process.line

    def killed(process: Process, *, seconds: float, longest: int) -> bytes:
        said = line(process, seconds=seconds, longest=longest)
        if b'"at"' in said:
            os.kill(process.id, signal.SIGSEGV)
            os.waitid(os.P_PID, process.id, os.WEXITED | os.WNOWAIT)
            raise SilentError
        return said

    monkeypatch.setattr(Process, "line", killed)
    with pytest.raises(RenderError, match="SIGSEGV"):
        library.render("good", "en", {})


def test_the_child_has_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in its environment nor by its folder."""
    monkeypatch.setenv("LIFECYCLE_SECRET", "hush")
    process = Process()
    try:
        process.line(seconds=60, longest=LIMITS.output)
        seen = Path(f"/proc/{process.id}/environ")
        if seen.exists():
            assert b"hush" not in seen.read_bytes()
            assert Path(f"/proc/{process.id}/cwd").readlink() == Path("/")
    finally:
        process.end()


@pytest.mark.parametrize(
    "value",
    [
        date(2026, 2, 28),
        datetime(2026, 5, 1, 9, 30, 0, 5, tzinfo=UTC),
        datetime(2026, 5, 1, 9, tzinfo=timezone(timedelta(hours=5, minutes=45))),
        {"$time": "not a time"},
        {"$day": {"$$day": 1}},
        ["a", 1, 1.5, True, None, {"b": [date(1970, 1, 1)]}],
        "line\nbreak \u2028 \U0001f600",
    ],
)
def test_values_arrive_as_they_were_sent(value: object) -> None:
    """Also what looks like our own marks."""
    line = dumped({"value": value})
    assert line.count(b"\n") == 1
    assert loaded(line) == {"value": value}


def test_problems_are_problems_again() -> None:
    """With place, hint and severity."""
    _, found = compile_confined({**workspace(), "templates/a.md": email("::: buton [a](https://b.test)")})
    assert found == compile_library({**workspace(), "templates/a.md": email("::: buton [a](https://b.test)")})[1]
    assert all(isinstance(problem, Problem) for problem in found)
    assert any(problem.hint for problem in found)


def test_a_child_that_says_nothing_in_time_is_late() -> None:
    """Whoever waits is not kept for good."""
    process = Process()
    try:
        with pytest.raises(LateError):
            process.line(seconds=0, longest=LIMITS.output)
    finally:
        process.end()
