"""An envelope as the bytes of a mail, with a check that no text became a header.

Headers that fit into a line are written as they stand, longer ones folded by `compat32` (`EmailMessage` turned an
encoded word in a subject into a header before Python 3.11.10); then the bytes are taken apart again, and their names
compared. All is written as the standard library writes it, which costs four times as much because it goes line by line:
in quoted-printable no line of a part can be a boundary.
"""

from __future__ import annotations

import re
from email.charset import Charset
from email.header import Header
from email.policy import compat32
from email.utils import format_datetime, formataddr

from engine.errors import ProviderError
from engine.providers.base import Envelope, Mailbox
from engine.providers.quoted_printable import quoted_printable

_UTF8 = Charset("utf-8")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029\ud800-\udfff]+")
_ATOM = r"[^\x00-\x20\x7f@<>,;:\"()\[\]\\]+"
_ADDRESS = re.compile(rf"{_ATOM}@{_ATOM}", re.ASCII)
_LONGEST = 900
"""Characters of a name, a subject or a header's value; a line may have 998 octets (RFC 5322)."""
_LINE = 78
_WIRE = compat32.clone(linesep="\r\n", max_line_length=_LINE)
_LONGEST_WORD = 480
"""Characters of a word in a name that is quoted: each of them may need a backslash."""
_LONGEST_ADDRESS = 254
"""Characters that a path may have in SMTP (RFC 5321, 4.5.3.1.3), without its brackets."""
_PART = (
    b'Content-Type: text/%b; charset="utf-8"\r\nMIME-Version: 1.0\r\n'
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
)
_STRUCTURE = ("Content-Type", "MIME-Version")
_FIELD = rb"[!-9;-~]+: [ -~]*\r\n(?: +[!-~][ -~]*\r\n)*"
_HEAD = re.compile(rb"(?:%b)+\r\n" % _FIELD)
"""Whole lines of printable ASCII, each with a name or with more than blanks after a blank; then an empty one."""


def compose(envelope: Envelope) -> bytes:
    """Return the mail as bytes with CRLF, the text part first; the same envelope gives the same bytes.

    Raises ProviderError if the result has a header that was not asked for.
    """
    boundary = f"=_{envelope.send_id}"
    headers = _headers(envelope)
    head = _structure(boundary) + b"".join(_written(name, value) for name, value in headers) + b"\r\n"
    require_headers(head, [*_STRUCTURE, *(name for name, _ in headers)])
    opening, closing = f"--{boundary}\r\n".encode(), f"--{boundary}--\r\n".encode()
    return b"".join(
        (head, opening, _part("plain", envelope.text), b"\r\n", opening, _part("html", envelope.html), b"\r\n", closing)
    )


def require_headers(head: bytes, expected: list[str]) -> None:
    """Raise ProviderError unless a head, the empty line after it included, has just these headers, each once."""
    lines = head[:-4].decode("latin-1").split("\r\n")
    found = [line.partition(":")[0] for line in lines if not line.startswith(" ")]
    once = len({name.lower() for name in found}) == len(found)
    if found == expected and once and _HEAD.fullmatch(head):
        return
    odd = {name.lower() for name in [*found, *expected] if found.count(name) != 1 or expected.count(name) != 1}
    told = ", ".join(sorted(odd)) or "broken lines"
    raise ProviderError(f"the mail would have other headers than meant ({told}); it was not sent")


def one_line(text: str) -> str:
    """Return text with control characters and line breaks replaced by single blanks, and no longer than a line."""
    line = _safe(text[: 2 * _LONGEST]).strip()
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _safe(text: str) -> str:
    """Replace what must not stand in a line; most texts can be printed, and hold none of it."""
    return text if text.isprintable() else _UNSAFE.sub(" ", text)


def sound_address(box: Mailbox) -> str:
    """Return the address of a mailbox; raises ProviderError where it is not one address in plain ASCII.

    One that looks like an encoded word is none: some programs read another address in it.
    """
    sound = box.address.isascii() and len(box.address) <= _LONGEST_ADDRESS and "=?" not in box.address
    if sound and _ADDRESS.fullmatch(box.address):
        return box.address
    raise ProviderError("an address of this mail is none that mail can go to; it was not sent")


def header_value(text: str) -> str:
    """Return the value of a header of ours; raises ProviderError where it does not fit into a line of ASCII."""
    value = _safe(text).strip()
    if value.isascii() and len(value) <= _LONGEST:
        return value
    raise ProviderError("a header of this mail is too long or not in ASCII; it was not sent")


def mailbox(box: Mailbox) -> str:
    """Return a mailbox as it stands in a header; a name that looks like an encoded word is shown as it is written."""
    name, address = encoded(box.name), sound_address(box)
    return f"{name} <{address}>" if "=?" in name else formataddr((name, address))


def encoded(text: str) -> str:
    """Return free text as a header carries it: one line, ASCII, and never an encoded word that somebody else wrote."""
    text = one_line(text)
    plain = text.isascii() and "=?" not in text and all(len(word) < _LONGEST_WORD for word in text.split())
    return text if plain else " ".join(Header(text, _UTF8, maxlinelen=70).encode().split())


def _headers(envelope: Envelope) -> list[tuple[str, str]]:
    reply_to = [("Reply-To", mailbox(envelope.reply_to))] if envelope.reply_to else []
    return [
        ("Date", format_datetime(envelope.date)),
        ("From", mailbox(envelope.sender)),
        ("To", mailbox(envelope.recipient)),
        *reply_to,
        ("Subject", encoded(envelope.subject)),
        *((name, header_value(value)) for name, value in envelope.headers.items()),
    ]


def _structure(boundary: str) -> bytes:
    kind, parameter = "Content-Type: multipart/alternative;", f'boundary="{boundary}"'
    gap = " " if len(kind) + len(parameter) < _LINE else "\r\n "
    return f"{kind}{gap}{parameter}\r\nMIME-Version: 1.0\r\n".encode()


def _written(name: str, value: str) -> bytes:
    """Return a header as the standard library writes it, which leaves alone what is plain and fits into a line."""
    plain = value.isascii() and value.isprintable() and value == value.strip()
    if plain and len(name) + len(value) + 2 <= _LINE:
        return f"{name}: {value}\r\n".encode()
    return _WIRE.fold_binary(name, value)


def _part(kind: str, text: str) -> bytes:
    return _PART % kind.encode() + quoted_printable(text)
