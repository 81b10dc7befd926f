"""What an SMTP server's reply means, by the stage at which it came: the table of docs/providers.md."""

from __future__ import annotations

from engine.providers.base import Answer, Outcome

OK = 250
START_INPUT = 354
_AUTHENTICATION = frozenset({530, 534, 535, 538})


def refusal(code: int, words: str, *, stage: str) -> Answer:
    """Return what a reply other than success means before the final dot."""
    said = f"{stage}: {code} {words}"
    if code in _AUTHENTICATION:
        return Answer(outcome=Outcome.OUR_FAULT, words=said)
    if 500 <= code < 600:  # noqa: PLR2004 (the standard's classes)
        return Answer(outcome=Outcome.REFUSED, words=said)
    return Answer(outcome=Outcome.NOT_SENT, words=said)


def verdict(code: int, words: str) -> Answer:
    """Return what the reply to the final dot means; one that the standard does not know leaves it unknown."""
    said = f"{code} {words}"
    if code == OK:
        return Answer(outcome=Outcome.ACCEPTED, words=said)
    if 400 <= code < 500:  # noqa: PLR2004 (the standard's classes)
        return Answer(outcome=Outcome.NOT_SENT, words=said)
    if 500 <= code < 600:  # noqa: PLR2004 (the standard's classes)
        return Answer(outcome=Outcome.REFUSED, words=said)
    return Answer(outcome=Outcome.UNKNOWN, words=said)
