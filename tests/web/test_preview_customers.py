"""Customers on the preview's page: found by a few letters, shown with their own facts, and never as markup."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from web.conftest import EXPIRES_ON, SCRIPT
from web.serving import Page, saved, serving

from engine.app.preview import search
from engine.cli.main import run
from engine.db import connect, reading


def test_a_stored_customer_is_shown_with_their_own_facts_and_moment(stored: Page) -> None:
    """What the trigger adds is worked out from their facts, not taken from the sample."""
    for days in (30, 7):
        text = stored.get(f"email/card-expiry?customer=ana@x.test&moment=card-expiry%3A+{days}+days+before")
        assert f"card ending 4711 expires in {days} days" in text
        assert f"good until {EXPIRES_ON:%B}" in text
        assert "to ana@x.test" in text
        assert "the sample's" not in text
    assert "has no moment of the rule `welcome-back`" in stored.get("email/welcome-back?customer=c1")
    assert "No customer has the id or the address" in stored.get("email/welcome?customer=nobody")


def test_customers_are_found_by_a_few_letters(stored: Page) -> None:
    """Of their id, address, first or last name, whatever the case."""
    for words in ("c1", "ANA@", "an", "öb", "Ana Ö"):
        assert '"id":"c1"' in stored.get(f"people?words={quote(words)}"), words
    assert stored.get("people?words=xyz") == "[]"
    assert stored.get("people?words=%25") == "[]"


def test_names_of_customers_and_files_are_never_markup(stored: Page, starter: Path) -> None:
    """On the page they are text; in the mail they are escaped, in a frame that runs nothing."""
    script = quote(SCRIPT)
    texts = [stored.get("email/welcome?customer=c2"), stored.ask(f"{stored.base}email/{script}").text]
    head = f"---\nsubject: {SCRIPT}\n{SCRIPT}: 1\n---\n"
    saved(stored, starter / "templates" / "welcome.md", f"{head}{{{{ {SCRIPT} }}}}\n")
    texts += [stored.get("email/welcome"), stored.get(f"email/welcome?customer={script}")]
    texts += [stored.ask(f"{stored.base}email/first-steps?{name}={script}").text for name in ("sample", "moment")]
    for text in texts:
        assert "<img src=x" not in text
        assert "alert(1)" in text


def test_without_customers_samples_are_shown_and_the_page_says_so(page: Page) -> None:
    """Without a database, and with an empty one."""
    assert "Shown for samples only" in page.get()
    assert "does not exist" in page.get("email/welcome")
    assert page.get("people?words=a") == "[]"


def test_with_an_empty_database_the_page_says_so(starter: Path, database_url: str) -> None:
    """And how customers come in."""
    with serving(starter, database_url=database_url) as page:
        assert "no customers are stored yet" in page.get("email/welcome")


def test_what_is_shown_of_many_customers_is_bounded(filled: str, starter: Path) -> None:
    """A letter that begins every name brings a dozen."""
    rows = "".join(f"many{number},m{number}@x.test,Cem\n" for number in range(100))
    (starter / "many.csv").write_text("id,email,first_name\n" + rows)
    assert run(["--workspace", str(starter), "import", "customers", str(starter / "many.csv")]) == 0
    engine = connect(filled)
    with reading(engine) as connection:
        assert [len(search(connection, words)) for words in ("", "m", "cem", "many9")] == [12, 12, 12, 11]
    engine.dispose()
