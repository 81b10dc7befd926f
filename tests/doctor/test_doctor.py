"""What the doctor finds outside the files: each thing in a sentence, and nothing is changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from engine.app.doctor.database import the_database
from engine.app.doctor.finding import Finding, State
from engine.app.doctor.machine import the_clock, the_disk
from engine.app.doctor.provider import the_provider
from engine.app.doctor.public import the_public_url
from engine.app.doctor.secrets import the_secrets
from engine.clock import SetClock, SystemClock
from engine.settings import Settings
from engine.testing.background import Background
from engine.testing.smtp_sink import SmtpSink

OK, WARNING, PROBLEM, NOT_CHECKED = State


@contextmanager
def web_server(*answers: tuple[str, int, object]) -> Iterator[str]:
    """Answer GET at each path with a status and a JSON body; yields the server's address."""
    background = Background()
    application = web.Application()
    for path, status, body in answers:
        application.router.add_get(path, _answer(status, body))
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    background.run(runner.setup())
    background.run(web.TCPSite(runner, "127.0.0.1", 0).start())
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        background.run(runner.cleanup())
        background.stop()


def _answer(status: int, body: object) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    return answer


def states(found: Iterator[Finding]) -> list[tuple[State, str]]:
    """Return what was found, shortly."""
    return [(each.state, each.sentence) for each in found]


@pytest.mark.parametrize(("secret", "state"), [("", PROBLEM), ("short", WARNING), ("s" * 32, OK)])
def test_the_secret_is_long_enough(tmp_path: Path, secret: str, state: State) -> None:
    """A missing secret is a problem, a short one a warning."""
    (found,) = the_secrets(Settings(workspace=tmp_path, secret=secret))
    assert found.state is state


def test_a_secret_that_others_can_read_is_told(tmp_path: Path) -> None:
    """`.env` is for its owner alone."""
    (tmp_path / ".env").write_text("LIFECYCLE_SECRET=s")
    (tmp_path / ".env").chmod(0o644)
    assert (WARNING, ".env can be read by other users of this machine") in states(
        the_secrets(Settings(workspace=tmp_path))
    )


def test_a_sound_database_is_told_part_by_part(database_url: str, tmp_path: Path) -> None:
    """It answers, can be written, and says whether it survives a power cut; there is no release yet."""
    found = list(the_database(Settings(workspace=tmp_path, database_url=database_url)))
    assert [each.state for each in found[:2]] == [OK, OK]
    # The PostgreSQL of the tests does not flush to the disk, which is what the doctor must not overlook.
    assert found[2].state is (OK if database_url.startswith("sqlite") else PROBLEM)
    assert (found[3].about, found[3].state) == ("release", WARNING)


def test_a_missing_database_is_a_problem(tmp_path: Path) -> None:
    """The sentence says what to run, and no database is made by looking."""
    (found,) = the_database(Settings(workspace=tmp_path, database_url=f"sqlite:///{tmp_path}/none.db"))
    assert (found.state, "lifecycle db upgrade" in found.sentence) == (PROBLEM, True)
    assert list(tmp_path.iterdir()) == []


SCOPES = [
    ((200, {"scopes": ["mail.send", "alerts.read"]}), OK, "may send"),
    ((200, {"scopes": ["alerts.read"]}), PROBLEM, "lacks the scope mail.send"),
    ((200, ["mail.send"]), PROBLEM, "lacks the scope mail.send"),
    ((401, {"errors": [{"message": "authorization required"}]}), PROBLEM, "authorization required"),
    ((500, {}), PROBLEM, "500"),
]


@pytest.mark.parametrize(("answer", "state", "words"), SCOPES)
def test_sendgrid_is_asked_what_the_key_may_do(
    tmp_path: Path, answer: tuple[int, object], state: State, words: str
) -> None:
    """A key that SendGrid refuses, or that may not send, is a problem."""
    with web_server(("/v3/scopes", *answer)) as url:
        given = Settings(workspace=tmp_path, provider="sendgrid", sendgrid_api_key="SG.x", sendgrid_url=url)
        found, unheard = the_provider(given)
    assert (found.state, words in found.sentence) == (state, True), found
    assert (unheard.state, unheard.about) == (WARNING, "feedback")


