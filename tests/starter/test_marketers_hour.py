"""What docs/marketers.md tells a marketer to do works as it is written there."""

from __future__ import annotations

import re
from datetime import timedelta

from starter import pack

from engine import ruletests
from engine.checking import Checked, check_files
from engine.rendering import compile_library
from engine.settings import Settings

PAGE = (pack.ROOT / "docs" / "marketers.md").read_text("utf-8")


def test_the_page_shows_the_shipped_rule() -> None:
    """The rule that the page reads aloud is the shipped one, but for the time of day that it leaves out."""
    shown = _block("# Writes to people who have gone quiet")
    assert pack.files()["rules/we-miss-you.yaml"] == shown + "at: 10:00\n"


def test_changing_the_number_changes_the_rule() -> None:
    """10 in place of 14 is all it takes."""
    rule = pack.files()["rules/we-miss-you.yaml"].replace("after 14 days", "after 10 days")
    found = _checked({"rules/we-miss-you.yaml": rule})
    assert found.problems == ()
    assert [send.offset for send in found.rules.rules["we-miss-you"].sends] == [timedelta(days=10), timedelta(days=30)]


def test_declaring_a_trait_is_enough_to_use_it() -> None:
    """The trait of the page makes the condition of the page pass, and without it `check` says what is missing."""
    trait = _block("account:\n  guests:").partition("\n")[2]
    condition = "  - account.guests: {at least: 1}\n"
    assert condition in PAGE
    rule = {"rules/nudge-reports.yaml": pack.files()["rules/nudge-reports.yaml"].replace("at: 10:00", condition)}
    assert _checked(rule | {"rules/traits.yaml": pack.files()["rules/traits.yaml"] + trait}).problems == ()
    assert "E302" in {problem.code for problem in _checked(rule).problems}


def test_the_new_mail_is_one() -> None:
    """The mail and the rule of the page pass `check` as they stand, and the mail is the one that was meant."""
    mail, rule = _block('---\nsubject: "Your first report'), _block("# Shows people who shared")
    found = _checked({"templates/first-report.md": mail, "rules/first-report.yaml": rule})
    assert found.problems == ()
    content = found.library.render("first-report", "en", dict(found.library.sample("first-report")))
    assert content.subject == "Your first report is out. Who should see the next one?"
    assert "Well done, Sara" in content.text


def test_the_new_rule_s_test_passes_and_notices() -> None:
    """The test of the page passes with the rule of the page, and not with another hour."""
    mail, rule = _block('---\nsubject: "Your first report'), _block("# Shows people who shared")
    path, said = "rules/first-report.test.yaml", _block("accounts:\n  acme: {status: active}")
    for text, passed in ((rule, True), (rule.replace("1 hour", "2 hours"), False)):
        files = {**pack.files(), "templates/first-report.md": mail, "rules/first-report.yaml": text, path: said}
        library, _ = compile_library(files)
        found = ruletests.read(files, templates=library.names, zone="UTC")
        bench = ruletests.Bench(files=files, library=library, settings=Settings(provider="files"))
        assert bench.run(found.scenarios[path]).passed is passed


def test_the_first_change_is_noticed_by_the_shipped_test() -> None:
    """With 10 for 14 Ben gets a mail, as the page says."""
    changed = pack.files()["rules/we-miss-you.yaml"].replace("after 14 days", "after 10 days")
    files = {**pack.files(), "rules/we-miss-you.yaml": changed}
    found = ruletests.read(files, templates=pack.checked().library.names, zone="UTC")
    bench = ruletests.Bench(files=files, library=pack.compiled(), settings=Settings(provider="files"))
    result = bench.run(found.scenarios["rules/we-miss-you.test.yaml"])
    assert "never ben" in {verdict.title for verdict in result.verdicts if not verdict.passed}


def test_the_reminder_for_a_missing_name_is_real() -> None:
    """A name printed without a way round it is a mistake that `check` names."""
    mail = pack.files()["templates/we-miss-you.md"].replace("And if", "And {{ customer.first_name }}, if")
    assert [problem.code for problem in _checked({"templates/we-miss-you.md": mail}).problems] == ["T407"]


def _checked(changed: dict[str, str]) -> Checked:
    return check_files({**pack.files(), **changed}, Settings(provider="files"))


def _block(start: str) -> str:
    found = re.search(rf"^```\w*\n({re.escape(start)}.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]
