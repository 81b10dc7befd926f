"""A dry run as a person reads it and as a program does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import groupby

from engine.app.dry_run import DryRun
from engine.app.sources import Source
from engine.cli import output
from engine.cli.dry_run_days import LISTED, Look, days
from engine.simulate.forecast import SENT, WAITING, Mail

PATHS = 4


def show(found: DryRun, look: Look) -> None:
    """Print what was read, each day's mails by rule, what is held back and left alone, and what comes next."""
    zone = look.zone
    output.pairs(
        {
            "rules": source_line(found.source),
            "facts": "as they are now; nothing is changed",
            "clock": f"{output.when(found.start, zone)} to {output.when(found.until, zone)} ({zone})",
        }
    )
    leaving = [mail for mail in found.mails if mail.status == SENT]
    days(leaving, look)
    _waiting(found, zone)
    _held_back(held_back(found), look)
    _held(found)
    _left_alone(found, zone)
    _next_due(found, zone)
    output.heading(_total(leaving))
    if found.gallery:
        output.done(f"Each mail is written; open {found.gallery}")


def source_line(source: Source) -> str:
    """Return in a sentence which rules were read, and whether files and release are in step."""
    release = f"live release {source.release.id}" if source.release else "no release is live yet"
    if source.kind == "live":
        aside = "; the files differ from it" if source.differing else ", in step with the files"
        return release + aside
    if source.in_step:
        return f"the files, in step with {release}"
    if source.release is None:
        return f"the files; {release}"
    more = f" and {len(source.differing) - PATHS} more" if len(source.differing) > PATHS else ""
    return f"the files, which differ from {release} in {', '.join(source.differing[:PATHS])}{more}"


def held_back(found: DryRun) -> list[Mail]:
    """Return the messages that were decided and do not leave."""
    return [mail for mail in found.mails if mail.status not in {SENT, WAITING}]


def _waiting(found: DryRun, zone: str) -> None:
    waiting = Counter(mail.rule for mail in found.mails if mail.status == WAITING)
    if waiting:
        output.heading(f"Waiting for their time of day, after {output.when(found.until, zone)}")
        output.table(("rule", "mails"), waiting.most_common(), right=["mails"])


def _held_back(mails: Sequence[Mail], look: Look) -> None:
    if not mails:
        return
    output.heading(f"Not sent, {output.plural(len(mails), 'message')}")
    rows = []
    ordered = sorted(mails, key=lambda mail: (mail.rule, mail.status, mail.reason))
    for (rule, status, reason), group in groupby(ordered, key=lambda mail: (mail.rule, mail.status, mail.reason)):
        of_reason = list(group)
        who = output.names([mail.name for mail in of_reason if mail.name], look.most(LISTED))
        rows.append((rule, status, reason, len(of_reason), who))
    output.table(("rule", "ends", "why", "how many", "who"), rows, right=["how many"])


def _held(found: DryRun) -> None:
    for held in found.held:
        output.warn(
            f"{held.rule} would be held as a whole: {held.count:,} at once, more than {held.limit:,}; "
            f"`lifecycle approve {held.rule}` lets them through"
        )


def _left_alone(found: DryRun, zone: str) -> None:
    if not found.left_alone:
        return
    output.heading("Left alone, because it lies before the rule went live")
    rows = [
        (row.rule, row.moments, output.when(row.oldest_due, zone), f"backfill: {row.backfill}")
        for row in found.left_alone
    ]
    output.table(("rule", "moments", "since", "would include them"), rows, right=["moments"])


def _next_due(found: DryRun, zone: str) -> None:
    if not found.next_due:
        return
    output.heading("Nobody is due in this time")
    rows = [(row.rule, output.when(row.due, zone), row.moment, row.subject) for row in found.next_due]
    output.table(("rule", "next due", "moment", "who"), rows)


def _total(leaving: Sequence[Mail]) -> str:
    if not leaving:
        return "No mail leaves in this time."
    counts = Counter(mail.rule for mail in leaving).most_common()
    return f"{output.plural(len(leaving), 'mail')}: " + ", ".join(f"{rule} {count:,}" for rule, count in counts)


def as_data(found: DryRun) -> dict[str, object]:
    """Return a dry run for programs; instants are ISO 8601 in UTC."""
    return {
        "rules": {
            "source": found.source.kind,
            "release": found.source.release.id if found.source.release else None,
            "in_step": found.source.in_step,
            "differing": list(found.source.differing),
        },
        "start": found.start,
        "until": found.until,
        "mails": _rows(mail for mail in found.mails if mail.status == SENT),
        "waiting": _rows(mail for mail in found.mails if mail.status == WAITING),
        "not_sent": _rows(held_back(found)),
        "held": [asdict(held) for held in found.held],
        "left_alone": [asdict(row) for row in found.left_alone],
        "next_due": [asdict(row) for row in found.next_due],
        "gallery": str(found.gallery) if found.gallery else None,
    }


def _rows(mails: Iterable[Mail]) -> list[dict[str, object]]:
    return [asdict(mail) for mail in mails]
