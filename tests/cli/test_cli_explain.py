"""`lifecycle explain` answers why a rule did or did not, for people and for programs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from commands import Lifecycle

from engine.clock import SystemClock

NOW = SystemClock().now()
SEEN = NOW - timedelta(days=20)


@pytest.fixture
def acme(lifecycle: Lifecycle, workspace: Path, starter: Path) -> Lifecycle:
    """An active account with an owner who was last seen twenty days ago, and a colleague; nothing is live."""
    del starter
    expires = (NOW + timedelta(days=90)).date()
    for kind, text in {
        "accounts": f"id,status,card_expires_on\na1,active,{expires}\n",
        "customers": "id,email\nc1,ana@x.test\nc2,bob@x.test\nc3,cleo@x.test\n",
        "members": "customer_id,account_id,role\nc1,a1,owner\nc2,a1,member\n",
        "events": f"customer_id,name,at\nc1,Logged In,{SEEN}\nc2,Logged In,{SEEN}\n",
    }.items():
        (workspace / f"{kind}.csv").write_text(text)
        lifecycle.ok("import", kind, str(workspace / f"{kind}.csv"))
    return lifecycle


def test_each_condition_is_shown_with_the_fact_it_tests(acme: Lifecycle) -> None:
    """The rule in English, whether each clause holds, and why."""
    done = acme.ok("explain", "we-miss-you", "ana@x.test")
    assert "we-miss-you and c1" in done.out
    assert "yes    account.status is one of active, trialing  active" in done.out
    assert "it is not live" in done.err


def test_the_answer_is_json_where_asked(acme: Lifecycle) -> None:
    """With everything in it that is printed."""
    found = acme.ok("explain", "we-miss-you", "c1", "--json").json
    clause = found["explanation"]["clauses"][0]
    assert (clause["holds"], clause["value"]) == (True, "active")
    assert found["explanation"]["moments"]
    assert found["release"] == 0


def test_once_it_is_live_the_release_answers(acme: Lifecycle, workspace: Path) -> None:
    """Also when the file was changed or deleted since."""
    acme.ok("apply")
    (workspace / "rules" / "we-miss-you.yaml").unlink()
    assert acme.ok("explain", "we-miss-you", "c1", "--json").json["release"] == 1


def test_a_release_answers_in_its_own_zone(acme: Lifecycle, variables: pytest.MonkeyPatch) -> None:
    """Whatever zone this host, or the workspace since then, is set to: its moments are judged by that clock."""
    acme.ok("apply")
    verdicts = []
    for zone in ("UTC", "Pacific/Auckland"):
        variables.setenv("LIFECYCLE_TIME_ZONE", zone)
        verdicts.append(acme.ok("explain", "we-miss-you", "c1", "--json").json["verdict"])
    assert verdicts[0] == verdicts[1]
    assert "UTC" in verdicts[0]


def test_the_past_says_by_which_release_it_was_judged(acme: Lifecycle, workspace: Path) -> None:
    """Here by the files of now, since nothing was live when it happened; then by what is live."""
    acme.ok("apply")
    rule = workspace / "rules" / "we-miss-you.yaml"
    rule.write_text(rule.read_text().replace("after 14 days", "after 12 days"))
    acme.ok("apply")
    past = acme.ok("explain", "we-miss-you", "c1", "--at", f"{SEEN + timedelta(hours=1):%Y-%m-%dT%H:%M}")
    assert "no release was live then; judged by the rule as it is now" in past.err
    assert "Its trigger: the last of any event was on" in past.out
    found = acme.ok("explain", "we-miss-you", "c1", "--json").json["explanation"]
    assert (found["release"], found["moments"][0]["fate"]) == (2, "left alone")


def test_a_rule_that_was_not_live_is_not_said_to_have_left_moments_alone(acme: Lifecycle) -> None:
    """Of the past it says that once; of a rule that only the files have it is said of the moment."""
    (moment,) = acme.ok("explain", "we-miss-you", "c1", "--json").json["explanation"]["moments"]
    assert moment["sentence"].endswith(", when the rule was not live")
    acme.ok("apply")
    past = f"{NOW - timedelta(minutes=2):%Y-%m-%dT%H:%M}"
    found = acme.ok("explain", "we-miss-you", "c1", "--at", past, "--json").json
    assert (found["verdict"], found["explanation"]["moments"]) == ("the rule was not live then", [])


def test_a_rule_that_writes_to_a_role_names_its_reader(acme: Lifecycle) -> None:
    """Asked about a colleague, it says whom the mail goes to."""
    assert "its mail goes to the owner of the account, c1" in acme.ok("explain", "card-expiry", "c2").err
    assert "its mail goes to" not in acme.ok("explain", "card-expiry", "c1").err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("we-miss", "c1"), "did you mean `we-miss-you`?"),
        (("we-miss-you", "bob"), "no customer has the id or the address 'bob'"),
        (("card-expiry", "c3"), "is about accounts, and the customer c3 belongs to none"),
        (("we-miss-you", "c1", "--at", "yesterday"), "`yesterday` is not a date"),
        (("we-miss-you", "c1", "--at", "2200-01-01"), "lies ahead"),
        (("we-miss-you", "c1", "--at", "2001-01-01"), "nothing is known of customer c1"),
        (("topics", "c1"), "is not a rule"),
    ],
)
def test_a_question_that_has_no_answer_is_one_sentence(
    acme: Lifecycle, arguments: tuple[str, ...], sentence: str
) -> None:
    """It says what would be right."""
    done = acme("explain", *arguments)
    assert done.code in {1, 2}
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1


def test_every_rule_tells_what_it_has_to_do_with_a_customer(acme: Lifecycle) -> None:
    """`customer show` asks every rule; those about a role that somebody else has say so."""
    rules = {rule["rule"]: rule for rule in acme.ok("customer", "show", "c2", "--json").json["rules"]}
    assert rules["card-expiry"]["verdict"] == "writes to the owner of the account, who is somebody else"
    assert rules["we-miss-you"]["holds_now"] is True
    rules = {rule["rule"]: rule for rule in acme.ok("customer", "show", "c3", "--json").json["rules"]}
    assert rules["card-expiry"]["verdict"] == "about accounts, and this customer has none"
