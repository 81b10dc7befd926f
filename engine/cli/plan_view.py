"""A plan as a person reads it and as a program does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from engine.app.planning import Plan, RulePlan
from engine.app.release import Done
from engine.cli import output
from engine.cli.dry_run_view import source_line
from engine.intake.recasting import Recast
from engine.simulate.forecast import Mail

MARKS = {"new": ("+", "green"), "changed": ("~", "yellow"), "removed": ("-", "red"), "same": (" ", "dim")}

WAITING = {"removed": "will be cancelled", "changed": "will be judged and written by the new version"}


def show(found: Plan, *, zone: str) -> None:
    """Print what applying the files would change, rule by rule."""
    output.pairs({"files": source_line(found.source), "compared": f"up to {output.when(found.until, zone)} ({zone})"})
    if not found.changes:
        output.heading("Nothing would change.")
        return
    for rule in found.rules:
        if rule.difference.kind != "same" or rule.starts or rule.stops:
            _rule(rule, zone)
    _recasts(found.recasts)
    _others(found)
    output.note("Nothing is changed yet; `lifecycle apply` makes the files live.")


def _rule(rule: RulePlan, zone: str) -> None:
    mark, style = MARKS[rule.difference.kind]
    was = f" (was {rule.difference.was})" if rule.difference.was else ""
    output.heading(f"{mark} {rule.difference.rule}{was}", style=style)
    lines = [*rule.difference.what, *_counts(rule, zone)]
    for line in lines or ["no difference in whom it writes to in this time"]:
        output.line(f"    {line}")


def _counts(rule: RulePlan, zone: str) -> list[str]:
    lines = []
    if rule.starts:
        lines.append(f"{_more(rule)} in this time, first {_who(rule.starts, zone)}")
    if rule.stops:
        lines.append(f"{output.plural(len(rule.stops), 'mail')} fewer, among them {_who(rule.stops, zone)}")
    if rule.waiting and rule.difference.kind in WAITING:
        lines.append(f"{output.plural(rule.waiting, 'waiting message')} {WAITING[rule.difference.kind]}")
    if rule.left_alone:
        past = rule.left_alone
        since = output.when(past.oldest_due, zone)
        moments = output.plural(past.moments, "moment")
        lines.append(f"{moments} since {since} left alone; `backfill: {past.backfill}` would include them")
    if rule.held:
        most = f"{rule.held.count:,} at once, more than {rule.held.limit:,}"
        lines.append(f"held as a whole ({most}) until `lifecycle approve {rule.difference.rule}`")
    return lines


def _more(rule: RulePlan) -> str:
    return f"{output.plural(len(rule.starts), 'mail')}{'' if rule.difference.kind == 'new' else ' more'}"


def _who(mails: Sequence[Mail], zone: str) -> str:
    first = mails[0]
    return f"{output.when(first.at, zone)} to {first.name}: {first.subject}"


def _recasts(recasts: Sequence[Recast]) -> None:
    if recasts:
        output.heading("Facts whose type changes")
        for recast in recasts:
            output.line(f"    {_recast(recast, 'will be')}")


def _recast(recast: Recast, done: str) -> str:
    """Return in one sentence what becomes, or became, of the stored values of a trait."""
    read = f"{recast.path} is a {recast.type} now: {output.plural(recast.values, 'stored value')} {done} read as such"
    if not recast.unreadable:
        return read
    more = ", …" if recast.unreadable > len(recast.whose) else ""
    whose = f"{', '.join(recast.whose)}{more}"
    return f"{read}; {recast.unreadable:,} cannot be: they count as missing and keep their text ({whose})"


def _others(found: Plan) -> None:
    others = [path for path in found.files if not path.startswith("rules/")]
    if others and found.source.release:
        output.heading("Other files that differ")
        for path in others:
            output.line(f"    {path}")


def show_applied(done: Done) -> None:
    """Print what applying did."""
    for recast in done.recast:
        if recast.moved or recast.unreadable:
            (output.warn if recast.unreadable else output.note)(_recast(recast, "were"))
    if done.applied is None:
        output.note(f"These files are release {done.older}; release {done.live} is live, so nothing was applied.")
    elif not done.applied.new:
        output.note(f"These very files are live already, as release {done.applied.release_id}.")
    else:
        before = f", after release {done.applied.before}" if done.applied.before else ""
        output.done(f"Release {done.applied.release_id} is live{before}.")


def as_data(found: Plan) -> dict[str, object]:
    """Return a plan for programs; instants are ISO 8601 in UTC."""
    return {
        "changes": found.changes,
        "release": found.source.release.id if found.source.release else None,
        "start": found.start,
        "until": found.until,
        "files": list(found.files),
        "recasts": [asdict(recast) for recast in found.recasts],
        "rules": [asdict(rule) for rule in found.rules],
    }
