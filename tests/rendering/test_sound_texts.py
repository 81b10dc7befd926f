"""A text that no database keeps is refused where it is made, or it would hold up all mail that is prepared with it."""

from __future__ import annotations

import pytest
from rendering.workshop import email, workspace

from engine.rendering import RenderError, compile_library

ODD = [("a\\ud83d", "half a character"), ("a\\x00", "the character NUL")]


@pytest.mark.parametrize(("escaped", "what"), ODD, ids=["half", "nul"])
def test_a_text_that_cannot_be_kept_is_not_made(escaped: str, what: str) -> None:
    """For whom a template makes none it is rendered; for others it is refused in words, at its email."""
    body = f"Hi {{{{ \"{escaped}\" if customer.first_name is defined else 'you' }}}}"
    library, _ = compile_library(workspace(mail_md=email(body)))
    assert "Hi you" in library.render("mail", "en", {}).text
    with pytest.raises(RenderError, match=what) as refused:
        library.render("mail", "en", {"customer": {"first_name": "Ana"}})
    assert refused.value.place.path == "templates/mail.md"


def test_whole_characters_of_any_plane_are_made() -> None:
    """Also those that UTF-16 writes as two halves."""
    library, _ = compile_library(workspace(mail_md=email("Hi 👩‍🚀 {{ customer.first_name | default('') }}")))
    assert "Hi 👩‍🚀 Åsa𝄞" in library.render("mail", "en", {"customer": {"first_name": "Åsa𝄞"}}).text
