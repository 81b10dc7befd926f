"""The page about emails cannot lie: its tables are the program's, its example is a workspace that works."""

from __future__ import annotations

import re
from pathlib import Path

from rendering.workshop import checked, email, workspace

from engine.facts import FactType, Trait, known_facts
from engine.rendering import Use, check, compile_library
from engine.rendering.filters import FILTERS
from engine.rendering.reference import TABLES, fill

PAGE = (Path(__file__).parents[2] / "docs" / "emails.md").read_text()
FILE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)


def test_the_tables_are_those_of_the_program() -> None:
    """`make docs` was run after the last change."""
    assert fill(PAGE) == PAGE


def test_every_table_stands_in_the_page() -> None:
    """No table is made that nobody can read."""
    assert {name for name in TABLES if f"<!-- table: {name} -->" in PAGE} == set(TABLES)


def test_the_example_is_a_workspace_without_a_problem() -> None:
    """The files shown in the page compile, pass check, and render for their sample."""
    library, problems = compile_library(dict(FILE.findall(PAGE)))
    assert problems == ()
    traits = tuple(Trait(subject="account", name=name, type=FactType.NUMBER) for name in ("boards", "boards_done"))
    use = Use(
        rule="loyalty",
        marketing=True,
        facts={"years": FactType.NUMBER, "gift": FactType.TEXT, "event.*": FactType.TEXT},
    )
    assert check(library, {"loyalty": (use,)}, known_facts(traits)) == ()
    mail = library.render("loyalty", "en", library.sample("loyalty"))
    assert mail.subject == "2 years with Tidepool: one month free"
    assert "Boards of Blue Reef AB: 3 / 8" in mail.text


def test_every_filter_is_shown_as_it_works() -> None:
    """The example of each filter passes check, once its facts are sure to be there."""
    facts = {"years": FactType.NUMBER}
    for row in FILTERS.values():
        use = Use(
            rule="a",
            marketing=False,
            facts={
                **facts,
                "days_left": FactType.NUMBER,
                "event.at": FactType.TIME,
                "event.properties.*": FactType.TEXT,
            },
            present=frozenset(re.findall(r"account\.\w+", row.example)),
        )
        assert checked(workspace(mail_md=email(f"{{{{ {row.example} }}}}")), use) == (), row.name
