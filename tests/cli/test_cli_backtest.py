"""`lifecycle backtest` shows what rules would have done, for people and for programs, and refuses nonsense."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Lifecycle

from engine.app import backtest as asked
from engine.simulate.walk import Progress

RULE = "topic: tips\nwhen: {event: Signed Up}\nsend: {after 1 day: welcome}\nif: [account.status: active]\n"
SPAN = ("--from", "2025-03-01", "--until", "2025-03-31")


@pytest.fixture
def acme(lifecycle: Lifecycle, workspace: Path) -> Lifecycle:
    """Two people of an account that signed up in March of last year, which was first told today."""
    (workspace / "rules" / "topics.yaml").write_text("tips: marketing\n")
    (workspace / "rules" / "welcome.yaml").write_text(RULE)
    for kind, text in {
        "events": "customer_id,name,at\nc1,Signed Up,2025-03-05T10:00Z\nc2,Signed Up,2025-03-05T11:00Z\n",
        "customers": "id,first_name,last_name\nc1,Ana,Ek\nc2,,\n",
        "accounts": "id,name,status\na1,Acme,active\n",
        "members": "customer_id,account_id\nc1,a1\nc2,a1\n",
    }.items():
        (workspace / f"{kind}.csv").write_text(text)
        lifecycle.ok("import", kind, str(workspace / f"{kind}.csv"))
    return lifecycle


def test_it_tells_each_day_with_its_people(acme: Lifecycle) -> None:
    """Names where they are known, ids where not, at most as many as asked; and what was assumed."""
    done = acme.ok("backtest", *SPAN)
    assert "2025-03-06 Thu         2                      Ana Ek, c2" in done.out
    assert "2 mails would have been due" in done.out
    assert "account.status      1 account" in done.out
    assert "What was true only between two ticks" in done.err
    assert "Ana Ek and 1 more" in acme.ok("backtest", *SPAN, "--limit", "1").out


def test_programs_get_everybody(acme: Lifecycle) -> None:
    """With --json: each moment with its instant, the totals, and what is approximate."""
    found = acme.ok("backtest", *SPAN, "--json", "--step", "6 hours", "--limit", "1").json
    assert (found["approximate"], found["interrupted"], found["step"]) == (True, False, 6 * 3600)
    assert (found["from"], found["until"]) == ("2025-03-01T00:00:00+00:00", "2025-03-31T23:59:59.999999+00:00")
    (rule,) = found["rules"]
    assert (rule["rule"], rule["enrolled"]) == ("welcome", 2)
    (day,) = rule["days"]
    assert [(one["subject_id"], one["at"]) for one in day["listed"]] == [
        ("c1", "2025-03-06T10:00:00+00:00"),
        ("c2", "2025-03-06T11:00:00+00:00"),
    ]


def test_another_folder_of_rules_is_tried_beside_the_workspace(acme: Lifecycle, workspace: Path) -> None:
    """Topics, traits and segments are the workspace's where the folder has none; its own mistakes have its places."""
    other = workspace / "tries"
    other.mkdir()
    (other / "later.yaml").write_text(RULE.replace("1 day", "3 days"))
    found = acme.ok("backtest", *SPAN, "--rules", str(other), "--json").json
    assert [(rule["rule"], [day["day"] for day in rule["days"]]) for rule in found["rules"]] == [
        ("later", ["2025-03-08"])
    ]
    (other / "later.yaml").write_text(RULE.replace("Signed Up}", "Signed Up, frist: true}"))
    done = acme("backtest", *SPAN, "--rules", str(other))
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"{other}/later.yaml:2:26: ")


def test_the_live_release_can_be_tried_and_one_rule_alone(acme: Lifecycle, workspace: Path, starter: Path) -> None:
    """What runs, whatever the files say; other rules are left out."""
    del starter
    acme.ok("apply")
    (workspace / "rules" / "welcome.yaml").unlink()
    found = acme.ok("backtest", *SPAN, "--live", "--rule", "welcome", "--json").json
    assert [rule["rule"] for rule in found["rules"]] == ["welcome"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--from", "march", "--until", "2025-03-31"), "`march` is not a date"),
        (("--from", "2025-03-01", "--until", "2025-02-30"), "`2025-02-30` is not a date"),
        (("--from", "2025-03-01", "--until", "2025-02-01"), "--until lies before --from"),
        (("--from", "2025-03-01", "--until", "2999-01-01"), "--until has not passed yet"),
        (("--from", "2025-03-01", "--until", "9999-12-31"), "--until has not passed yet"),
        (("--from", "0001-01-01", "--until", "2025-03-01"), "--from lies before 1900"),
        ((*SPAN, "--step", "0d"), "`0d` is not a step"),
        ((*SPAN, "--step", "often"), "`often` is not a step"),
        ((*SPAN, "--rule", "welcom"), "there is no rule welcom; did you mean `welcome`?"),
        ((*SPAN, "--rules", "nowhere"), "there is no folder nowhere"),
        ((*SPAN, "--rules", "templates"), "holds no rules"),
        ((*SPAN, "--rules", "rules", "--live"), "--rules names a folder, and --live the live release"),
        (("--from", "2025-03-01"), "Missing option '--until'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(
    acme: Lifecycle, workspace: Path, variables: pytest.MonkeyPatch, options: tuple[str, ...], sentence: str
) -> None:
    """Before anything is replayed."""
    variables.chdir(workspace)
    assert sentence in acme.refused("backtest", *options, code=2)


def test_ctrl_c_shows_what_was_done_until_then(acme: Lifecycle, variables: pytest.MonkeyPatch) -> None:
    """The days before it are told, that it was stopped too, and the exit code says so."""
    whole = asked.backtest

    def stopped(*args: object, progress: Progress, **options: object) -> object:
        def tick(at: object) -> None:
            progress(at)  # type: ignore[arg-type]
            if str(at) >= "2025-03-10":
                raise KeyboardInterrupt

        return whole(*args, progress=tick, **options)  # type: ignore[arg-type]

    variables.setattr(asked, "backtest", stopped)
    done = acme("backtest", *SPAN)
    assert done.code == 130
    assert "2025-03-06 Thu" in done.out
    assert "Stopped up to 2025-03-10 00:00; what would have come later is missing." in done.err
