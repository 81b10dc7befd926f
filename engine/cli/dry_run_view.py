"""A dry run as a person reads it and as a program does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from engine.app.dry_run import DryRun
from engine.app.sources import Source
from engine.cli import output
from engine.simulate.forecast import SENT, WAITING, Mail

LISTED = 4


def show(found: DryRun, *, zone: str, limit: int) -> None:
    """Print what was read, each day's mails by rule, what is held back and left alone, and what comes next."""
    output.pairs(
        {
            "rules": source_line(found.source),
            "facts": "as they are now; nothing is changed",
            "clock": f"{output.when(found.start, zone)} to {output.when(found.until, zone)} ({zone})",
        }
    )
    leaving = [mail for mail in found.mails if mail.status == SENT]
    for day, mails in groupby(leaving, key=lambda mail: mail.at.astimezone(ZoneInfo(zone)).date()):
        _day(day, list(mails), zone, limit)
    _waiting(found, zone)
    _held_back(held_back(found), limit)
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
    more = f" and {len(source.differing) - LISTED} more" if len(source.differing) > LISTED else ""
    return f"the files, which differ from {release} in {', '.join(source.differing[:LISTED])}{more}"


def _day(day: date, mails: Sequence[Mail], zone: str, limit: int) -> None:
    output.heading(f"{day:%A} {day.day} {day:%B %Y}, {output.plural(len(mails), 'mail')}")
    rows: list[tuple[output.Cell, ...]] = []
    for rule, group in groupby(sorted(mails, key=lambda mail: (mail.rule, mail.at)), key=lambda mail: mail.rule):
        of_rule = list(group)
        listed = of_rule[: limit or None]
        rows += [(_time(mail, zone), rule, mail.moment, mail.name, mail.address, mail.subject) for mail in listed]
        if len(of_rule) > len(listed):
            rows.append(("", rule, "", output.styled(f"and {len(of_rule) - len(listed):,} more", "dim"), "", ""))
    output.table(("time", "rule", "moment", "to", "address", "subject"), rows, optional=("address", "moment"))


def _time(mail: Mail, zone: str) -> str:
    return f"{mail.at.astimezone(ZoneInfo(zone)):%H:%M}"


def held_back(found: DryRun) -> list[Mail]:
    """Return the messages that were decided and do not leave."""
    return [mail for mail in found.mails if mail.status not in {SENT, WAITING}]


def _waiting(found: DryRun, zone: str) -> None:
    waiting = Counter(mail.rule for mail in found.mails if mail.status == WAITING)
    if waiting:
        output.heading(f"Waiting for their time of day, after {output.when(found.until, zone)}")
        output.table(("rule", "mails"), waiting.most_common(), right=["mails"])


def _held_back(mails: Sequence[Mail], limit: int) -> None:
    if not mails:
        return
    output.heading(f"Not sent, {output.plural(len(mails), 'message')}")
    rows = []
    ordered = sorted(mails, key=lambda mail: (mail.rule, mail.status, mail.reason))
    for (rule, status, reason), group in groupby(ordered, key=lambda mail: (mail.rule, mail.status, mail.reason)):
        of_reason = list(group)
        names = ", ".join(mail.name for mail in of_reason[: limit or None] if mail.name)
        more = len(of_reason) - len(of_reason[: limit or None])
        rows.append((rule, status, reason, len(of_reason), names + (f" and {more:,} more" if more else "")))
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