def test_an_smtp_server_is_greeted(tmp_path: Path) -> None:
    """A server that answers is well, and no mail is sent."""
    with SmtpSink() as sink:
        given = Settings(
            workspace=tmp_path, provider="smtp", smtp_host="127.0.0.1", smtp_port=sink.port, smtp_tls="none"
        )
        found, unheard = the_provider(given)
        assert (sink.sessions, sink.mails) == (1, [])
    assert (found.state, found.sentence) == (OK, f"127.0.0.1:{sink.port} answers, without a login, in clear")
    assert (unheard.state, "bounces are not heard of" in unheard.sentence) == (WARNING, True)


def test_nobody_at_the_providers_address_is_a_problem(tmp_path: Path) -> None:
    """A server that does not answer is told with the settings that name it."""
    given = Settings(
        workspace=tmp_path, provider="smtp", smtp_host="127.0.0.1", smtp_port=1, smtp_tls="none", bounces=tmp_path
    )
    assert [(state, "cannot be reached" in words) for state, words in states(the_provider(given))] == [(PROBLEM, True)]


def test_files_and_brakes_are_warnings(tmp_path: Path) -> None:
    """Mail that reaches nobody, or not everybody, is not overlooked."""
    given = Settings(workspace=tmp_path, outbox_folder=tmp_path, only_to="acme.test", redirect_to="a@acme.test")
    assert [state for state, _ in states(the_provider(given))] == [WARNING] * 3


HEALTH = [
    (200, {"engine": "lifecycle"}, OK, "answered by this engine"),
    (200, {"status": "up"}, PROBLEM, "something else"),
    (200, [1], PROBLEM, "something else"),
    (502, {}, PROBLEM, "502"),
]


@pytest.mark.parametrize(("status", "body", "state", "words"), HEALTH)
def test_the_public_address_must_be_ours(tmp_path: Path, status: int, body: object, state: State, words: str) -> None:
    """Another program at the address of unsubscribe links is a problem."""
    with web_server(("/mail/healthz", status, body)) as url:
        (found,) = the_public_url(Settings(workspace=tmp_path, public_url=f"{url}/mail"))
    assert (found.state, words in found.sentence) == (state, True), found


def test_a_public_address_without_tls_or_answer_is_told(tmp_path: Path) -> None:
    """Both mistakes are told; a missing address is a warning, since transactional mail needs none."""
    given = Settings(workspace=tmp_path, public_url="http://mail.acme.invalid:1")
    assert [state for state, _ in states(the_public_url(given))] == [PROBLEM, PROBLEM]
    assert [state for state, _ in states(the_public_url(Settings(workspace=tmp_path)))] == [WARNING]


@pytest.mark.parametrize(("hours", "state"), [(0, OK), (1, PROBLEM), (-1, PROBLEM)])
def test_the_clock_is_compared(tmp_path: Path, hours: int, state: State) -> None:
    """A clock that is off by an hour, either way, is a problem."""
    clock = SetClock(SystemClock().now() + timedelta(hours=hours))
    with web_server(("/v3/scopes", 200, {})) as url:
        (found,) = the_clock(Settings(workspace=tmp_path, public_url=url, database_url="sqlite://"), clock)
    assert found.state is state


def test_the_clock_of_a_database_server_is_asked_first(postgres_url: str, tmp_path: Path) -> None:
    """On PostgreSQL no server on the web is needed."""
    (found,) = the_clock(Settings(workspace=tmp_path, database_url=postgres_url), SystemClock())
    assert (found.state, "the database server" in found.sentence) == (OK, True)


def test_without_another_clock_nothing_is_claimed(tmp_path: Path) -> None:
    """What cannot be compared is said not to be checked."""
    (found,) = the_clock(Settings(workspace=tmp_path, database_url="sqlite://"), SystemClock())
    assert found.state is NOT_CHECKED


def test_the_disk_is_told_once_for_all_that_is_on_it(tmp_path: Path) -> None:
    """Database, mails and witnesses on one disk are one line."""
    given = Settings(
        workspace=tmp_path,
        database_url=f"sqlite:///{tmp_path}/a.db",
        outbox_folder=tmp_path / "outbox",
        state_folder=tmp_path / ".lifecycle",
    )
    found = list(the_disk(given))
    assert {each.about for each in found} == {"disk"}
    assert any("the database, mails, what workers witness" in each.sentence for each in found)
