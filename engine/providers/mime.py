"""An envelope as the bytes of a mail, with a check that no text became a header.

Headers are folded by `MIMEMultipart` (`EmailMessage` turned an encoded word in a subject into a header before Python
3.11.10), parsed again, and their names compared. The two parts are written as the standard library writes them, which
costs twice as much because it goes line by line: in quoted-printable no line of theirs can be a boundary.
"""

from __future__ import annotations

import binascii
import re
from collections import Counter
from email.charset import Charset
from email.generator import BytesGenerator
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import format_datetime, formataddr
from io import BytesIO

from engine.errors import ProviderError
from engine.providers.base import Envelope, Mailbox

_UTF8 = Charset("utf-8")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029\ud800-\udfff]+")
_ATOM = r"[^\x00-\x20\x7f@<>,;:\"()\[\]\\]+"
_ADDRESS = re.compile(rf"{_ATOM}@{_ATOM}", re.ASCII)
_LONGEST = 900
"""Characters of a name, a subject or a header's value; a line may have 998 octets (RFC 5322)."""
_WIRE = compat32.clone(linesep="\r\n", max_line_length=78)
_LONGEST_WORD = 500
_PART = (
    b'Content-Type: text/%b; charset="utf-8"\r\nMIME-Version: 1.0\r\n'
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
)
_STRUCTURE = ("Content-Type", "MIME-Version")


def compose(envelope: Envelope) -> bytes:
    """Return the mail as bytes with CRLF, the text part first; the same envelope gives the same bytes.

    Raises ProviderError if the result has a header that was not asked for.
    """
    boundary = f"=_{envelope.send_id}"
    headers = _headers(envelope)
    head = _head(headers, boundary)
    _require_headers(head, [*_STRUCTURE, *(name for name, _ in headers)])
    opening, closing = f"--{boundary}\r\n".encode(), f"--{boundary}--\r\n".encode()
    return b"".join(
        (head, opening, _part("plain", envelope.text), b"\r\n", opening, _part("html", envelope.html), b"\r\n", closing)
    )


def one_line(text: str) -> str:
    """Return text with control characters and line breaks replaced by single blanks, and no longer than a line."""
    line = _UNSAFE.sub(" ", text[: 2 * _LONGEST]).strip()
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def sound_address(box: Mailbox) -> str:
    """Return the address of a mailbox; raises ProviderError where it is not one address in plain ASCII."""
    if box.address.isascii() and _ADDRESS.fullmatch(box.address):
        return box.address
    raise ProviderError("an address of this mail is none that mail can go to; it was not sent")


def header_value(text: str) -> str:
    """Return the value of a header of ours; raises ProviderError where it does not fit into a line of ASCII."""
    value = _UNSAFE.sub(" ", text).strip()
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


def _head(headers: list[tuple[str, str]], boundary: str) -> bytes:
    """Return all headers and the empty line after them, folded as the standard library folds them."""
    mail = MIMEMultipart("alternative", boundary=boundary)
    for name, value in headers:
        mail[name] = value
    written = BytesIO()
    BytesGenerator(written, mangle_from_=False, policy=_WIRE).flatten(mail)
    return b"".join(written.getvalue().partition(b"\r\n\r\n")[:2])


def _part(kind: str, text: str) -> bytes:
    lines = "\n".join(text.splitlines()) + "\n"
    body = binascii.b2a_qp(lines.encode(), istext=True).replace(b"\n", b"\r\n")
    return _PART % kind.encode() + body


def _require_headers(written: bytes, expected: list[str]) -> None:
    found = Counter(map(str.lower, BytesHeaderParser().parsebytes(written.partition(b"\r\n\r\n")[0]).keys()))
    odd = found - Counter({name.lower() for name in expected}) | Counter(map(str.lower, expected)) - found
    if odd:
        raise ProviderError(f"the mail would have other headers than meant ({', '.join(sorted(odd))}); it was not sent")
