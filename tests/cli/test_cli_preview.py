"""`lifecycle preview` shows one email as a reader would get it, and sends it only where it is told to."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from email import message_from_bytes
from http.client import HTTPResponse
from pathlib import Path

import pytest
from commands import Lifecycle


@pytest.fixture
def ana(lifecycle: Lifecycle, starter: Path) -> str:
    """A stored customer without a first name, and in Swedish."""
    (starter / "c.csv").write_text("id,email,locale\nc1,ana@x.test,sv\n")
    lifecycle.ok("import", "customers", str(starter / "c.csv"))
    return "ana@x.test"


def test_the_sample_is_rendered_into_files(alone: Lifecycle, starter: Path) -> None:
    """Subject and text are printed; HTML, text and .eml are written."""
    done = alone.ok("preview", "welcome")
    assert done.out.startswith("Subject: ")
    assert {path.name for path in (starter / "preview").iterdir()} == {
        "welcome.en.html",
        "welcome.en.txt",
        "welcome.en.eml",
    }
    mail = message_from_bytes((starter / "preview" / "welcome.en.eml").read_bytes())
    assert mail["Subject"]
    assert [part.get_content_type() for part in mail.walk() if not part.is_multipart()] == ["text/plain", "text/html"]


def test_a_customers_own_facts_are_used(lifecycle: Lifecycle, ana: str, starter: Path) -> None:
    """In their language, without a fact they do not have."""
    assert "None" not in lifecycle.ok("preview", "welcome", "--customer", ana).out
    mail = message_from_bytes((starter / "preview" / "welcome.sv.eml").read_bytes())
    assert mail["To"] == ana


def test_facts_that_the_rule_proves_are_invented_for_a_sample_and_asked_of_a_customer(
    lifecycle: Lifecycle, ana: str, starter: Path
) -> None:
    """What passes `check` can be shown; somebody whom no rule would write to is told apart."""
    with (starter / "rules" / "traits.yaml").open("a") as traits:
        traits.write("customer:\n  trial_ends_on: date\n")
    rule = "topic: account\nwhen: {date: customer.trial_ends_on}\nsend: {3 days before: trial}\n"
    (starter / "rules" / "trial.yaml").write_text(rule)
    text = "---\nsubject: Your trial\npreheader: It ends\nlayout: letter\n---\n{{ customer.trial_ends_on | date }}\n"
    (starter / "templates" / "trial.md").write_text(text)
    assert "1 May 2026" in lifecycle.ok("preview", "trial").out
    refused = lifecycle("preview", "trial", "--customer", ana)
    assert "has no customer.trial_ends_on" in refused.err


def test_a_language_that_is_not_there_falls_back(alone: Lifecycle, starter: Path) -> None:
    """And says so; one that is there says nothing."""
    del starter
    assert "There is no variant in fi; this is the one in en." in alone.ok("preview", "welcome", "--language", "fi").err
    assert "no variant" not in alone.ok("preview", "welcome", "--language", "sv-SE").err


def test_a_preview_is_sent_by_the_provider_of_settings(alone: Lifecycle, starter: Path) -> None:
    """Here into the folder of the `files` provider."""
    alone.ok("preview", "welcome", "--to", "me@example.com")
    assert len(list((starter / "outbox").glob("*.eml"))) == 1


def test_a_preview_heeds_the_brakes(alone: Lifecycle, starter: Path, variables: pytest.MonkeyPatch) -> None:
    """ONLY_TO refuses it, REDIRECT_TO sends it elsewhere."""
    variables.setenv("LIFECYCLE_ONLY_TO", "staging.test")
    done = alone("preview", "welcome", "--to", "me@example.com")
    assert done.code == 2
    assert "is not in ONLY_TO" in done.err
    assert not (starter / "outbox").exists()
    variables.setenv("LIFECYCLE_REDIRECT_TO", "all@staging.test")
    assert "Sent to all@staging.test" in alone.ok("preview", "welcome", "--to", "me@staging.test").err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("welcom",), "there is no email `welcom` in templates/; did you mean `welcome`?"),
        (("welcome", "--customer", "bob"), "lifecycle.db does not exist"),
        (("welcome", "--out", "lifecycle.yaml"), "cannot be written"),
    ],
)
def test_a_call_that_cannot_work_is_one_sentence(
    alone: Lifecycle, starter: Path, variables: pytest.MonkeyPatch, arguments: tuple[str, ...], sentence: str
) -> None:
    """And says what would be right."""
    variables.chdir(starter)
    done = alone("preview", *arguments)
    assert done.code in {1, 2}
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1


def test_an_address_that_is_none_is_refused(alone: Lifecycle, starter: Path) -> None:
    """Before anything is sent."""
    assert alone("preview", "welcome", "--to", "me").code == 2
    assert not (starter / "outbox").exists()


def opened(url: str) -> HTTPResponse:
    """Ask for an address of the page."""
    assert url.startswith("http://127.0.0.1:")
    answer = urllib.request.urlopen(url)  # noqa: S310 (it is ours)
    assert isinstance(answer, HTTPResponse)
    return answer


def test_a_broken_email_shows_its_mistakes(alone: Lifecycle, starter: Path) -> None:
    """At its own file, line and column."""
    path = starter / "templates" / "welcome.md"
    path.write_text(path.read_text() + "\n::: buton [Go](https://example.com)\n")
    done = alone("preview", "welcome")
    assert done.code == 1
    assert done.out == ""
    assert done.err.startswith("templates/welcome.md:")


def test_another_sample_is_shown(alone: Lifecycle, starter: Path) -> None:
    """By its name; a name that nobody has is told with the nearest."""
    del starter
    assert "Elin" in alone.ok("preview", "welcome", "--sample", "elin").out
    assert "did you mean `elin`" in alone.refused("preview", "welcome", "--sample", "ellin", code=2)


def test_what_belongs_to_one_email_is_refused_on_the_page(alone: Lifecycle, starter: Path) -> None:
    """Rather than passed over."""
    del starter
    assert "--customer, --to belongs to one email" in alone.refused("preview", "--customer", "c", "--to", "d", code=2)


def test_a_port_that_is_taken_is_one_sentence(alone: Lifecycle, starter: Path) -> None:
    """With the way out."""
    del starter
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = alone.refused("preview", "--no-open", "--port", str(port), code=2)
    assert refused == f"port {port} cannot be used (address already in use); name another with --port"


@pytest.mark.parametrize("stopped_by", [signal.SIGINT, signal.SIGTERM])
def test_the_page_runs_until_it_is_stopped(starter: Path, stopped_by: signal.Signals) -> None:
    """It prints where it is, answers, and ends by Ctrl-C without a word of trouble, though a page still listens."""
    command = [sys.executable, "-m", "engine.cli", "--workspace", str(starter), "preview", "--no-open", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with opened(url) as answer, opened(f"{url}changes") as listening:
            assert b"Welcome to Tidepool" in answer.read()
            assert b"retry" in listening.readline()
            process.send_signal(stopped_by)
            out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert err.endswith("Stopped.\n")
    assert len(err.splitlines()) == 2
