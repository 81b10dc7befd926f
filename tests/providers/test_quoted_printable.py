"""Quoted-printable as `binascii` writes it."""

from __future__ import annotations

from binascii import a2b_qp, b2a_qp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.providers.quoted_printable import quoted_printable

LONG = "x" * 300
FULL = st.integers(60, 80).map("x".__mul__)
"""Pieces that bring what follows to where a line is cut."""
AWKWARD = st.text("a=. \t\n\r\x0c\x1c\x7f\x00\x85\u2028é字🎉", max_size=8)
MIXED = st.lists(FULL | AWKWARD | st.just(LONG), max_size=12).map("".join)


@given(MIXED | st.text(max_size=400))
def test_any_text_is_written_as_the_standard_library_writes_it(text: str) -> None:
    """Cuts, escapes, dots, blanks at the end of a line and all line breaks are those of `b2a_qp`."""
    assert quoted_printable(text) == by_binascii(text)


@pytest.mark.parametrize("before", range(70, 80))
@pytest.mark.parametrize("end", ["", "=", "==", "é", ".", " ", "\t", "= ", "x ", "x=", "=x", "\x00"])
@pytest.mark.parametrize("padding", ["", LONG])
def test_a_line_is_cut_at_the_same_place(before: int, end: str, padding: str) -> None:
    """Whatever stands at the end of a full line, in a text of few odd bytes or of many."""
    text = "x" * before + end + "\n" + padding
    assert quoted_printable(text) == by_binascii(text)


@pytest.mark.parametrize(
    "text", ["", "\n", ".", "a\n.\nb", ".\x00" + LONG, "a\r\nb\rc\n", " ", "\t\n", "字" * 90, "字" + LONG]
)
def test_short_and_odd_texts_are_written_alike(text: str) -> None:
    """No text at all, a lone dot, a NUL after one, other line breaks, much or little that is not ASCII."""
    assert quoted_printable(text) == by_binascii(text)


def test_a_reader_gets_the_text_back() -> None:
    """Decoded it is what was written, with CRLF at the end of each line."""
    text = f"Hi Åsa, 1 = 1 \n.\n{LONG}\n"
    assert a2b_qp(quoted_printable(text)).decode() == text.replace("\n", "\r\n")


def by_binascii(text: str) -> bytes:
    """Write text as the standard library does."""
    return b2a_qp(("\n".join(text.splitlines()) + "\n").encode(), istext=True).replace(b"\n", b"\r\n")
