"""What a mail in the folder of bounces says: a report of a mail server, of a receiver's abuse desk, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias

from flufl.bounce import all_failures

from engine.feedback.heard import NOT_OURS, Heard, Kind, Nothing, details, ours_in
from engine.feedback.severity import severity

Mail: TypeAlias = "Message[str, str]"
COMPLAINTS: Mapping[str, Kind] = {
    "abuse": Kind.COMPLAINED,
    "fraud": Kind.COMPLAINED,
    "opt-out": Kind.UNSUBSCRIBED,
}
"""Reports of RFC 5965 by their type; the others (not-spam, virus, auth-failure) say nothing of the reader's will."""
NO_BOUNCE = Nothing(outcome="no bounce")
AUTOMATIC = Nothing(outcome="automatic reply")
UNREADABLE = Nothing(outcome="unreadable")
_ACTIONS = (("fail", Kind.BOUNCED), ("error", Kind.BOUNCED), ("delay", Kind.DEFERRED))
_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")
_CODED = re.compile(r"\b[45]\d\d[ -]#?[45]\.\d{1,3}\.\d{1,3}|#[45]\.\d{1,3}\.\d{1,3}")
_BOUNDARY = re.compile(r"\bboundary[*\d\s]*=", re.IGNORECASE)
MOST_PARTS, MOST_LINES = 16, 20_000
"""Parts that hold parts (a returned bounce of a bounce has eight), and lines: parsing takes the product of both."""
_ROBOTS = re.compile(r"mailer-daemon|postmaster|mail.?delivery|microsoftexchange", re.IGNORECASE)


def read(payload: Mapping[str, Any]) -> Heard | Nothing:
    """Return what a landed mail says; whatever is no report about a mail of ours says nothing."""
    text = str(payload.get("message", ""))
    if len(_BOUNDARY.findall(text)) > MOST_PARTS or text.count("\n") > MOST_LINES:
        return UNREADABLE
    try:
        return _read(message_from_bytes(text.encode("latin-1", "replace")))
    except Exception:  # noqa: BLE001 (two foreign parsers, and mail can be anything)
        return UNREADABLE


def _read(mail: Mail) -> Heard | Nothing:
    says = _says(mail)
    if isinstance(says, Nothing):
        return says
    kind, detail = says
    send_id = next(filter(None, map(ours_in, _traces(mail))), None)
    return Heard(send_id=send_id, kind=kind, at=_at(mail), detail=detail) if send_id else NOT_OURS


def _says(mail: Mail) -> tuple[Kind, dict[str, str]] | Nothing:
    report = str(mail.get_param("report-type", "")).casefold()
    if report == "feedback-report":
        return _complaint(mail)
    if report == "disposition-notification":
        return AUTOMATIC
    return next(_by_status(mail), None) or _by_words(mail)


def _complaint(mail: Mail) -> tuple[Kind, dict[str, str]] | Nothing:
    """Read an abuse report of RFC 5965."""
    for part in mail.walk():
        if part.get_content_type() == "message/feedback-report":
            fields = next(_blocks(part))
            named = str(fields.get("Feedback-Type", "")).strip().casefold()
            kind = COMPLAINTS.get(named)
            return (kind, details(words=named)) if kind else Nothing(outcome=f"a report of {named[:50] or 'no type'}")
    return UNREADABLE


def _by_status(mail: Mail) -> Iterator[tuple[Kind, dict[str, str]]]:
    """Read a delivery status of RFC 3464: of one mail to one recipient, the first that failed or is late."""
    blocks = [block for part in mail.walk() if part.get_content_type() in _STATUS_PARTS for block in _blocks(part)]
    for beginning, kind in _ACTIONS:
        for block in blocks:
            if str(block.get("Action", "")).strip().casefold().startswith(beginning):
                words = " ".join(str(block.get("Diagnostic-Code", "")).partition(";")[2].split())
                yield kind, _detail(kind, status=str(block.get("Status", "")).strip(), words=words)


def _by_words(mail: Mail) -> tuple[Kind, dict[str, str]] | Nothing:
    """Ask for the many forms that servers have of their own, unless somebody's absence answers."""
    if _automatic(mail):
        return AUTOMATIC
    temporary, permanent = all_failures(mail)
    if not temporary and not permanent:
        return NO_BOUNCE
    kind = Kind.BOUNCED if permanent else Kind.DEFERRED
    lines = (line.strip() for text in _texts(mail) for line in text.splitlines())
    return kind, _detail(kind, status="", words=next((line for line in lines if _CODED.search(line)), ""))


def _detail(kind: Kind, *, status: str, words: str) -> dict[str, str]:
    texts = details(status=status, words=words)
    if kind is Kind.BOUNCED:
        texts["severity"] = str(severity(classification=None, status=status, words=words))
    return texts


def _automatic(mail: Mail) -> bool:
    """Say whether this is somebody's out-of-office note; servers report under names of their own."""
    submitted = str(mail.get("Auto-Submitted", "no")).strip().casefold()
    precedence = str(mail.get("Precedence", "")).strip().casefold()
    replies = submitted.startswith("auto-replied") or precedence == "auto_reply" or "X-Autoreply" in mail
    return replies and not _ROBOTS.search(str(mail.get("From", "")))


def _traces(mail: Mail) -> Iterator[str]:
    """Return where the Message-ID of the mail that came back may stand, the surest places first."""
    below = [part for part in mail.walk() if part is not mail]
    yield from (str(part.get("Message-ID", "")) for part in below)
    yield from (text for part in below if part.get_content_type() == "text/rfc822-headers" for text in _text(part))
    yield from (str(mail.get(name, "")) for name in ("In-Reply-To", "References"))
    yield from _texts(mail)


def _texts(mail: Mail) -> Iterator[str]:
    return (text for part in mail.walk() if part.get_content_maintype() == "text" for text in _text(part))


def _text(part: Mail) -> Iterator[str]:
    found = part.get_payload(decode=True)
    if isinstance(found, bytes):
        yield found.decode("utf-8", "replace")


def _blocks(part: Mail) -> Iterator[Mail]:
    """Return the groups of fields of a part; the parser knows those of delivery statuses alone."""
    given = part.get_payload()
    if part.get_content_type() == _STATUS_PARTS[0] and isinstance(given, list):
        yield from (each for each in given if isinstance(each, Message))
        return
    text = given[0].as_string() if isinstance(given, list) and isinstance(given[0], Message) else str(given)
    yield from (message_from_string(each) for each in re.split(r"\n\s*\n", text) if each.strip())


def _at(mail: Mail) -> datetime | None:
    try:
        at = parsedate_to_datetime(str(mail.get("Date", "")))
    except (ValueError, IndexError, TypeError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
